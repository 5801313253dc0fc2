import { auditEntries, auditKeys, verifyAudit } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/connection.ts';
import { allRecords, commit, Records } from '../../src/store/records.ts';
import { testStore } from '../support/redis.ts';

const act = (action: string, subject = 'thing/1') => ({ actor: 'key:test', action, subject });

describe('records', () => {
  let store: Store;
  let close: () => Promise<void>;

  beforeEach(async () => {
    ({ store, close } = await testStore());
  });
  afterEach(() => close());

  const things = () => new Records<{ name: string }>(store, 'thing');

  test('a created record is read back with version 1', async () => {
    await things().create('1', { name: 'a' }, act('thing.create'));
    expect(await things().get('1')).toEqual({ id: '1', version: 1, value: { name: 'a' } });
  });

  test('an unknown record is refused by name', async () => {
    await expect(things().get('no')).rejects.toMatchObject({ kind: 'not-found', code: 'unknown_thing' });
  });

  test('creating twice is a conflict and leaves the first untouched', async () => {
    await things().create('1', { name: 'a' }, act('thing.create'));
    await expect(things().create('1', { name: 'b' }, act('thing.create'))).rejects.toMatchObject({ kind: 'conflict' });
    expect((await things().get('1')).value).toEqual({ name: 'a' });
  });

  test('of two updates based on the same version one wins', async () => {
    const first = await things().create('1', { name: 'a' }, act('thing.create'));
    const results = await Promise.allSettled(
      ['b', 'c'].map((name) => things().update(first, { name }, act('thing.update'))),
    );
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await things().get('1')).version).toBe(2);
  });

  test('a set of changes with one stale part changes nothing and leaves no audit entry', async () => {
    const one = await things().create('1', { name: 'a' }, act('thing.create'));
    await things().update(one, { name: 'b' }, act('thing.update'));
    const stale = [things().put({ id: '2', version: 0 }, { name: 'new' }), things().put(one, { name: 'c' })];
    await expect(commit(store, act('thing.both'), stale)).rejects.toMatchObject({ code: 'version_conflict' });
    expect(await things().find('2')).toBeUndefined();
    expect((await verifyAudit(store)).entries).toBe(2);
  });

  test.each([1, 2, 5, 100])('all are read by pages of %i, each once, newest first', async (page) => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await things().create(id, { name: id }, act('thing.create'));
    const read: string[] = [];
    for await (const { id } of allRecords(things(), page)) read.push(id);
    expect(read).toEqual((await things().list()).map(({ id }) => id));
  });

  test('lists newest first, page by page', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await things().create(id, { name: id }, act('thing.create'));
    const all = (await things().list()).map((record) => record.id);
    expect(new Set(all)).toEqual(new Set(['a', 'b', 'c', 'd', 'e']));
    const [first] = await things().list({ limit: 2 });
    const rest = await things().list({ limit: 10, before: first?.id ?? '' });
    expect(rest.map((record) => record.id)).toEqual(all.slice(1));
  });

  test('concurrent writers leave one unbroken audit chain', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => things().create(`${i}`, { name: 'x' }, act('thing.create', `thing/${i}`))),
    );
    expect(await verifyAudit(store)).toEqual({ entries: 20 });
  });

  test('a removed audit entry shows as a break', async () => {
    for (const id of ['a', 'b', 'c']) await things().create(id, { name: id }, act('thing.create', `thing/${id}`));
    const { stream } = auditKeys(store);
    const [entry] = await store.redis.xrange(stream, '-', '+', 'COUNT', 2).then((page) => page.slice(1));
    await store.redis.xdel(stream, entry?.[0] ?? '');
    expect(await verifyAudit(store)).toMatchObject({ brokenAt: 1 });
    const subjects = [];
    for await (const { subject } of auditEntries(store)) subjects.push(subject);
    expect(subjects).toEqual(['thing/a', 'thing/c']);
  });
});

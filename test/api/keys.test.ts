import type { NewKey } from '../../src/api/key-rules.ts';
import { createKey, Keys } from '../../src/api/keys.ts';
import { auditEntries } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

const OPERATOR: NewKey = { name: 'console', person: 'ana', role: 'operator' };

describe('API keys', () => {
  let store: Store;
  let close: () => Promise<void>;
  let nowMs: number;
  const keysNow = () => new Keys({ store, now: () => nowMs });

  beforeEach(async () => {
    ({ store, close } = await testStore());
    nowMs = Date.parse('2026-06-02T16:00:00Z');
  });
  afterEach(() => close());

  test('a new key authenticates by its secret, and shows everything but the hash', async () => {
    const keys = keysNow();
    const { key, secret } = await keys.create(OPERATOR, 'cli:root');
    expect(secret).toMatch(/^tocsin_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
    expect(await keys.authenticate(secret)).toEqual(key);
    expect(key).toEqual({ id: key.id, ...OPERATOR, createdAt: '2026-06-02T16:00:00.000Z' });
  });

  test.each([['yesterday'], ['2026-02-31'], ['01/02/2027']])(
    'a key that is to expire %s is refused: it would never expire',
    async (expiresAt) => {
      const made = keysNow().create({ ...OPERATOR, expiresAt }, 'cli:root');
      await expect(made).rejects.toMatchObject({ code: 'invalid_time', faults: [{ at: '/expiresAt' }] });
    },
  );

  test('the store never holds the secret', async () => {
    const { secret } = await createKey(store, OPERATOR, 'cli:root');
    const half = secret.slice(-43);
    for (const name of await store.redis.keys(`${store.prefix}*`)) {
      const dump = await store.redis.dumpBuffer(name);
      expect(dump?.includes(half)).toBe(false);
    }
  });

  test('making and revoking a key are in the audit log, without its hash', async () => {
    const keys = keysNow();
    const { key } = await keys.create(OPERATOR, 'cli:root');
    await keys.revoke(key.id, 'key:admin');
    const entries = [];
    for await (const entry of auditEntries(store)) entries.push(entry);
    expect(entries.map(({ actor, action, subject }) => ({ actor, action, subject }))).toEqual([
      { actor: 'cli:root', action: 'key.create', subject: `key/${key.id}` },
      { actor: 'key:admin', action: 'key.revoke', subject: `key/${key.id}` },
    ]);
    expect(entries[0]?.detail).toEqual({ name: 'console', holder: 'ana', role: 'operator' });
  });

  test.each([
    ['nothing like a key', 'hello'],
    ['a key of an unknown id', `tocsin_${'0'.repeat(12)}_${'A'.repeat(43)}`],
    ['an empty token', ''],
  ])('%s is not known', async (_what, token) => {
    await expect(keysNow().authenticate(token)).rejects.toMatchObject({ kind: 'unauthenticated', code: 'unknown_key' });
  });

  test('a right id with a wrong secret is refused in the same words', async () => {
    const keys = keysNow();
    const { key, secret } = await keys.create(OPERATOR, 'cli:root');
    const wrong = `tocsin_${key.id}_${(secret.endsWith('A') ? 'B' : 'A').padStart(43, 'C')}`;
    await expect(keys.authenticate(wrong)).rejects.toMatchObject({
      code: 'unknown_key',
      message: 'This API key is not known',
    });
  });

  test('a revoked key is refused at once where it was revoked', async () => {
    const keys = keysNow();
    const { key, secret } = await keys.create(OPERATOR, 'cli:root');
    await keys.authenticate(secret);
    const revoked = await keys.revoke(key.id, 'key:admin');
    expect(revoked.revokedAt).toBe('2026-06-02T16:00:00.000Z');
    await expect(keys.authenticate(secret)).rejects.toMatchObject({ code: 'revoked_key' });
    await expect(keys.requireInForce(secret)).rejects.toMatchObject({ code: 'revoked_key' });
  });

  test('a revocation is in force in every process at once', async () => {
    const [here, there] = [keysNow(), keysNow()];
    const { key, secret } = await here.create(OPERATOR, 'cli:root');
    await there.authenticate(secret);
    await here.revoke(key.id, 'key:admin');
    await expect(there.authenticate(secret)).rejects.toMatchObject({ code: 'revoked_key' });
    await expect(there.requireInForce(secret)).rejects.toMatchObject({ code: 'revoked_key' });
  });

  test('revoking twice keeps the first time', async () => {
    const keys = keysNow();
    const { key } = await keys.create(OPERATOR, 'cli:root');
    const first = await keys.revoke(key.id, 'key:admin');
    nowMs += 60_000;
    expect(await keys.revoke(key.id, 'key:admin')).toEqual(first);
  });

  test('revoking an unknown key is refused by name', async () => {
    await expect(keysNow().revoke('nobody', 'key:admin')).rejects.toMatchObject({
      code: 'unknown_key',
      kind: 'not-found',
    });
  });

  test('a key expires at its time', async () => {
    const keys = keysNow();
    const { secret } = await keys.create({ ...OPERATOR, expiresAt: '2026-06-02T16:00:01Z' }, 'cli:root');
    expect(await keys.authenticate(secret)).toMatchObject({ person: 'ana' });
    nowMs += 1_000;
    await expect(keys.authenticate(secret)).rejects.toMatchObject({ code: 'expired_key' });
  });

  test('a key that would have expired already is not made', async () => {
    await expect(
      keysNow().create({ ...OPERATOR, expiresAt: '2026-06-02T16:00:00Z' }, 'cli:root'),
    ).rejects.toMatchObject({ code: 'expired_key', faults: [{ at: '/expiresAt' }] });
  });

  test.each([[undefined], [[]]])('an approver with regions %j is not made', async (regions) => {
    const wanted: NewKey = { ...OPERATOR, role: 'approver', ...(regions === undefined ? {} : { regions }) };
    await expect(keysNow().create(wanted, 'cli:root')).rejects.toMatchObject({ code: 'regions_required' });
  });

  test('a key for a region that is none is not made: it would never decide', async () => {
    const wanted: NewKey = { ...OPERATOR, role: 'approver', regions: ['35', '75 '] };
    await expect(keysNow().create(wanted, 'cli:root')).rejects.toMatchObject({
      code: 'unknown_region',
      faults: [{ at: '/regions/1' }],
    });
  });

  test('the last use is shown, written once a minute at most, and no act of the audit', async () => {
    const keys = keysNow();
    const { secret } = await keys.create(OPERATOR, 'cli:root');
    const lastUsed = async () => (await keys.list())[0]?.lastUsedAt;
    await keys.authenticate(secret);
    await waitFor(async () => (await lastUsed()) === '2026-06-02T16:00:00.000Z');
    nowMs += 59_999;
    await keys.authenticate(secret);
    await store.redis.ping();
    expect(await lastUsed()).toBe('2026-06-02T16:00:00.000Z');
    nowMs += 1;
    await keys.authenticate(secret);
    await waitFor(async () => (await lastUsed()) === '2026-06-02T16:01:00.000Z');
    expect(await store.redis.xlen(`${store.prefix}{rec}:audit`)).toBe(1);
  });

  test('keys are listed newest first, page by page', async () => {
    const keys = keysNow();
    for (const name of ['a', 'b', 'c']) await keys.create({ ...OPERATOR, name }, 'cli:root');
    const all = await keys.list();
    expect(all).toHaveLength(3);
    expect(await keys.list({ limit: 2, before: all[0]!.id })).toEqual(all.slice(1));
    expect(JSON.stringify(all)).not.toContain('hash');
  });
});

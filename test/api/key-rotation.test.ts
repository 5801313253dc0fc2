import type { KeyPolicy } from '../../src/api/identity-file.ts';
import type { NewKey } from '../../src/api/key-rules.ts';
import { Keys } from '../../src/api/keys.ts';
import { auditEntries } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

const CELL: NewKey = { name: 'console', person: 'ana', role: 'operator', expiresAt: '2026-06-03T16:00:00Z' };

describe('a key gets a new secret', () => {
  let store: Store;
  let close: () => Promise<void>;
  let nowMs: number;
  let keys: Keys;
  const process = (policy: KeyPolicy = {}) => new Keys({ store, now: () => nowMs, policy });
  beforeEach(async () => {
    ({ store, close } = await testStore());
    nowMs = Date.parse('2026-06-02T16:00:00Z');
    keys = process();
  });
  afterEach(() => close());

  test('and nothing else of it changes: not its person, role, regions or end', async () => {
    const { key } = await keys.create({ ...CELL, role: 'approver', regions: ['35'] }, 'cli:root');
    nowMs += 60_000;
    const made = await keys.rotate(key.id, 0, 'key:admin');
    expect(made.secret).toMatch(new RegExp(`^tocsin_${key.id}_[\\w-]{43}$`));
    expect(made.key).toEqual({ ...key, rotatedAt: '2026-06-02T16:01:00.000Z' });
    expect(await keys.authenticate(made.secret)).toEqual(made.key);
    nowMs += 86_400_000;
    await expect(keys.authenticate(made.secret)).rejects.toMatchObject({ code: 'expired_key' });
  });

  test('the old one works during the overlap, in every process, and not a moment longer', async () => {
    const { key, secret } = await keys.create(CELL, 'cli:root');
    const made = await keys.rotate(key.id, 3_600, 'key:admin');
    expect(made.key.previousUntil).toBe('2026-06-02T17:00:00.000Z');
    const there = process();
    nowMs += 3_599_999;
    expect(await there.authenticate(secret)).toMatchObject({ id: key.id });
    expect(await there.authenticate(made.secret)).toMatchObject({ id: key.id });
    nowMs += 1;
    await expect(there.authenticate(secret)).rejects.toMatchObject({ code: 'unknown_key' });
    await expect(there.requireInForce(secret)).rejects.toMatchObject({ code: 'unknown_key' });
    expect(await there.authenticate(made.secret)).toMatchObject({ id: key.id });
  });

  test('without an overlap the old one ends at once, in every process', async () => {
    const there = process();
    const { key, secret } = await keys.create(CELL, 'cli:root');
    await there.authenticate(secret);
    await keys.rotate(key.id, 0, 'key:admin');
    await expect(there.authenticate(secret)).rejects.toMatchObject({ code: 'unknown_key' });
  });

  test('a second rotation ends the first secret, whatever overlap it was given', async () => {
    const first = await keys.create(CELL, 'cli:root');
    const second = await keys.rotate(first.key.id, 7_200, 'key:admin');
    const third = await keys.rotate(first.key.id, 60, 'key:admin');
    await expect(keys.authenticate(first.secret)).rejects.toMatchObject({ code: 'unknown_key' });
    for (const { secret } of [second, third]) expect(await keys.authenticate(secret)).toMatchObject({ person: 'ana' });
    const fourth = await keys.rotate(first.key.id, 0, 'key:admin');
    for (const { secret } of [second, third]) {
      await expect(keys.authenticate(secret)).rejects.toMatchObject({ code: 'unknown_key' });
    }
    expect(fourth.key).not.toHaveProperty('previousUntil');
  });

  test('a revocation ends both', async () => {
    const { key, secret } = await keys.create(CELL, 'cli:root');
    const made = await keys.rotate(key.id, 3_600, 'key:admin');
    await keys.revoke(key.id, 'key:admin');
    for (const one of [secret, made.secret]) {
      await expect(keys.authenticate(one)).rejects.toMatchObject({ code: 'revoked_key' });
    }
  });

  test('but not when it is revoked, expired or unknown', async () => {
    const { key } = await keys.create(CELL, 'cli:root');
    const other = await keys.create(CELL, 'cli:root');
    await keys.revoke(key.id, 'key:admin');
    await expect(keys.rotate(key.id, 0, 'a')).rejects.toMatchObject({ kind: 'conflict', code: 'key_not_in_force' });
    nowMs += 86_400_000;
    await expect(keys.rotate(other.key.id, 0, 'a')).rejects.toMatchObject({ code: 'key_not_in_force' });
    await expect(keys.rotate('000000000000', 0, 'a')).rejects.toMatchObject({ code: 'unknown_key' });
  });

  test('of two rotations at once one fails: nobody holds a secret that silently never worked', async () => {
    const { key } = await keys.create(CELL, 'cli:root');
    const both = await Promise.allSettled([keys.rotate(key.id, 0, 'a'), process().rotate(key.id, 0, 'b')]);
    const [made] = both.filter((one) => one.status === 'fulfilled');
    expect(both.find((one) => one.status === 'rejected')?.reason).toMatchObject({ code: 'version_conflict' });
    expect(await keys.authenticate(made!.value.secret)).toMatchObject({ id: key.id });
  });

  test('R19: the audit log has who, whose and how long, never a secret or a hash', async () => {
    const { key } = await keys.create(CELL, 'cli:root');
    const made = await keys.rotate(key.id, 60, 'key:admin');
    const entries = [];
    for await (const entry of auditEntries(store)) entries.push(entry);
    expect(entries.at(-1)).toMatchObject({
      ...{ actor: 'key:admin', action: 'key.rotate', subject: `key/${key.id}` },
      detail: { holder: 'ana', overlapSeconds: 60 },
    });
    expect(JSON.stringify(entries)).not.toContain(made.secret.slice(-43));
    expect(JSON.stringify(entries.map(({ detail }) => detail))).not.toMatch(/[0-9a-f]{64}/);
  });

  test('the store never holds it', async () => {
    const { key } = await keys.create(CELL, 'cli:root');
    const made = await keys.rotate(key.id, 60, 'key:admin');
    for (const name of await store.redis.keys(`${store.prefix}*`)) {
      expect((await store.redis.dumpBuffer(name))?.includes(made.secret.slice(-43))).toBe(false);
    }
    expect(JSON.stringify(await keys.list())).not.toMatch(/hash/i);
  });
});

describe('what the identity file says of keys', () => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());
  const wanted: NewKey = { name: 'n', person: 'ana@operator.example', role: 'operator' };

  test('a role that is left to tokens is made for no key, and an older key of that role opens nothing', async () => {
    const before = await new Keys({ store }).create({ ...wanted, role: 'approver', regions: '*' }, 'cli:root');
    const keys = new Keys({ store, policy: { roles: ['operator'] } });
    await expect(keys.authenticate(before.secret)).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'role_not_for_keys',
    });
    const more = keys.create({ ...wanted, role: 'approver', regions: '*' }, 'cli:root');
    await expect(more).rejects.toMatchObject({ kind: 'forbidden', code: 'role_not_for_keys' });
    expect((await keys.create(wanted, 'cli:root')).key).toMatchObject({ role: 'operator' });
  });

  test('a key must name its person as tokens do', async () => {
    const keys = new Keys({ store, policy: { person: /^[^@]+@operator\.example$/iu } });
    for (const person of ['Ana', 'ana@elsewhere.example', 'ana@operator.example.org']) {
      await expect(keys.create({ ...wanted, person }, 'cli:root')).rejects.toMatchObject({
        ...{ code: 'unknown_person_form', faults: [{ at: '/person' }] },
      });
    }
    expect((await keys.create({ ...wanted, person: 'Ana@Operator.example' }, 'a')).key.person).toBe(
      'Ana@Operator.example',
    );
  });
});

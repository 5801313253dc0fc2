import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keys } from '../../src/api/keys.ts';
import { auditEntries, auditKeys } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/connection.ts';
import { commit, Records } from '../../src/store/records.ts';
import { runCli } from '../support/command-line.ts';
import { testStore } from '../support/redis.ts';

let store: Store;
let close: () => Promise<void>;
let folder: string;

beforeEach(async () => {
  ({ store, close } = await testStore());
  folder = mkdtempSync(join(tmpdir(), 'tocsin-cli-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await close();
});

const fileWith = (text: string): string => {
  const file = join(folder, 'file.csv');
  writeFileSync(file, text);
  return file;
};

describe('tocsin key', () => {
  test('makes a key that the API takes, and names who made it', async () => {
    const made = await runCli(store, 'key', 'create', '--name', 'cell', '--role', 'admin', '--json');
    const { key, secret } = JSON.parse(made.out);
    await expect(new Keys({ store }).authenticate(secret)).resolves.toMatchObject({ id: key.id, role: 'admin' });
    for await (const entry of auditEntries(store))
      expect(entry).toMatchObject({ actor: 'cli:tester', action: 'key.create' });
  });

  test('gives an approver the regions named, or all of them', async () => {
    const create = (...regions: string[]) =>
      runCli(
        store,
        'key',
        'create',
        '--name',
        'p',
        '--person',
        'A. Martin',
        '--role',
        'approver',
        '--json',
        ...regions,
      );
    expect(JSON.parse((await create('--regions', '35, 2A')).out).key).toMatchObject({
      regions: ['35', '2A'],
      person: 'A. Martin',
    });
    expect(JSON.parse((await create('--regions', 'all')).out).key.regions).toBe('*');
    await expect(create()).resolves.toMatchObject({ code: 1, notes: expect.stringContaining('name them') });
  });

  test('lists every key, however many there are', async () => {
    const keys = new Records<object>(store, 'key');
    const ids = Array.from({ length: 501 }, (_, i) => `k${String(i).padStart(11, '0')}`);
    const value = (id: string) => ({
      id,
      name: id,
      role: 'auditor',
      person: id,
      createdAt: '2026-01-15T12:00:00.000Z',
    });
    const changes = ids.map((id) => keys.put({ id, version: 0 }, value(id)));
    await commit(store, { actor: 'cli:test', action: 'key.create', subject: 'key' }, changes);
    const listed = JSON.parse((await runCli(store, 'key', 'list', '--json')).out) as { id: string }[];
    expect(listed.filter(({ id }) => ids.includes(id))).toHaveLength(501);
  });

  test('lists keys without their secrets, and shows a revoked one as such', async () => {
    const made = JSON.parse((await runCli(store, 'key', 'create', '--name', 'old', '--role', 'auditor', '--json')).out);
    await expect(runCli(store, 'key', 'revoke', made.key.id)).resolves.toMatchObject({ code: 0 });
    const { out } = await runCli(store, 'key', 'list');
    expect(out).toMatch(new RegExp(`${made.key.id}.*old.*auditor.*revoked`));
    expect(out).not.toContain(made.secret);
    await expect(new Keys({ store }).authenticate(made.secret)).rejects.toMatchObject({ code: 'revoked_key' });
  });

  test('gives a key a new secret, with hours in which the old one works too', async () => {
    const { key, secret } = JSON.parse(
      (await runCli(store, 'key', 'create', '--name', 'k', '--role', 'auditor', '--json')).out,
    );
    const { out } = await runCli(store, 'key', 'rotate', key.id, '--overlap', '1');
    expect(out).toMatch(new RegExp(`^Key ${key.id} of k has a new secret.* works until 20`));
    const keys = new Keys({ store });
    const renewed = /tocsin_\S+/.exec(out)?.[0] ?? '';
    for (const one of [secret, renewed]) await expect(keys.authenticate(one)).resolves.toMatchObject({ id: key.id });
    const last = JSON.parse((await runCli(store, 'key', 'rotate', key.id, '--json')).out);
    await expect(keys.authenticate(renewed)).rejects.toMatchObject({ code: 'unknown_key' });
    await expect(keys.authenticate(last.secret)).resolves.toMatchObject({ id: key.id });
    await expect(runCli(store, 'key', 'rotate', key.id, '--overlap', '169')).resolves.toMatchObject({ code: 2 });
  });

  test('ends with 1 when asked to revoke a key that there is not', async () => {
    await expect(runCli(store, 'key', 'revoke', '000000000000')).resolves.toMatchObject({
      code: 1,
      notes: 'There is no key "000000000000"',
    });
  });
});

describe('tocsin directory', () => {
  const HEADER = 'region,service,number,owner\n';

  test('enters a file, and then misses nothing of it', async () => {
    const file = fileWith(`${HEADER}35,15,02 61 91 00 35,SAMU 35\n35,18,02 61 91 01 35,SDIS 35\n`);
    await expect(runCli(store, 'directory', 'import', file)).resolves.toMatchObject({
      code: 0,
      out: '2 alternative numbers are in the directory',
    });
    const missing = (...args: string[]) => runCli(store, 'directory', 'missing', '--regions', '35', ...args);
    await expect(missing('--services', '15,18')).resolves.toMatchObject({ code: 0 });
    await expect(missing('--services', '15,16')).resolves.toMatchObject({
      code: 1,
      notes: expect.stringContaining('--services 16: there is no such service'),
    });
    const found = await missing('--services', '15,17', '--json');
    expect([found.code, JSON.parse(found.out)]).toEqual([1, [{ region: '35', service: '17' }]]);
    expect((await missing('--services', '15,17')).out).toMatch(/35.*17/);
  });

  test('names every fault of a file by its line, and ends with 1', async () => {
    const file = fileWith(`${HEADER}35,15,not a number,SAMU\n999,15,02 61 91 00 35,SAMU\n`);
    const { code, notes } = await runCli(store, 'directory', 'import', file);
    expect(code).toBe(1);
    expect(notes).toMatch(/line 2/);
    expect(notes).toMatch(/line 3/);
  });

  test('says which file cannot be read', async () => {
    const { code, notes } = await runCli(store, 'directory', 'import', join(folder, 'absent.csv'));
    expect([code, notes]).toEqual([1, expect.stringMatching(/absent\.csv/)]);
  });

  test('refuses a region that there is not', async () => {
    await expect(runCli(store, 'directory', 'missing', '--regions', '35,99')).resolves.toMatchObject({ code: 1 });
  });
});

describe('tocsin notice show', () => {
  test('shows state, decisions and texts, or the whole record as JSON', async () => {
    const notice = {
      state: 'submitted',
      status: 'Exercise',
      msgType: 'Alert',
      severity: 'Severe',
      template: 'end',
      services: ['15'],
      regions: ['35'],
      audience: 'a1',
      expires: '2026-06-02T18:00:00+02:00',
      author: 'A. Martin',
      decisions: [{ region: '35', decision: 'approved', by: 'B. Petit', at: '2026-06-02T17:00:00.000Z' }],
      renderings: [
        {
          region: '35',
          language: 'fr',
          encoding: 'gsm7',
          segments: 1,
          text: `EXERCICE Fin. ${'Composez à nouveau le 15. '.repeat(6)}`,
        },
      ],
    };
    await new Records<unknown>(store, 'notice').create('n1', notice, { actor: 't', action: 't', subject: 't' });
    const { code, out } = await runCli(store, 'notice', 'show', 'n1');
    expect(code).toBe(0);
    expect(out).toMatch(/state +submitted/);
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(out).toMatch(/35 .*approved .*B\. Petit/);
    expect(out).toContain('35 fr (gsm7, 1 segment):\n    EXERCICE Fin.');
    expect(JSON.parse((await runCli(store, 'notice', 'show', 'n1', '--json')).out)).toEqual({
      id: 'n1',
      version: 1,
      ...notice,
    });
    await expect(runCli(store, 'notice', 'show', 'n2')).resolves.toMatchObject({
      code: 1,
      notes: 'There is no notice "n2"',
    });
  });
});

describe('tocsin audit', () => {
  test('verify is content with a whole chain, and ends with 1 where it is not, naming the place', async () => {
    await runCli(store, 'key', 'create', '--name', 'a', '--role', 'auditor');
    await runCli(store, 'key', 'create', '--name', 'b', '--role', 'auditor');
    await expect(runCli(store, 'audit', 'verify')).resolves.toMatchObject({
      code: 0,
      out: '2 entries, the chain is whole',
    });
    await store.redis.set(auditKeys(store).head, 'forged');
    const { code, out } = await runCli(store, 'audit', 'verify');
    expect([code, out.replaceAll('\n', ' ')]).toEqual([
      1,
      'The chain breaks after 2 entries: entries after it are gone, or were added by hand: the head of the chain is another',
    ]);
    expect(JSON.parse((await runCli(store, 'audit', 'verify', '--json')).out)).toEqual({
      ...{ entries: 2, brokenAt: 2, why: 'cut_short' },
    });
  });

  test('verify holds the log against anchors that were dropped outside the store', async () => {
    const anchors = join(folder, 'anchors.jsonl');
    await runCli(store, 'key', 'create', '--name', 'a', '--role', 'auditor');
    const { out } = await runCli(store, 'audit', 'anchor', '--to', anchors);
    expect(out).toBe(`1 entries are anchored in ${anchors}`);
    await expect(runCli(store, 'audit', 'verify', '--anchors', anchors)).resolves.toMatchObject({ code: 0 });
    await store.redis.del(auditKeys(store).stream, auditKeys(store).head);
    await expect(runCli(store, 'audit', 'verify')).resolves.toMatchObject({ code: 0 });
    await expect(runCli(store, 'audit', 'verify', '--anchors', anchors)).resolves.toMatchObject({
      code: 1,
      out: expect.stringContaining('entries after it are gone'),
    });
  });

  test('export writes what matches as lines, to a file that nobody else reads or to the output', async () => {
    await runCli(store, 'key', 'create', '--name', 'a', '--role', 'auditor');
    const id = JSON.parse((await runCli(store, 'key', 'create', '--name', 'b', '--role', 'auditor', '--json')).out).key
      .id;
    const { out } = await runCli(store, 'audit', 'export', '--subject', `key/${id}`);
    expect(JSON.parse(out)).toMatchObject({ action: 'key.create', subject: `key/${id}`, actor: 'cli:tester' });
    const to = join(folder, 'log.jsonl');
    await runCli(store, 'audit', 'export', '--actor', 'cli:tester', '--action', 'key.', '--to', to);
    expect(readFileSync(to, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    expect(statSync(to).mode & 0o077).toBe(0);
    const later = await runCli(store, 'audit', 'export', '--since', '2999-01-01T00:00:00Z');
    expect([later.code, later.out]).toEqual([0, '']);
    await expect(runCli(store, 'audit', 'export', '--since', 'soon')).resolves.toMatchObject({ code: 1 });
  });

  test('R19: no entry holds the hash of a key', async () => {
    await runCli(store, 'key', 'create', '--name', 'a', '--role', 'auditor');
    const { out } = await runCli(store, 'audit', 'export');
    expect(JSON.parse(out).changes[0].after).toMatchObject({ '/name': 'a', '/hash': 'hidden' });
  });
});

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Audiences } from '../../src/audience/audiences.ts';
import { broadcastRecords } from '../../src/broadcasts/broadcast.ts';
import { countsKey } from '../../src/ledger/keys.ts';
import type { Store } from '../../src/store/connection.ts';
import { batchesOf, happen, storeBroadcast } from '../broadcasts/builders.ts';
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

/** Three recipients of 2A: two delivered to, one not yet submitted. */
async function aSmallBroadcast(changes: { state?: 'running' | 'closed' } = {}) {
  const notice = { regions: ['2A'] };
  const groups = [{ region: '2A', language: 'fr', recipients: 3 }];
  const stored = await storeBroadcast(store, { no: 1, groups, notice, changes });
  const [batch] = batchesOf(store, stored.broadcast, stored.plan.lanes[0]!);
  await happen(store, batch!, 0, 1, 'claim', 'accept', 'receiptDelivered');
  return { ...stored, batch: batch! };
}

describe('tocsin audience import', () => {
  const CSV = 'region,msisdn,language\n35,06 39 98 00 01,fr\n35,0639980002,en\n35,0639980001,fr\n35,nobody,fr\n';

  test.each([
    ['plain', (text: string) => Buffer.from(text)],
    ['gzip', (text: string) => gzipSync(text)],
  ])('makes a snapshot of a %s file and counts what it left out', async (_kind, pack) => {
    const file = join(folder, 'people');
    writeFileSync(file, pack(CSV));
    const { code, out } = await runCli(store, 'audience', 'import', file, '--name', 'June', '--json');
    expect(code).toBe(0);
    const told = JSON.parse(out);
    expect(told).toMatchObject({ name: 'June', recipients: 2, fictional: 2, duplicates: 1, rejected: 1 });
    const kept = await new Audiences({ store, workFolder: folder }).get(told.id);
    expect(kept.value).toMatchObject({ name: 'June', createdBy: 'cli:tester' });
  });

  test('tells people the groups and the reasons, never a number', async () => {
    const file = join(folder, 'people.csv');
    writeFileSync(file, CSV);
    const { out, notes } = await runCli(store, 'audience', 'import', file, '--name', 'June');
    expect(out).toMatch(/2 recipients in 2 groups/);
    expect(out).toMatch(/lines rejected 1: not_a_number 1/);
    expect(out + notes).not.toMatch(/639 ?98/);
  });

  test('ends with 1 when the file names nobody, or is not there', async () => {
    const file = join(folder, 'people.csv');
    writeFileSync(file, 'msisdn,region,language\n');
    await expect(runCli(store, 'audience', 'import', file, '--name', 'x')).resolves.toMatchObject({ code: 1, out: '' });
    const absent = await runCli(store, 'audience', 'import', join(folder, 'absent'), '--name', 'x');
    expect([absent.code, absent.notes]).toEqual([1, expect.stringMatching(/cannot be read/)]);
  });
});

describe('tocsin broadcast watch', () => {
  test('says where a broadcast is now', async () => {
    await aSmallBroadcast();
    const { code, out } = await runCli(store, 'broadcast', 'watch', 'b1', '--once');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/b1 is running: 2 of 3 recipients submitted\n {2}pending 1, delivered 2/),
    ]);
  });

  test('follows it to its close, and ends with 1 when someone is in no final state then', async () => {
    const { id } = await aSmallBroadcast();
    const watching = runCli(store, 'broadcast', 'watch', id, '--json');
    const current = await broadcastRecords(store).get(id);
    await broadcastRecords(store).update(
      current,
      { ...current.value, state: 'closed' },
      { actor: 't', action: 't', subject: 't' },
    );
    const { code, out } = await watching;
    expect(code).toBe(1);
    expect(JSON.parse(out.split('\n').at(-1)!)).toMatchObject({ state: 'closed', unaccounted: 1 });
  });

  test('ends with 1 when there is no such broadcast', async () => {
    await expect(runCli(store, 'broadcast', 'watch', 'b9')).resolves.toMatchObject({ code: 1 });
  });
});

describe('tocsin verify', () => {
  test('is content when every count agrees with the slots, for one broadcast or all', async () => {
    await expect(runCli(store, 'verify')).resolves.toMatchObject({ code: 0, out: 'There is no broadcast' });
    await aSmallBroadcast();
    const expected = { code: 0, out: 'b1: 3 recipients, every count agrees with the slots' };
    await expect(runCli(store, 'verify', 'b1')).resolves.toMatchObject(expected);
    await expect(runCli(store, 'verify')).resolves.toMatchObject(expected);
  });

  test('shows every difference and ends with 1', async () => {
    const { broadcast, batch } = await aSmallBroadcast();
    await store.redis.del(countsKey(store, batch.shard, broadcast.no));
    const { code, out } = await runCli(store, 'verify', 'b1');
    expect(code).toBe(1);
    expect(out).toMatch(/2A.*fr.*delivered.*0.*2/);
    const [found] = JSON.parse((await runCli(store, 'verify', '--json')).out);
    expect(found.differences).toContainEqual({
      region: '2A',
      language: 'fr',
      count: 'delivered',
      kept: 0,
      recounted: 2,
    });
  });
});

describe('tocsin evidence export', () => {
  test('writes the files of a broadcast, the manifest last, with the notice as CAP', async () => {
    const file = join(folder, 'people.csv');
    writeFileSync(file, 'msisdn,region,language\n0639980001,2A,fr\n0639980002,2A,fr\n0639980003,2A,fr\n');
    const audience = JSON.parse((await runCli(store, 'audience', 'import', file, '--name', 'x', '--json')).out).id;
    const groups = [{ region: '2A', language: 'fr', recipients: 3 }];
    await storeBroadcast(store, { no: 1, groups, notice: { regions: ['2A'], audience } });
    const to = join(folder, 'evidence');
    const { code, out } = await runCli(store, 'evidence', 'export', 'b1', '--to', to, '--json');
    expect(code).toBe(0);
    const names = JSON.parse(out).map(({ name }: { name: string }) => name);
    expect(names.at(-1)).toBe('manifest.json');
    expect(names).toContain('notice.cap.xml');
    expect(readdirSync(to).sort()).toEqual([...names].sort());
  });
});

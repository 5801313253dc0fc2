import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Directory } from '../../src/directory/directory.ts';
import type { Store } from '../../src/store/connection.ts';
import { runCli } from '../support/command-line.ts';
import { testStore } from '../support/redis.ts';

const ANNE = { actor: 'key:anne', person: 'anne' };
const BRUNO = { actor: 'key:bruno', person: 'bruno' };
const DAY = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY).toISOString();

describe('tocsin directory', () => {
  let store: Store;
  let close: () => Promise<void>;
  let directory: Directory;
  let folder: string;

  beforeEach(async () => {
    ({ store, close } = await testStore());
    directory = new Directory({ store });
    folder = mkdtempSync(join(tmpdir(), 'tocsin-cli-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await close();
  });

  const enter = async (service: string, testedDaysAgo?: number) => {
    await directory.put({ region: '35', service, number: `01 00 00 00 ${service}`, owner: `S${service}` }, ANNE);
    if (testedDaysAgo === undefined) return;
    await directory.recordVerification('35', service, { by: 'bruno', at: daysAgo(testedDaysAgo) }, BRUNO);
  };
  const stale = (...args: string[]) => runCli(store, 'directory', 'stale', '--regions', '35', ...args);

  test('exports what import reads, and restores it with its test calls only when told to', async () => {
    await enter('15', 1);
    const { out } = await runCli(store, 'directory', 'export');
    const file = join(folder, 'directory.csv');
    writeFileSync(file, `${out}\n`);
    const other = await testStore();
    const importing = (...args: string[]) => runCli(other.store, 'directory', 'import', file, ...args);
    expect(await importing()).toMatchObject({ code: 0, notes: expect.stringMatching(/^1 test calls .* --restore/) });
    expect(JSON.parse((await importing('--restore', '--json')).out)).toEqual({ accepted: 1, testCallsLeftOut: 0 });
    const restored = await new Directory({ store: other.store }).get('35', '15');
    expect(restored).toMatchObject({ owner: 'S15', verification: { by: 'bruno' } });
    expect(JSON.parse((await runCli(store, 'directory', 'export', '--json')).out)).toMatchObject([{ owner: 'S15' }]);
    await other.close();
  });

  test('R2: lists what is stale and what grows so, and ends with 1 when a test call is due', async () => {
    await enter('15', 1);
    expect(await stale('--services', '15')).toMatchObject({
      code: 0,
      out: expect.stringContaining('0 missing, 0 stale, 0 fiction, 0 grows stale, 1 ok'),
    });
    await enter('17', 80);
    const growing = await stale('--services', '15,17');
    expect([growing.code, growing.out]).toEqual([0, expect.stringMatching(/35 17.*grows stale.*due by/)]);
    await enter('18');
    const due = await stale('--services', '15,17,18');
    expect([due.code, due.out]).toEqual([1, expect.stringMatching(/35 18.*stale.*never verified/)]);
    expect(JSON.parse((await stale('--services', '18', '--json')).out).counts.stale).toBe(1);
    expect((await stale('--services', '112')).code).toBe(1);
  });

  test('R5: lists contacts that nobody has tried lately', async () => {
    await enter('15', 1);
    const contact = { kind: 'page', address: 'https://crise.example/suivi', owner: 'Cell', region: 'FR' } as const;
    await directory.contacts.put('follow-up', contact, ANNE);
    const due = await stale('--services', '15');
    expect([due.code, due.out]).toEqual([1, expect.stringMatching(/follow-up.*stale.*never verified/)]);
    await directory.contacts.recordVerification('follow-up', { by: 'bruno', at: daysAgo(1) }, BRUNO);
    expect((await stale('--services', '15')).code).toBe(0);
  });

  test('tells the history of a number, with who and when', async () => {
    await enter('15', 1);
    const { code, out } = await runCli(store, 'directory', 'history', '35', '15');
    expect(code).toBe(0);
    expect(out).toMatch(/anne.*entered.*01 00 00 00 15[\s\S]*bruno.*verified/);
    const events = JSON.parse((await runCli(store, 'directory', 'history', '35', '15', '--json')).out);
    expect(events.map(({ act }: { act: string }) => act)).toEqual(['entered', 'verified']);
    expect((await runCli(store, 'directory', 'history', '35', '17')).out).toMatch(/^Nothing was ever entered/);
  });

  test('takes an administrative region for all of its départements', async () => {
    const missing = await runCli(store, 'directory', 'missing', '--regions', 'R53', '--services', '15', '--json');
    expect(JSON.parse(missing.out).map(({ region }: { region: string }) => region)).toEqual(['22', '29', '35', '56']);
    expect((await stale('--regions', 'R99')).notes).toMatch(/--regions R99: there is no such region/);
  });
});

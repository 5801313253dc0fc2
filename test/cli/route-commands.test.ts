import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { MessageIds } from '../../src/ledger/message-ids.ts';
import { eventCode } from '../../src/ledger/states.ts';
import { runCli } from '../support/command-line.ts';
import { testStore } from '../support/redis.ts';

const ROUTE = {
  id: 'operator',
  kind: 'live',
  host: 'smsc.operator.example',
  port: 3550,
  systemId: 'tocsin',
  password: 's3cret',
  segmentsPerSecond: 10_000,
  tls: {},
  sender: { address: 'TOCSIN' },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-routes-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const check = (routes: readonly unknown[], ...more: string[]) => {
  const file = join(folder, 'routes.yaml');
  writeFileSync(file, stringify({ routes }, { aliasDuplicateObjects: false }), { mode: 0o600 });
  return runCli(undefined, 'routes', 'check', file, ...more);
};

describe('tocsin routes check', () => {
  test('shows the routes of a good file, within 80 columns, without passwords', async () => {
    const { code, out } = await check([ROUTE, { ...ROUTE, id: 'drill', kind: 'exercise', segmentsPerSecond: null }]);
    expect(code).toBe(0);
    expect(out).toMatch(/operator .*live .*smsc\.operator\.example:3550 \(TLS\) .*4 .*500 .*10000 .*TOCSIN/);
    expect(out).toMatch(/drill .*exercise .*no limit/);
    expect(out).toMatch(/2 routes, 0 warnings$/);
    expect(out).not.toContain('s3cret');
  });

  test('names every fault at its place in the file, and ends with 1', async () => {
    const bad = { ...ROUTE, window: 0, contract: { links: 2 }, sender: { address: 'TOCSIN', npi: 8 } };
    const { code, notes, out } = await check([ROUTE, bad]);
    expect([code, out]).toEqual([1, '']);
    expect(notes).toMatch(/routes\.yaml: \/routes\/1\/window: /);
    expect(notes).toMatch(/routes\.yaml: \/routes\/1\/links: is above the 2 that the contract grants/);
    expect(notes).toMatch(/routes\.yaml: \/routes\/1\/sender\/npi: must be 0 or 1/);
  });

  test.each([
    ['/routes/0/segmentsPerSecond', { segmentsPerSecond: null }],
    ['/routes/0/tls', { tls: undefined }],
    ['/routes/0/interfaceVersion', { interfaceVersion: 0x50 }],
    ['/routes/0/alphabet', { alphabet: 'ucs2' }],
    ['/routes/0/receipts/otherSegments', { receipts: { segments: 'last', otherSegments: 'none' } }],
  ])('warns at %s of %j, and is content', async (at, change) => {
    const { code, out } = await check([{ ...ROUTE, ...change }]);
    expect(code).toBe(0);
    expect(out).toContain(`${at}: `);
    expect(out).toMatch(/1 route, 1 warning$/);
  });

  test('prints JSON for programs, without passwords', async () => {
    const { code, out } = await check([ROUTE], '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ routes: [{ id: 'operator', window: 500, tls: true }], warnings: [] });
    expect(out).not.toContain('s3cret');
  });

  test('checks the file of the settings when none is named, and says which file cannot be read', async () => {
    await expect(runCli(undefined, 'routes', 'check')).resolves.toMatchObject({ code: 0 });
    const missing = join(folder, 'absent.yaml');
    const { code, notes } = await runCli(undefined, 'routes', 'check', missing);
    expect([code, notes]).toEqual([1, expect.stringContaining('absent.yaml')]);
  });
});

describe('tocsin routes orphans', () => {
  test('lists receipts of ids that nobody knows, with what they say', async () => {
    const { store, close } = await testStore();
    try {
      await expect(runCli(store, 'routes', 'orphans', 'drill')).resolves.toMatchObject({
        code: 0,
        out: 'drill: no receipt without its submission',
      });
      const ids = new MessageIds({ store, route: 'drill' });
      await ids.join(
        ['7f01', '7f01', '7f02'],
        (['receiptEnroute', 'receiptDelivered', 'receiptExpired'] as const).map(eventCode),
      );
      const { out } = await runCli(store, 'routes', 'orphans', 'drill');
      expect(out).toMatch(/7f01 .*enroute, delivered/);
      expect(out).toMatch(/drill: 2 receipts without their submission$/);
      const listed = JSON.parse((await runCli(store, 'routes', 'orphans', 'drill', '--json')).out);
      expect(listed).toContainEqual({
        messageId: '7f02',
        states: ['expired'],
        day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      });
      await expect(runCli(store, 'routes', 'orphans', 'main', '--json')).resolves.toMatchObject({ out: '[]' });
    } finally {
      await close();
    }
  });
});

import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { routeFor } from '../../src/broadcasts/routes.ts';
import { loadRoutes, loadRoutesFile } from '../../src/broadcasts/routes-file.ts';
import type { TocsinError } from '../../src/errors.ts';
import { aRoute } from './builders.ts';

const LEAST = {
  id: 'drill',
  kind: 'exercise',
  host: 'smsc',
  port: 2775,
  systemId: 'tocsin',
  sender: { address: 'Tocsin' },
};

describe('the routes file', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-routes-'));
    file = join(folder, 'routes.yaml');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const load = (routes: unknown) => {
    writeFileSync(file, typeof routes === 'string' ? routes : stringify({ routes }, { aliasDuplicateObjects: false }));
    return loadRoutes(file);
  };
  const refusal = async (routes: unknown): Promise<TocsinError> => {
    const error = await load(routes).then(
      () => new Error('it was taken'),
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ kind: 'invalid', code: 'bad_routes' });
    return error as TocsinError;
  };
  const places = async (routes: unknown) =>
    (await refusal(routes)).faults.map(({ at }) => at.replace(`${file}: `, '').replace(file, 'the file'));

  test('needs little of a route and fills in the rest', async () => {
    const [route] = await load([LEAST]);
    expect(route).toMatchObject({
      ...LEAST,
      password: '',
      sender: { address: 'Tocsin', ton: 5, npi: 0 },
      destination: { ton: 1, npi: 1 },
      receipts: { segments: 'each', responseId: { base: 'text' }, receiptId: { caseFold: false } },
      links: 4,
      window: 500,
      segmentsPerSecond: null,
      interfaceVersion: 0x34,
      concatenation: 'udh',
    });
  });

  test('keeps the order of its routes', async () => {
    const routes = await load([LEAST, { ...LEAST, id: 'main', kind: 'live' }]);
    expect(routes.map(({ id }) => id)).toEqual(['drill', 'main']);
  });

  test.each([
    ['/routes/0/id', { id: 'Drill!' }],
    ['/routes/0/kind', { kind: 'real' }],
    ['/routes/0/host', { host: '' }],
    ['/routes/0/port', { port: 70_000 }],
    ['/routes/0/systemId', { systemId: 'x'.repeat(16) }],
    ['/routes/0/password', { password: 'ninechars' }],
    ['/routes/0/interfaceVersion', { interfaceVersion: 0x35 }],
    ['/routes/0/links', { links: 0 }],
    ['/routes/0/window', { window: 1.5 }],
    ['/routes/0/segmentsPerSecond', { segmentsPerSecond: 0 }],
    ['/routes/0/sender/address', { sender: { address: 'Préfecture' } }],
    ['/routes/0/sender/address', { sender: { address: 'TwelveLetter' } }],
    ['/routes/0/sender/address', { sender: { address: 'Tocsin', ton: 3 } }],
    ['/routes/0/sender/address', { sender: { address: ' Tocsin' } }],
    ['/routes/0/sender/address', { sender: { address: 'Tocsin ' } }],
    ['/routes/0/sender/address', { sender: { address: '' } }],
    ['/routes/0/sender/address', { sender: { address: '0261910035', ton: 1, npi: 1 } }],
    ['/routes/0/sender/address', { sender: { address: '38000', ton: 1, npi: 1 } }],
    ['/routes/0/sender/ton', { sender: { address: '38000' } }],
    ['/routes/0/sender/ton', { sender: { address: '38000', ton: 7 } }],
    ['/routes/0/sender/npi', { sender: { address: 'Tocsin', npi: 8 } }],
    ['/routes/0/sender/npi', { sender: { address: '38000', ton: 3, npi: 2 } }],
    ['/routes/0/destination/npi', { destination: { npi: 7 } }],
    ['/routes/0/alphabet', { alphabet: 'ebcdic' }],
    ['/routes/0/dataCoding', { dataCoding: 256 }],
    ['/routes/0/window', { window: 0 }],
    ['/routes/0/window', { window: -1 }],
    ['/routes/0/window', { window: 10_001 }],
    ['/routes/0/segmentsPerSecond', { segmentsPerSecond: -5 }],
    ['/routes/0/segmentsPerSecond', { segmentsPerSecond: 1_000_001 }],
    ['/routes/0/regionSegmentsPerSecond/35', { regionSegmentsPerSecond: { 35: 0 } }],
    ['/routes/0/regionSegmentsPerSecond/96', { regionSegmentsPerSecond: { 96: 10 } }],
    ['/routes/0/links', { links: 8, contract: { links: 4 } }],
    ['/routes/0/window', { window: 20, contract: { window: 10 } }],
    ['/routes/0/segmentsPerSecond', { segmentsPerSecond: 1_001, contract: { segmentsPerSecond: 1_000 } }],
    ['/routes/0/segmentsPerSecond', { contract: { segmentsPerSecond: 1_000 } }],
    ['/routes/0/contract/window', { contract: { window: 10_001 } }],
    ['/routes/0/regionSegmentsPerSecond/2A', { segmentsPerSecond: 50, regionSegmentsPerSecond: { '2A': 60, '*': 50 } }],
    [
      '/routes/0/receipts/receiptId/base',
      { receipts: { responseId: { base: 'hexToDecimal' }, receiptId: { base: 'decimalToHex' } } },
    ],
    ['/routes/0/cancelSm', { cancelSm: true, receipts: { responseId: { base: 'hexToDecimal' } } }],
    ['/routes/0/cancelSm', { cancelSm: true, receipts: { responseId: { stripLeadingZeros: true } } }],
    ['/routes/0/cancelSm', { cancelSm: true, receipts: { responseId: { caseFold: true } } }],
    ['/routes/0/receipts/otherSegments', { receipts: { otherSegments: 'all' } }],
    ['/routes/0/concatenation', { concatenation: 'none' }],
    ['/routes/0/receipts/segments', { receipts: { segments: 'some' } }],
    ['/routes/0/receipts/receiptId/base', { receipts: { receiptId: { base: 'octal' } } }],
    ['/routes/0/responseTimeoutMs', { responseTimeoutMs: 1 }],
    ['/routes/0/reconnectMinMs', { reconnectMinMs: 20_000 }],
    ['/routes/0/passwordFile', { password: 'a', passwordFile: 'b' }],
    ['/routes/0/maxAttempts', { maxAttempts: 0 }],
    ['/routes/0/statuses/0x14', { statuses: { '0x14': 'drop' } }],
    ['/routes/0/statuses/20', { statuses: { 20: 'retry' } }],
    ['/routes/0', { senderId: 'Tocsin' }],
  ])('names %s when it holds %j', async (place, fault) => {
    expect(await places([{ ...LEAST, ...fault }])).toEqual([place]);
  });

  test.each([
    [
      'as much as the contract grants',
      { links: 4, window: 10, segmentsPerSecond: 99, contract: { links: 4, window: 10, segmentsPerSecond: 99 } },
    ],
    ['a short code', { sender: { address: '38000', ton: 3, npi: 0 } }],
    ['an international number', { sender: { address: '33261910035', ton: 1, npi: 1 } }],
    ['letters with NPI 1', { sender: { address: 'Info 112', npi: 1 } }],
    ['a cap that is the rate', { segmentsPerSecond: 50, regionSegmentsPerSecond: { '*': 50 } }],
    [
      'one conversion in each direction',
      { receipts: { responseId: { base: 'hexToDecimal' }, receiptId: { base: 'hexToDecimal' } } },
    ],
    [
      'every meaning of a status',
      {
        statuses: {
          '0x14': 'queueFull',
          '0x58': 'throttle',
          '0x400': 'retryFew',
          '0x401': 'retry',
          '0xb': 'refuseDestination',
          '0x45': 'refuse',
        },
      },
    ],
  ])('takes %s', async (_what, given) => {
    expect(await load([{ ...LEAST, ...given }])).toMatchObject([given]);
  });

  test('names every fault of every route at once', async () => {
    const routes = [{ ...LEAST, port: 0, links: 99 }, LEAST, { ...LEAST, id: 'x', host: undefined }, 7, LEAST];
    expect(await places(routes)).toEqual([
      '/routes/0/port',
      '/routes/0/links',
      '/routes/2/host',
      '/routes/3',
      '/routes/4/id',
    ]);
  });

  test('needs at least one route, and nothing beside them', async () => {
    expect(await places([])).toEqual(['/routes']);
    expect(await places('')).toEqual(['/routes']);
    expect(await places(`${stringify({ routes: [LEAST] })}\nroute: 1\n`)).toEqual(['/']);
  });

  test('may say which routes carry which regions', async () => {
    const routes = [LEAST, { ...LEAST, id: 'drill-2' }];
    const order = [{ regions: ['35'], share: [{ route: 'drill-2' }], standBy: ['drill'] }];
    writeFileSync(file, stringify({ routes, order }, { aliasDuplicateObjects: false }));
    expect((await loadRoutesFile(file)).order).toEqual([
      { regions: ['35'], share: [{ route: 'drill-2', weight: 1 }], standBy: ['drill'] },
    ]);
  });

  test('R6: is refused where its order mixes exercise and live, or names a route that is not there', async () => {
    const routes = [LEAST, { ...LEAST, id: 'main', kind: 'live' }];
    const order = [{ regions: '*', share: [{ route: 'drill' }, { route: 'main' }], standBy: ['none'] }];
    expect(await places(stringify({ routes, order }, { aliasDuplicateObjects: false }))).toEqual([
      '/order/0/share/1/route',
      '/order/0/standBy/0',
    ]);
    const misspelt = [{ regions: ['351'], share: [] }];
    expect(await places(stringify({ routes, order: misspelt }, { aliasDuplicateObjects: false }))).toEqual(
      expect.arrayContaining(['/order/0/share']),
    );
  });

  test('is refused with the line when it is no YAML', async () => {
    const { faults } = await refusal('routes:\n  - id: "drill\n');
    expect(faults[0]).toMatchObject({ at: file, message: expect.stringMatching(/line \d/) });
  });

  test('is refused when it repeats itself by aliases', async () => {
    const { faults } = await refusal('routes:\n  - &a {id: drill}\n  - *a\n');
    expect(faults).toEqual([{ at: file, message: 'Alias resolution is disabled' }]);
  });

  test('is refused by name when it is not there', async () => {
    const missing = join(folder, 'none.yaml');
    await expect(loadRoutes(missing)).rejects.toMatchObject({ code: 'bad_routes', faults: [{ at: missing }] });
  });

  test('takes a password from a file beside it', async () => {
    writeFileSync(join(folder, 'secret'), 's3cret\n');
    const [route] = await load([{ ...LEAST, passwordFile: 'secret' }]);
    expect(route?.password).toBe('s3cret');
    expect(route).not.toHaveProperty('passwordFile');
  });

  test('R19: warns of a password that others on the machine may read, in a file of its own or in that of a live route', async () => {
    const secret = join(folder, 'open-secret');
    writeFileSync(secret, 's3cret\n');
    const warningsOf = async (more: object, mode: number, of: string) => {
      writeFileSync(file, stringify({ routes: [{ ...LEAST, ...more }] }));
      chmodSync(of, mode);
      const { warnings } = await loadRoutesFile(file);
      chmodSync(file, 0o600);
      return warnings.map(({ at }) => at);
    };
    expect(await warningsOf({ passwordFile: 'open-secret' }, 0o600, secret)).toEqual([]);
    expect(await warningsOf({ passwordFile: 'open-secret' }, 0o644, secret)).toEqual(['/routes/0/passwordFile']);
    expect(await warningsOf({ kind: 'live', password: 'x' }, 0o600, file)).toEqual([]);
    expect(await warningsOf({ kind: 'live', password: 'x' }, 0o644, file)).toEqual(['/routes/0/password']);
  });

  test('R19: warns of our key for TLS that others on the machine may read', async () => {
    for (const name of ['client.pem', 'client.key'])
      copyFileSync(new URL(`../support/tls/${name}`, import.meta.url), join(folder, name));
    writeFileSync(file, stringify({ routes: [{ ...LEAST, tls: { certFile: 'client.pem', keyFile: 'client.key' } }] }));
    const warningsAt = async (mode: number) => {
      chmodSync(join(folder, 'client.key'), mode);
      return (await loadRoutesFile(file)).warnings.map(({ at }) => at);
    };
    expect(await warningsAt(0o600)).toEqual([]);
    expect(await warningsAt(0o644)).toEqual(['/routes/0/tls/keyFile']);
  });

  test('gives no password and no key for TLS to a program that asks for none, and reads none of their files', async () => {
    const route = { ...LEAST, tls: { certFile: 'none', keyFile: 'none', serverName: 'smsc.example' } };
    const routes = [
      { ...route, passwordFile: 'none' },
      { ...route, id: 'other', password: 's3cret' },
    ];
    writeFileSync(file, stringify({ routes }, { aliasDuplicateObjects: false }));
    const loaded = await loadRoutesFile(file, { passwords: false });
    const tls = { verify: true, serverName: 'smsc.example' };
    expect(loaded.routes).toMatchObject([
      { id: 'drill', password: '', tls },
      { id: 'other', password: '', tls },
    ]);
    expect(JSON.stringify(loaded)).not.toContain('s3cret');
  });

  test('names a password file that is not there', async () => {
    expect(await places([{ ...LEAST, passwordFile: 'none' }])).toEqual(['/routes/0/passwordFile']);
  });

  test.each(['in the file', 'in a file of its own'])('never repeats a password %s in a refusal', async (where) => {
    writeFileSync(join(folder, 'secret'), 'ninechars\n');
    const given = where === 'in the file' ? { password: 'ninechars' } : { passwordFile: 'secret' };
    const error = await refusal([{ ...LEAST, ...given }]);
    expect(error.faults[0]?.message).toBe('SMPP 3.4 §5.2.2 allows 8 characters');
    expect(JSON.stringify(error) + String(error)).not.toContain('ninechars');
  });
});

describe('R6: the route for a notice', () => {
  const drill = aRoute();
  const live = aRoute({ id: 'main', kind: 'live' });
  const second = aRoute({ id: 'spare', kind: 'live' });
  const routes = [drill, live, second];

  test.each([
    ['Actual', undefined, 'main'],
    ['Exercise', undefined, 'drill'],
    ['Test', undefined, 'drill'],
    ['Actual', 'spare', 'spare'],
    ['Test', 'drill', 'drill'],
  ] as const)('of status %s that names %s is %s', (status, route, expected) => {
    expect(routeFor(routes, { status, route }).id).toBe(expected);
  });

  test.each([
    ['Actual', 'drill', 'wrong_route_kind'],
    ['Exercise', 'main', 'wrong_route_kind'],
    ['Test', 'spare', 'wrong_route_kind'],
    ['Actual', 'none', 'unknown_route'],
  ] as const)('of status %s that names %s is refused as %s', (status, route, code) => {
    expect(() => routeFor(routes, { status, route })).toThrow(
      expect.objectContaining({ kind: 'invalid', code, faults: [expect.objectContaining({ at: '/route' })] }),
    );
  });

  test('is refused where there is none of its kind', () => {
    expect(() => routeFor([drill], { status: 'Actual' })).toThrow('There is no live route');
    expect(() => routeFor([live], { status: 'Test' })).toThrow('There is no exercise route');
  });
});

import { connect, type Socket } from 'node:net';
import { startServer } from '../../src/api/server.ts';
import { waitFor } from '../support/wait-for.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';

const PAGES = ['/docs', '/directory'];
const OTHERS = ['/healthz', '/readyz', '/metrics', '/openapi.json', '/v1/notices', '/nowhere'];

/** Sends bytes as they are and collects what comes back until the connection ends. */
function raw(port: number, ...pieces: string[]): { socket: Socket; reply: () => string; ended: Promise<void> } {
  const socket = connect(port, '127.0.0.1');
  let reply = '';
  socket.on('data', (chunk) => {
    reply += chunk.toString();
  });
  socket.on('error', () => {});
  for (const piece of pieces) socket.write(piece);
  return { socket, reply: () => reply, ended: new Promise((resolve) => socket.once('close', () => resolve())) };
}

describe('what every reply tells a browser', () => {
  let api: ApiFixture;
  beforeAll(async () => {
    api = await apiFixture();
  });
  afterAll(() => api.close());

  test.each([...PAGES, ...OTHERS])('%s: frame, keep, sniff and ask for nothing', async (path) => {
    const { headers } = await api.bare('get', path);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'strict-transport-security': expect.stringMatching(/^max-age=31536000/),
      'permissions-policy': expect.stringContaining('geolocation=()'),
    });
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    for (const name of ['x-powered-by', 'server', 'access-control-allow-origin']) expect(headers[name]).toBeUndefined();
  });

  test.each(OTHERS)('%s may run and load nothing at all', async (path) => {
    const policy = String((await api.bare('get', path)).headers['content-security-policy']);
    expect(policy).not.toMatch(/script-src|style-src|connect-src|self|unsafe/);
  });

  test.each(PAGES)('%s may load what comes from here, and no script of its own', async (path) => {
    const policy = String((await api.bare('get', path)).headers['content-security-policy']);
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:|\*/);
  });
});

describe('limits by address', () => {
  test('an address that calls too often is told to wait, whoever calls', async () => {
    const api = await apiFixture({ callsPerMinuteOfAddress: 2 });
    for (const role of ['auditor', 'operator'] as const)
      expect((await api.as(role, 'get', '/v1/halt')).status).toBe(200);
    const response = await api.as('admin', 'get', '/v1/halt');
    expect(problemOf(response)).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(response.headers['retry-after']).toMatch(/^\d+$/);
    expect((await api.bare('get', '/healthz')).status).toBe(200);
    await api.close();
  });

  test('who guesses is stopped, and does not lock out who was let in from the same address', async () => {
    const api = await apiFixture({ failedAttemptsPerMinute: 3 });
    const guess = (n: number) => api.as({ secret: `guess-${n}` }, 'get', '/v1/halt');
    expect((await api.as('auditor', 'get', '/v1/halt')).status).toBe(200);
    for (let n = 0; n < 3; n += 1) expect((await guess(n)).status).toBe(401);
    expect(problemOf(await guess(4))).toMatchObject({ status: 429, code: 'rate_limited' });
    expect((await api.as('auditor', 'get', '/v1/halt')).status).toBe(200);
    expect((await api.as('operator', 'get', '/v1/halt')).status).toBe(429);
    await api.deps.keys.revoke(api.keys.auditor.key.id, 'cli:test');
    expect((await api.as('auditor', 'get', '/v1/halt')).status).toBe(401);
    expect((await api.as('auditor', 'get', '/v1/halt')).status).toBe(429);
    await api.close();
  });

  test('guesses that are made at once are counted at once', async () => {
    const api = await apiFixture({ failedAttemptsPerMinute: 2 });
    const guesses = [1, 2, 3, 4].map((n) => api.as({ secret: `guess-${n}` }, 'get', '/v1/halt'));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([401, 401, 429, 429]);
    await api.close();
  });

  test('a call that takes long, or shows no key at all, is no guess', async () => {
    const api = await apiFixture({ failedAttemptsPerMinute: 1 });
    const begun = new Promise<() => void>((begin) => {
      api.deps.directory.list = () => new Promise((resolve) => begin(() => resolve([])));
    });
    const long = api.as('auditor', 'get', '/v1/directory').then(({ status }) => status);
    const answer = await begun;
    for (let n = 0; n < 2; n += 1) expect((await api.bare('get', '/v1/halt')).status).toBe(401);
    expect((await api.as('operator', 'get', '/v1/halt')).status).toBe(200);
    answer();
    expect(await long).toBe(200);
    await api.close();
  });

  test('behind a proxy the address is the one that the proxy names, and none that the caller makes up', async () => {
    const api = await apiFixture({ trustedProxies: 1, callsPerMinuteOfAddress: 1 });
    const from = (forwarded: string) => api.as('auditor', 'get', '/v1/halt').set('X-Forwarded-For', forwarded);
    expect((await from('192.0.2.1')).status).toBe(200);
    expect((await from('192.0.2.2')).status).toBe(200);
    expect((await from('198.51.100.7, 192.0.2.1')).status).toBe(429);
    await api.close();
    const plain = await apiFixture({ callsPerMinuteOfAddress: 1 });
    const invented = (n: number) => plain.as('auditor', 'get', '/v1/halt').set('X-Forwarded-For', `192.0.2.${n}`);
    expect([(await invented(1)).status, (await invented(2)).status]).toEqual([200, 429]);
    await plain.close();
  });
});

describe('slow and strange connections', () => {
  let api: ApiFixture;
  beforeAll(async () => {
    api = await apiFixture({ bodyMs: 100 });
  });
  afterAll(() => api.close());
  const head = (...lines: string[]) => `${['POST /v1/keys HTTP/1.1', 'Host: x', ...lines].join('\r\n')}\r\n`;
  const authorized = () => `Authorization: Bearer ${api.keys.admin.secret}`;

  test('a body that comes too slowly gets a 408, and its connection ends', async () => {
    const length = 'Content-Length: 100';
    const { reply, ended } = raw(
      api.port,
      `${head(authorized(), 'Content-Type: application/json', length)}\r\n{"name"`,
    );
    await ended;
    expect(reply()).toMatch(/^HTTP\/1\.1 408 /);
    expect(reply()).toContain('"code":"body_too_slow"');
  });

  test('headers that come too slowly (slow loris) get a 408 too', async () => {
    const server = await startServer(() => {}, { host: '127.0.0.1', port: 0, headersMs: 100 });
    const { socket, reply, ended } = raw(server.port, head());
    const drip = setInterval(() => socket.write('X-A: b\r\n'), 30);
    await ended;
    clearInterval(drip);
    expect(reply()).toMatch(/^HTTP\/1\.1 408 /);
    await server.stop();
  });

  test('headers that are too large get a 431', async () => {
    const { reply, ended } = raw(api.port, head(`X-A: ${'a'.repeat(20_000)}`), '\r\n');
    await ended;
    expect(reply()).toMatch(/^HTTP\/1\.1 431 /);
  });

  test.each([
    ['two lengths', ['Content-Length: 4', 'Content-Length: 5']],
    ['a length and chunks', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
    ['chunks that are not last', ['Transfer-Encoding: chunked, identity']],
    ['a length with a sign', ['Content-Length: +4']],
    ['a space before the colon', ['Content-Length : 4']],
    ['a header on two lines', ['X-A: a', ' b: c']],
    ['a null in a header', ['X-A: a\0b']],
  ])('a request with %s is refused: a proxy could read it otherwise', async (_what, lines) => {
    const { socket, reply } = raw(api.port, `${head(...lines)}\r\nabcd`);
    await waitFor(() => reply() !== '');
    expect(reply()).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  });

  test('a request without a host, or of another HTTP, is refused', async () => {
    for (const text of ['GET /v1/notices HTTP/1.1\r\n\r\n', 'GET /v1/notices HTTP/9.9\r\nHost: x\r\n\r\n']) {
      const { socket, reply } = raw(api.port, text);
      await waitFor(() => reply() !== '');
      expect(reply()).toMatch(/^HTTP\/1\.1 (400|505) /);
      socket.destroy();
    }
  });

  test('a body nested deeper than anything we take is refused at its place', async () => {
    const response = await api
      .as('admin', 'post', '/v1/keys')
      .set('Content-Type', 'application/json')
      .send('['.repeat(100_000));
    expect(problemOf(response)).toMatchObject({ status: 400, code: 'too_deep', faults: [{ at: 'line 1, column 33' }] });
  });
});

import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { waitFor } from '../support/wait-for.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';

describe('what may be asked, and how a refusal reads', () => {
  let api: ApiFixture;
  const logged: string[] = [];
  beforeAll(async () => {
    const log = pino({ level: 'trace' }, { write: (line: string) => logged.push(line) });
    api = await apiFixture({ log, deadlineMs: 300 });
  });
  afterAll(() => api.close());

  const post = (path: string, body: string | Buffer, type = 'application/json') =>
    api
      .as('admin', 'post', path)
      .set('Content-Type', type)
      .serialize((bytes: unknown) => bytes as string)
      .send(body);

  test('malformed JSON is refused with line and column', async () => {
    const problem = problemOf(await post('/v1/keys', '{\n  "name": "x",\n  "role" "operator"\n}'));
    expect(problem).toMatchObject({
      status: 400,
      code: 'malformed_json',
      faults: [{ at: 'line 3, column 10', message: 'The JSON breaks here' }],
    });
  });

  test('an empty body where one is needed is refused', async () => {
    expect(problemOf(await api.as('admin', 'post', '/v1/keys'))).toMatchObject({ status: 400, code: 'malformed_json' });
  });

  test('every fault of a body is named by its JSON pointer, unknown fields one by one', async () => {
    const body = { name: '', person: 'x', role: 'king', colour: 'red', regions: ['35', 7], 'a/b': 1 };
    const problem = problemOf(await api.as('admin', 'post', '/v1/keys').send(body));
    expect(problem).toMatchObject({ status: 422, code: 'invalid_body' });
    expect(problem.faults.map(({ at }) => at).sort()).toEqual(['/a~1b', '/colour', '/name', '/regions', '/role']);
    expect(problem.faults.filter(({ message }) => message === 'is not a field here')).toHaveLength(2);
  });

  test('a body that is no object is refused', async () => {
    expect(problemOf(await post('/v1/keys', '[1]'))).toMatchObject({ status: 422, code: 'invalid_body' });
  });

  test('a field where no body is wanted is refused, an empty object is not', async () => {
    const refused = await api.as('operator', 'post', '/v1/broadcasts/b9/pause').send({ force: true });
    expect(problemOf(refused)).toMatchObject({ status: 422, faults: [{ at: '/force' }] });
    const unknown = await api.as('operator', 'post', '/v1/broadcasts/b9/pause').send({});
    expect(problemOf(unknown)).toMatchObject({ status: 404, code: 'unknown_broadcast' });
  });

  test.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonp'])(
    'a body of type %s is refused, with what is taken',
    async (type) => {
      const problem = problemOf(await post('/v1/keys', '{}', type));
      expect(problem).toMatchObject({ status: 415, code: 'unsupported_media_type', detail: 'Send application/json' });
    },
  );

  test('an upload without a type is refused', async () => {
    const problem = problemOf(await api.as('operator', 'post', '/v1/audiences?name=x'));
    expect(problem).toMatchObject({ status: 415, detail: 'Send text/csv or application/gzip or application/x-gzip' });
  });

  test('JSON that is not UTF-8 is refused', async () => {
    expect(problemOf(await post('/v1/keys', Buffer.from([0x22, 0xe9, 0x22])))).toMatchObject({
      status: 400,
      code: 'not_utf8',
    });
  });

  test('a body above 1 MiB is refused', async () => {
    const problem = problemOf(await post('/v1/keys', JSON.stringify({ name: 'x'.repeat(1_100_000) })));
    expect(problem).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  test('a small gzip body that grows beyond 1 MiB is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000, 0x20));
    const response = await post('/v1/keys', bomb).set('Content-Encoding', 'gzip');
    expect(problemOf(response)).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  test('gzip that is none, and an unknown encoding, are refused', async () => {
    const encoded = (encoding: string) => post('/v1/keys', '{}').set('Content-Encoding', encoding);
    expect(problemOf(await encoded('gzip'))).toMatchObject({ status: 400, code: 'malformed_encoding' });
    expect(problemOf(await encoded('rot13'))).toMatchObject({ status: 415, code: 'unsupported_content_encoding' });
  });

  test.each([
    ['/v1/notices?limit=0', '?limit'],
    ['/v1/notices?limit=501', '?limit'],
    ['/v1/notices?limit=many', '?limit'],
    ['/v1/notices?color=red', '?color'],
    ['/v1/notices?limit=1&limit=2', '?limit'],
    ['/v1/directory/missing?regions=35,99X', '?regions.1'],
    ['/v1/audit?before=yesterday', '?before'],
  ])('%s is refused at %s', async (path, at) => {
    const problem = problemOf(await api.as('admin', 'get', path));
    expect(problem).toMatchObject({ status: 400, code: 'invalid_query' });
    expect(problem.faults.map((fault) => fault.at)).toContain(at);
  });

  test('an unknown path is a 404 that does not repeat it', async () => {
    for (const path of ['/', '/v1', '/v2/notices', '/v1/recipients/33639980001']) {
      const response = await api.as('admin', 'get', path);
      expect(problemOf(response)).toMatchObject({
        status: 404,
        code: 'unknown_path',
        detail: expect.stringContaining('/docs'),
      });
      expect(response.text).not.toContain('33639980001');
    }
  });

  test('a path that is not URL encoding is refused', async () => {
    expect(problemOf(await api.as('admin', 'get', '/v1/notices/%E0%A4%A'))).toMatchObject({
      status: 400,
      code: 'malformed_url',
    });
  });

  test('a method that a path does not take is refused with those it takes', async () => {
    const response = await api.as('admin', 'delete', '/v1/notices');
    expect(problemOf(response)).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(response.headers.allow).toBe('POST, GET');
  });

  test('a reply that the caller cannot read is not given', async () => {
    const response = await api.as('admin', 'get', '/v1/notices').set('Accept', 'text/html');
    expect(problemOf(response)).toMatchObject({ status: 406, code: 'not_acceptable' });
  });

  test.each([
    [undefined, 'missing_key'],
    ['Basic YTpi', 'missing_key'],
    ['Bearer', 'missing_key'],
    ['Bearer hello', 'unknown_key'],
    [`Bearer tocsin_${'0'.repeat(12)}_${'A'.repeat(43)}`, 'unknown_key'],
  ])('Authorization %j is refused', async (header, code) => {
    const request = api.bare('get', '/v1/notices');
    const response = await (header === undefined ? request : request.set('Authorization', header));
    expect(problemOf(response)).toMatchObject({ status: 401, code });
    const error = code === 'missing_key' ? '' : ', error="invalid_token"';
    expect(response.headers['www-authenticate']).toBe(`Bearer realm="tocsin"${error}`);
  });

  test('the scheme is read in any case', async () => {
    const { secret } = api.keys.auditor;
    expect((await api.bare('get', '/v1/notices').set('Authorization', `bearer  ${secret}`)).status).toBe(200);
  });

  test('no reply of the API may be kept by a cache, and each has its security headers', async () => {
    for (const response of [await api.as('auditor', 'get', '/v1/notices'), await api.bare('get', '/v1/notices')]) {
      expect(response.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect(response.headers['content-security-policy']).toContain("default-src 'none'");
      expect(response.headers['x-powered-by']).toBeUndefined();
    }
  });

  test('what nobody foresaw is a 500 that tells nothing, and is logged once', async () => {
    const { list } = api.deps.directory;
    api.deps.directory.list = () => Promise.reject(new TypeError('the bowels'));
    logged.length = 0;
    const response = await api.as('auditor', 'get', '/v1/directory');
    api.deps.directory.list = list;
    expect(problemOf(response)).toMatchObject({ status: 500, code: 'internal_error' });
    expect(response.text).not.toContain('bowels');
    const lines = logged.filter((line) => line.includes('the bowels'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(String(response.headers['x-request-id']));
  });

  test('a call that takes too long is answered, saying that the outcome is open', async () => {
    const { list } = api.deps.directory;
    api.deps.directory.list = () => new Promise(() => {});
    const response = await api.as('auditor', 'get', '/v1/directory');
    api.deps.directory.list = list;
    expect(problemOf(response)).toMatchObject({ status: 503, code: 'deadline_exceeded' });
  });

  test('logs name the call and the key, never the path, the number or the secret', async () => {
    logged.length = 0;
    await api.as('auditor', 'get', '/v1/broadcasts/some-broadcast/recipients/33639980001');
    await waitFor(() => logged.some((line) => line.includes('broadcasts.recipient')));
    const all = logged.join('');
    expect(all).toContain(api.keys.auditor.key.id);
    expect(all).not.toMatch(/33639980001|some-broadcast|tocsin_[0-9a-f]{12}_/);
  });

  test('metrics name the call, not the path', async () => {
    await api.as('auditor', 'get', '/v1/notices/some-id');
    const { text } = await api.bare('get', '/metrics');
    expect(text).toMatch(
      /tocsin_http_request_duration_seconds_count\{method="GET",call="notices.get",status="404"\} \d/,
    );
    expect(text).not.toContain('some-id');
  });

  test('the body of a caller that hangs up is nobody’s error', async () => {
    logged.length = 0;
    const socket = connect(api.port, '127.0.0.1');
    const head = ['POST /v1/keys HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Content-Length: 100'];
    socket.write(`${head.join('\r\n')}\r\nAuthorization: Bearer ${api.keys.admin.secret}\r\n\r\n{"na`);
    await waitFor(() => socket.bytesWritten > 100);
    await new Promise((resolve) => {
      socket.end(() => resolve(undefined));
    });
    socket.destroy();
    await api.as('auditor', 'get', '/v1/notices');
    expect(logged.filter((line) => line.includes('unforeseen'))).toEqual([]);
  });
});

describe('limits', () => {
  test('a key that calls too often is told to wait', async () => {
    const api = await apiFixture({ callsPerMinute: 3 });
    for (let i = 0; i < 3; i += 1) expect((await api.as('auditor', 'get', '/v1/notices')).status).toBe(200);
    const response = await api.as('auditor', 'get', '/v1/notices');
    expect(problemOf(response)).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(response.headers['retry-after']).toMatch(/^\d+$/);
    expect((await api.as('operator', 'get', '/v1/notices')).status).toBe(200);
    await api.close();
  });

  test('guessing at keys is stopped before the store is asked', async () => {
    const api = await apiFixture();
    const guess = () => api.bare('get', '/v1/notices').set('Authorization', 'Bearer guess');
    for (let i = 0; i < 30; i += 1) expect((await guess()).status).toBe(401);
    expect(problemOf(await guess())).toMatchObject({ status: 429, code: 'rate_limited' });
    await api.close();
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { loadCapFile } from '../../src/cap/cap-file.ts';
import { fromCap } from '../../src/cap/reader.ts';
import type { Notice } from '../../src/notices/notice.ts';
import { launchedNotice } from '../cap/launched.ts';
import { schemaFaults } from '../cap/schema.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';

const EXPIRES = '2099-01-01T00:00:00+01:00';
const launch = (api: ApiFixture, id: string, changes: Partial<Notice> = {}) =>
  api.deps.notices.records.create(id, launchedNotice({ identifier: id, expires: EXPIRES, ...changes }), {
    ...{ actor: 'test', action: 'notice.create', subject: `notice/${id}` },
  });
const text = (response: { text?: string; body: unknown }) => response.text ?? String(response.body);

describe('the public feed', () => {
  let api: ApiFixture;
  beforeAll(async () => {
    api = await apiFixture();
    await launch(api, 'actual');
    await launch(api, 'exercise', { status: 'Exercise' });
    await launch(api, 'draft', { state: 'draft', timings: {} });
  });
  afterAll(() => api.close());
  const read = (path: string) => api.bare('get', `/v1/cap/${path}`).responseType('blob');

  test('is read without a key, and links to the CAP of each alert', async () => {
    const feed = await read('feed');
    expect(feed.status).toBe(200);
    expect(feed.headers['content-type']).toBe('application/atom+xml; charset=utf-8');
    expect(feed.headers['cache-control']).toBe('public, max-age=10');
    const links = [...text(feed).matchAll(/href="(alerts\/[^"]*)"/g)].map(([, href]) => href);
    expect(links).toEqual(['alerts/actual.xml']);
    const alert = await read(links[0]!);
    expect(alert.headers['content-type']).toBe('application/cap+xml; charset=utf-8');
    expect(schemaFaults(text(alert))).toEqual([]);
    expect(text(alert)).not.toContain('tocsin:audience');
  });

  test.each(['feed', 'alerts/actual.xml'])('%s is sent again only when it has changed', async (path) => {
    const first = await read(path);
    const { etag, 'last-modified': modified } = first.headers as Record<string, string>;
    expect(new Date(modified!).getTime()).toBe(Date.parse('2021-06-02T15:10:00Z'));
    expect((await read(path).set('If-None-Match', etag!)).status).toBe(304);
    expect((await read(path).set('If-None-Match', '"x"')).status).toBe(200);
    expect((await read(path).set('If-Modified-Since', modified!)).status).toBe(304);
    expect((await read(path).set('If-Modified-Since', 'Wed, 02 Jun 2021 15:09:59 GMT')).status).toBe(200);
    const head = await api.bare('head' as 'get', `/v1/cap/${path}`);
    expect([head.status, head.headers.etag]).toEqual([200, etag]);
  });

  test('R6: exercises are for whoever has a key', async () => {
    for (const path of ['feed?status=Exercise', 'alerts/exercise.xml']) {
      expect(problemOf(await api.bare('get', `/v1/cap/${path}`))).toMatchObject({ status: 401, code: 'missing_key' });
      const keyed = await api.as('auditor', 'get', `/v1/cap/${path}`).responseType('blob');
      expect(text(keyed)).toMatch(/EXERCICE|<status>Exercise/);
      expect(keyed.headers['cache-control']).toBe('private, no-cache');
    }
  });

  test('drafts are nobody’s, and nobody without a key learns that there is one', async () => {
    for (const id of ['draft', 'none']) {
      expect(problemOf(await api.bare('get', `/v1/cap/alerts/${id}.xml`)).code).toBe('missing_key');
      const keyed = await api.as('admin', 'get', `/v1/cap/alerts/${id}.xml`);
      expect(problemOf(keyed)).toMatchObject({ status: 404, code: 'unknown_alert' });
    }
  });

  test.each([
    ['status=Draft', '?status'],
    ['page=2', '?page'],
  ])('?%s is refused by its place', async (query, at) => {
    const problem = problemOf(await api.bare('get', `/v1/cap/feed?${query}`));
    expect(problem).toMatchObject({ status: 400, code: 'invalid_query', faults: [{ at }] });
  });

  test('takes no other method', async () => {
    expect(problemOf(await api.bare('post', '/v1/cap/feed')).status).toBe(404);
  });
});

test('a feed that is keyed takes nobody without a key', async () => {
  const api = await apiFixture({ cap: { signatures: { mode: 'ignored', keys: [] }, feed: 'keyed' } });
  try {
    await launch(api, 'actual');
    for (const path of ['feed', 'alerts/actual.xml']) {
      expect(problemOf(await api.bare('get', `/v1/cap/${path}`)).code).toBe('missing_key');
      expect((await api.as('approver', 'get', `/v1/cap/${path}`)).status).toBe(200);
    }
  } finally {
    await api.close();
  }
});

test('a document is written for nobody who may not have it', async () => {
  let written = 0;
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const signer = {
    get key() {
      written += 1;
      return key;
    },
  };
  const api = await apiFixture({ cap: { signatures: { mode: 'ignored', keys: [] }, feed: 'keyed', signer } });
  try {
    await launch(api, 'actual');
    expect(problemOf(await api.bare('get', '/v1/cap/alerts/actual.xml')).code).toBe('missing_key');
    expect(written).toBe(0);
    expect((await api.as('approver', 'get', '/v1/cap/alerts/actual.xml')).status).toBe(200);
    expect(written).toBeGreaterThan(0);
  } finally {
    await api.close();
  }
});

test('a feed that is off is not there', async () => {
  const api = await apiFixture({ cap: { signatures: { mode: 'ignored', keys: [] }, feed: 'off' } });
  try {
    expect(problemOf(await api.as('admin', 'get', '/v1/cap/feed'))).toMatchObject({ code: 'unknown_path' });
  } finally {
    await api.close();
  }
});

describe('with keys and a limit', () => {
  let api: ApiFixture;
  let cap: Awaited<ReturnType<typeof loadCapFile>>;
  beforeAll(async () => {
    cap = await loadCapFile(fileURLToPath(new URL('../cap/keys/cap.yaml', import.meta.url)));
    const now = () => cap.signatures.keys[0]!.validFromMs!;
    api = await apiFixture({ cap: { ...cap, signatures: { ...cap.signatures, now } }, feedReadsPerMinute: 3 });
    await launch(api, 'actual', { sender: 'cogic@example.org' });
  });
  afterAll(() => api.close());

  test('documents go out signed, and only signed ones come in', async () => {
    const signed = text(await api.bare('get', '/v1/cap/alerts/actual.xml').responseType('blob'));
    expect(signed).toContain('<SignatureValue>');
    const own = await api
      .as('auditor', 'get', '/v1/notices/actual')
      .set('Accept', 'application/cap+xml')
      .responseType('blob');
    expect(own.headers.etag).toBe('"1-signed"');
    const now = () => cap.signatures.keys[0]!.validFromMs!;
    expect((await fromCap(text(own), { signatures: { ...cap.signatures, now } })).identifier).toBe('actual');
    const unsigned = text(own).replace(/<Signature[\s\S]*<\/Signature>/, '');
    const refused = await api
      .as('operator', 'post', '/v1/notices')
      .set('Content-Type', 'application/cap+xml')
      .send(unsigned);
    expect(problemOf(refused)).toMatchObject({ status: 422, code: 'missing_signature', faults: [{ at: 'line 2' }] });
  });

  test('an address that asks too often waits', async () => {
    const codes = await Promise.all(
      Array.from({ length: 5 }, async () => (await api.bare('get', '/v1/cap/feed')).status),
    );
    expect(codes).toContain(429);
  });
});

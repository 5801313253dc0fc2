import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';

describe('the page at /docs', () => {
  let api: ApiFixture;
  beforeAll(async () => {
    api = await apiFixture();
  });
  afterAll(() => api.close());

  test('it loads from here only', async () => {
    const page = await api.bare('get', '/docs');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '');
    expect(assets).toHaveLength(4);
    for (const asset of assets) {
      expect(asset).toMatch(/^\/docs\//);
      expect((await api.bare('get', asset)).status).toBe(200);
    }
    expect(page.text).not.toMatch(/https?:\/\//);
  });

  test('its start-up reads our document and asks no validator', async () => {
    const { text, headers } = await api.bare('get', '/docs/start.js');
    expect(headers['content-type']).toMatch(/^text\/javascript/);
    expect(text).toContain("url: '/openapi.json'");
    expect(text).toContain('validatorUrl: null');
    expect(text).not.toMatch(/https?:\/\//);
  });

  test('its stylesheet fetches nothing from elsewhere', async () => {
    const { text } = await api.bare('get', '/docs/swagger-ui.css');
    const addresses = [...text.matchAll(/url\(\s*["']?([^"')]+)/g)].map(([, address]) => address ?? '');
    expect(addresses.filter((address) => !address.startsWith('data:'))).toEqual([]);
    expect(text).not.toContain('@import');
  });

  test('the browser is told to load nothing from elsewhere, even if a script wanted to', async () => {
    const policy = String((await api.bare('get', '/docs')).headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/https?:|upgrade-insecure-requests|unsafe-eval/);
  });

  test('what is not one of its files is not served', async () => {
    for (const path of [
      '/docs/package.json',
      '/docs/../package.json',
      '/docs/%2e%2e/package.json',
      '/docs/index.html',
    ]) {
      expect(problemOf(await api.bare('get', path)).status).toBe(404);
    }
  });
});

describe('supervision', () => {
  test('alive, ready and metrics need no key', async () => {
    const api = await apiFixture();
    expect((await api.bare('get', '/healthz')).body).toEqual({ status: 'alive', halted: false });
    expect((await api.bare('get', '/readyz')).body).toEqual({ status: 'ready' });
    const metrics = await api.bare('get', '/metrics');
    expect(metrics.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(metrics.text).toContain('# TYPE tocsin_http_request_duration_seconds histogram');
    await api.close();
  });

  test('a process that may not serve yet says why', async () => {
    const faults = [{ at: 'redis appendonly', message: 'is "no", must be "yes"' }];
    const api = await apiFixture({ notReady: async () => faults });
    expect(problemOf(await api.bare('get', '/readyz'))).toMatchObject({ status: 503, code: 'not_ready', faults });
    expect((await api.bare('get', '/healthz')).status).toBe(200);
    await api.close();
  });
});

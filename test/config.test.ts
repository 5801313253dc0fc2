import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configTable, explainConfigError, loadConfig } from '../src/config.ts';
import { TocsinError } from '../src/errors.ts';

function faultsOf(env: Record<string, string>): Record<string, string> {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof TocsinError) return Object.fromEntries(error.faults.map(({ at, message }) => [at, message]));
    throw error;
  }
  return {};
}

describe('loadConfig', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('needs nothing: every setting has a default', () => {
    expect(loadConfig({})).toEqual({
      redis: { url: 'redis://127.0.0.1:6379', prefix: 'tocsin:', replicas: 0 },
      http: { host: '127.0.0.1', port: 8080 },
      metrics: { host: '127.0.0.1', port: 9464 },
      routesFile: expect.stringMatching(/^\/.*\/config\/routes\.yaml$/),
      templatesFolder: expect.stringMatching(/^\/.*\/templates$/),
      languagesFile: expect.stringMatching(/^\/.*\/config\/languages\.yaml$/),
      dataFolder: 'data',
      logLevel: 'info',
    });
  });

  test('finds what comes with it from any folder, and leaves a path that was given as it is', () => {
    const { routesFile, templatesFolder } = loadConfig({});
    for (const path of [routesFile, templatesFolder]) expect([path, existsSync(path)]).toEqual([path, true]);
    const given = { TOCSIN_ROUTES_FILE: 'config/routes.yaml', TOCSIN_TEMPLATES_FOLDER: 'wordings' };
    expect(loadConfig(given)).toMatchObject({ routesFile: 'config/routes.yaml', templatesFolder: 'wordings' });
  });

  test('takes what the environment says, and an empty variable as unset', () => {
    const config = loadConfig({ TOCSIN_HTTP_PORT: '9000', TOCSIN_REDIS_PREFIX: 'crisis:', TOCSIN_DATA_FOLDER: '' });
    expect(config).toMatchObject({ http: { port: 9000 }, redis: { prefix: 'crisis:' }, dataFolder: 'data' });
  });

  test('names every fault at once, each at its variable', () => {
    const faults = faultsOf({
      TOCSIN_REDIS_URL: 'http://example.org',
      TOCSIN_REDIS_PREFIX: 'no colon',
      TOCSIN_HTTP_PORT: '70000',
      TOCSIN_METRICS_PORT: 'many',
      TOCSIN_LOG_LEVEL: 'loud',
    });
    expect(Object.keys(faults).sort()).toEqual([
      'TOCSIN_HTTP_PORT',
      'TOCSIN_LOG_LEVEL',
      'TOCSIN_METRICS_PORT',
      'TOCSIN_REDIS_PREFIX',
      'TOCSIN_REDIS_URL',
    ]);
    expect(faults.TOCSIN_LOG_LEVEL).toMatch(/^must be one of fatal/);
  });

  test('refuses an unknown TOCSIN_ name, which may be a mistyped one', () => {
    expect(faultsOf({ TOCSIN_REDIS_ULR: 'redis://x', PATH: '/bin', TOCSIN_TEST_REDIS_URL: 'x' })).toEqual({
      TOCSIN_REDIS_ULR: 'there is no such setting',
    });
  });

  test('reads a secret from the file that TOCSIN_X_FILE names, without its line end', () => {
    const file = join(folder, 'redis-url');
    writeFileSync(file, 'redis://:hidden@redis:6379\n');
    expect(loadConfig({ TOCSIN_REDIS_URL_FILE: file }).redis.url).toBe('redis://:hidden@redis:6379');
  });

  test('refuses a secret given twice, an unreadable file, and _FILE for what is no secret', () => {
    const file = join(folder, 'absent');
    expect(faultsOf({ TOCSIN_REDIS_URL_FILE: file }).TOCSIN_REDIS_URL_FILE).toMatch(/cannot be read: ENOENT/);
    expect(faultsOf({ TOCSIN_REDIS_URL: 'redis://a', TOCSIN_REDIS_URL_FILE: file }).TOCSIN_REDIS_URL_FILE).toMatch(
      /give one of them/,
    );
    expect(faultsOf({ TOCSIN_HTTP_PORT_FILE: file })).toHaveProperty('TOCSIN_HTTP_PORT_FILE');
  });

  test('never repeats a value in a fault, since it may hold a password', () => {
    const faults = faultsOf({ TOCSIN_REDIS_URL: 'https://:hunter2@redis' });
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  test('explains its faults in lines for the screen', () => {
    const lines = (() => {
      try {
        loadConfig({ TOCSIN_LOG_LEVEL: 'loud', TOCSIN_X: '1' });
      } catch (error) {
        return explainConfigError(error);
      }
      return [];
    })();
    expect(lines).toEqual([
      'The configuration is not usable:',
      '  TOCSIN_X: there is no such setting',
      expect.stringMatching(/^ {2}TOCSIN_LOG_LEVEL: must be one of/),
    ]);
  });

  test('explains what is no fault of the configuration too', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), { syscall: 'connect' });
    expect(explainConfigError(refused)).toEqual(['connect ECONNREFUSED 127.0.0.1:6379']);
    expect(explainConfigError(new TypeError('a slip'))[0]).toMatch(/TypeError: a slip\n +at /);
    expect(explainConfigError(new TocsinError('unavailable', 'x', 'Not now'))).toEqual(['Not now']);
  });
});

describe('configTable', () => {
  test('describes every setting', () => {
    for (const { name, description } of configTable()) expect([name, description.length > 10]).toEqual([name, true]);
  });

  test('is the table of the README, row by row', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows = readme.split('\n').filter((line) => line.startsWith('| `TOCSIN_'));
    expect(rows).toEqual(
      configTable().map(({ name, byDefault, description }) => `| \`${name}\` | \`${byDefault}\` | ${description} |`),
    );
  });
});

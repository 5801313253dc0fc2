import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
      http: { host: '127.0.0.1', port: 8080, proxies: 0 },
      metrics: { host: '127.0.0.1', port: 9464 },
      routesFile: expect.stringMatching(/^\/.*\/config\/routes\.yaml$/),
      approvals: { file: expect.stringMatching(/^\/.*\/config\/approvals\.yaml$/) },
      templatesFolder: expect.stringMatching(/^\/.*\/templates$/),
      languagesFile: expect.stringMatching(/^\/.*\/config\/languages\.yaml$/),
      directory: { levels: ['departement', 'region', 'national'], staleDays: 90 },
      identityFile: expect.stringMatching(/^\/.*\/config\/identity\.yaml$/),
      capFile: expect.stringMatching(/^\/.*\/config\/cap\.yaml$/),
      dataFolder: 'data',
      archiveFolder: 'data/archive',
      anchorsFile: 'data/audit-anchors.jsonl',
      retention: { ledgerDays: 30, audienceDays: 30, archiveDays: 1_095, rejectedDays: 30 },
      logLevel: 'info',
      warnings: [],
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

  test('takes the fallback of the directory in any order, each level once, and days that make sense', () => {
    const directory = (fallback: string, days = '30') =>
      loadConfig({ TOCSIN_DIRECTORY_FALLBACK: fallback, TOCSIN_DIRECTORY_STALE_DAYS: days }).directory;
    expect(directory('departement, national')).toEqual({ levels: ['departement', 'national'], staleDays: 30 });
    expect(directory('national,region,departement').levels).toEqual(['national', 'region', 'departement']);
    for (const wrong of ['commune', 'region,region', ',', 'departement,'])
      expect(Object.keys(faultsOf({ TOCSIN_DIRECTORY_FALLBACK: wrong }))).toEqual(['TOCSIN_DIRECTORY_FALLBACK']);
    for (const wrong of ['0', '1.5', '-1', 'many', '3651'])
      expect(Object.keys(faultsOf({ TOCSIN_DIRECTORY_STALE_DAYS: wrong }))).toEqual(['TOCSIN_DIRECTORY_STALE_DAYS']);
  });

  test('R19: keeps archive and anchors beside the data unless told otherwise, and no ledger for less than five days', () => {
    const config = loadConfig({ TOCSIN_DATA_FOLDER: '/srv/t', TOCSIN_AUDIT_ANCHORS_FILE: '/mnt/worm/anchors' });
    expect([config.archiveFolder, config.anchorsFile]).toEqual(['/srv/t/archive', '/mnt/worm/anchors']);
    expect(Object.keys(faultsOf({ TOCSIN_RETENTION_LEDGER_DAYS: '4' }))).toEqual(['TOCSIN_RETENTION_LEDGER_DAYS']);
    expect(loadConfig({ TOCSIN_RETENTION_LEDGER_DAYS: '5' }).retention.ledgerDays).toBe(5);
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

  test('takes the password of Redis apart from its URL, so that the URL is no secret', () => {
    const urlOf = (url: string) => loadConfig({ TOCSIN_REDIS_URL: url, TOCSIN_REDIS_PASSWORD: 'p@ss/1' }).redis.url;
    expect(urlOf('redis://redis:6379')).toBe('redis://:p%40ss%2F1@redis:6379');
    expect(urlOf('rediss://tocsin@redis:6379/0')).toBe('rediss://tocsin:p%40ss%2F1@redis:6379/0');
    expect(urlOf('redis+sentinel://a:1,b:2/mymaster')).toBe('redis+sentinel://:p%40ss%2F1@a:1,b:2/mymaster');
    const faults = faultsOf({ TOCSIN_REDIS_URL: 'redis://:one@redis:6379', TOCSIN_REDIS_PASSWORD: 'two' });
    expect(faults).toEqual({ TOCSIN_REDIS_PASSWORD: expect.stringMatching(/give one/) });
  });

  test('R19: warns of a secret file that others on the machine may read, and of no other', () => {
    const file = join(folder, 'redis-password');
    writeFileSync(file, 'hidden\n');
    const warningsAt = (mode: number) => {
      chmodSync(file, mode);
      return loadConfig({ TOCSIN_REDIS_PASSWORD_FILE: file }).warnings;
    };
    expect(warningsAt(0o600)).toEqual([]);
    expect(warningsAt(0o640)).toEqual([]);
    expect(warningsAt(0o644)).toEqual([
      { at: 'TOCSIN_REDIS_PASSWORD_FILE', message: expect.stringContaining('chmod') },
    ]);
    expect(warningsAt(0o602)).toHaveLength(1);
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

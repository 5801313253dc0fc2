import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { loadRoutes } from '../src/broadcasts/routes-file.ts';
import { loadConfig } from '../src/config.ts';
import { freePort } from '../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../src/demo/redis-binary.ts';
import { connectRedis, ready } from '../src/store/connection.ts';
import { durabilityFaults } from '../src/store/durability.ts';

interface ComposeService {
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  healthcheck?: { test: string[] };
  environment?: Record<string, string>;
  secrets?: string[];
  volumes?: string[];
  ports?: string[];
  command?: string[];
  user?: string;
  tmpfs?: string[];
  pids_limit?: number;
  mem_limit?: string;
  networks?: string[];
  privileged?: boolean;
}

const fromRoot = (path: string): URL => new URL(`../${path}`, import.meta.url);
const compose = parse(readFileSync(fromRoot('docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, ComposeService>;
  secrets: Record<string, { file: string }>;
  networks: Record<string, { internal?: boolean } | null>;
};
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  test('runs the store, the API, the dispatcher and the simulator', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['api', 'dispatcher', 'redis', 'simulator']);
  });

  test.each(services)(
    'gives %s a read-only root, no capability, no new privileges and a health check',
    (_name, service) => {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        healthcheck: { test: expect.any(Array) },
      });
    },
  );

  test.each(services)(
    'bounds what %s may take: memory, processes, a small /tmp that runs nothing',
    (_name, service) => {
      expect(service).toMatchObject({
        pids_limit: expect.any(Number),
        mem_limit: expect.stringMatching(/^\d+g$/),
        tmpfs: [expect.stringMatching(/^\/tmp:size=\d+m,noexec,nosuid,nodev$/)],
      });
      expect(service).not.toHaveProperty('privileged');
      expect(service.user).toMatch(/^(node|redis)$/);
      for (const volume of service.volumes ?? []) {
        expect(volume).toMatch(/:ro$|^(data:\/tocsin\/data|redis:\/data)$/);
        expect(volume).not.toMatch(/docker\.sock/);
      }
    },
  );

  test('lets programs reach only whom they must: the store nobody outside, the simulator no store', () => {
    expect(Object.fromEntries(services.map(([name, { networks = [] }]) => [name, networks]))).toEqual({
      redis: ['store'],
      api: ['front', 'store'],
      dispatcher: ['store', 'smsc'],
      simulator: ['smsc'],
    });
    expect(Object.entries(compose.networks).filter(([, network]) => network?.internal !== true)).toEqual([
      ['front', null],
    ]);
  });

  test.each(services)('sets nothing for %s that its programs would refuse', (_name, service) => {
    const { TOCSIN_REDIS_PASSWORD_FILE: _secret, ...settings } = service.environment ?? {};
    expect(() => loadConfig(settings)).not.toThrow();
  });

  test('keeps passwords in files, and every secret it names is declared', () => {
    const text = readFileSync(fromRoot('docker-compose.yml'), 'utf8');
    expect(text).not.toMatch(/redis:\/\/[^\s]*@|PASSWORD: /);
    for (const [, { environment = {} }] of services) {
      for (const name of Object.keys(environment)) if (/PASSWORD|SECRET/.test(name)) expect(name).toMatch(/_FILE$/);
    }
    for (const [, { secrets = [] }] of services) {
      for (const name of secrets) expect(compose.secrets).toHaveProperty([name, 'file']);
    }
  });

  test('has a routes file whose routes lead to the simulator, never live', async () => {
    const file = compose.services.api?.environment?.TOCSIN_ROUTES_FILE ?? '';
    const routes = await loadRoutes(fileURLToPath(fromRoot(file)));
    expect(routes.map(({ kind, host }) => [kind, host])).toEqual([['exercise', 'simulator']]);
  });

  test('offers the API to this machine only', () => {
    expect(services.flatMap(([, { ports = [] }]) => ports)).toEqual(['127.0.0.1:8080:8080']);
  });

  test('lets the dispatcher be scaled: no port of the host, no name of its own', () => {
    expect(compose.services.dispatcher).not.toHaveProperty('ports');
    expect(compose.services.dispatcher).not.toHaveProperty('container_name');
  });
});

describe('the Dockerfile', () => {
  const stages = readFileSync(fromRoot('Dockerfile'), 'utf8')
    .split(/^FROM /m)
    .slice(1);

  test('ends in an image without sources and development packages, that does not run as root', () => {
    const last = stages.at(-1) ?? '';
    expect(last).toMatch(/^USER node$/m);
    expect(last).not.toMatch(/COPY (src|test)|npm (ci|install)/);
    expect(stages.find((stage) => stage.includes('AS packages'))).toMatch(/npm ci --omit=dev/);
  });

  test('lets no package run a program at installation, and leaves nothing that installs', () => {
    for (const [line] of stages.join('').matchAll(/npm ci.*/g)) expect(line).toContain('--ignore-scripts');
    expect(stages.at(-1)).toMatch(/RUN rm -rf \/usr\/local\/lib\/node_modules/);
  });

  test('says what is in the image, and whether it is well', () => {
    expect(stages.join('')).toMatch(/npm sbom --sbom-format cyclonedx --omit dev > sbom\.json/);
    expect(stages.at(-1)).toMatch(/COPY --from=packages \/tocsin\/sbom\.json/);
    expect(stages.at(-1)).toMatch(/^HEALTHCHECK /m);
  });

  test('takes in no secret, no data and no history', () => {
    const ignored = readFileSync(fromRoot('.dockerignore'), 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.git', 'data', 'secrets', 'node_modules']));
    expect(readFileSync(fromRoot('.gitignore'), 'utf8').split('\n')).toContain('secrets/');
  });
});

describe('config/redis.conf', () => {
  test('is taken by Redis, and is as durable as a live route demands', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-redis-conf-'));
    const port = await freePort();
    const binary = await findOrInstallRedis({ say: () => {} });
    const args = [
      fileURLToPath(fromRoot('config/redis.conf')),
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
    ];
    const server = spawn(binary, args, { stdio: 'ignore' });
    const ended = new Promise((resolve) => {
      server.once('exit', resolve);
    });
    const redis = connectRedis(`redis://127.0.0.1:${port}`, 'worker', () => {});
    await ready(redis);
    await expect(durabilityFaults({ redis, prefix: 'tocsin:' })).resolves.toEqual([]);
    await expect(redis.config('GET', 'save')).resolves.toEqual(['save', '']);
    redis.disconnect();
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
});

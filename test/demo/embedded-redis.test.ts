import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedRedis, freePort, startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import { connectRedis, ready } from '../../src/store/connection.ts';
import { durabilityFaults } from '../../src/store/durability.ts';

describe('startEmbeddedRedis', () => {
  let binary: string;
  let folder: string;
  let servers: EmbeddedRedis[];

  beforeAll(async () => {
    binary = await findOrInstallRedis({ say: () => {} });
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-embedded-'));
    servers = [];
  });

  afterEach(async () => {
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (): Promise<EmbeddedRedis> => {
    const server = await startEmbeddedRedis({ binary, folder });
    servers.push(server);
    return server;
  };

  test('is as durable as a live route demands', async () => {
    const redis = connectRedis((await start()).url, 'worker', () => {});
    await ready(redis);
    await expect(durabilityFaults({ redis, prefix: 'tocsin:' })).resolves.toEqual([]);
    await redis.quit();
  });

  test('keeps what was written, through a stop and a start in the same folder', async () => {
    const first = await start();
    const writer = connectRedis(first.url, 'worker', () => {});
    await writer.set('promise', 'kept');
    await writer.quit();
    await first.stop();
    const reader = connectRedis((await start()).url, 'worker', () => {});
    await expect(reader.get('promise')).resolves.toBe('kept');
    await reader.quit();
  });

  test('ends its server on stop, and a second stop does no harm', async () => {
    const server = await start();
    await server.stop();
    await server.stop();
    expect(existsSync(`/proc/${server.pid}`)).toBe(false);
  });

  test('refuses a second server on the folder of one that runs, and takes over from one that was killed', async () => {
    const first = await start();
    await expect(start()).rejects.toMatchObject({
      code: 'folder_in_use',
      message: expect.stringContaining(String(first.pid)),
    });
    process.kill(first.pid, 'SIGKILL');
    await expect(first.ended).resolves.toBe('SIGKILL');
    const second = await start();
    expect(second.pid).not.toBe(first.pid);
  });

  test('lets nobody else look into its folder', async () => {
    folder = join(folder, 'redis');
    await start();
    expect(statSync(folder).mode & 0o077).toBe(0);
  });

  test('tells what the server said when it could not start', async () => {
    const port = await freePort();
    const squatter = createServer();
    await new Promise<void>((resolve) => {
      squatter.listen(port, '127.0.0.1', resolve);
    });
    await expect(startEmbeddedRedis({ binary, folder, port })).rejects.toThrow(/ended at start-up.*in use/s);
    await new Promise((resolve) => {
      squatter.close(resolve);
    });
  });

  test('names a program that is not there', async () => {
    await expect(startEmbeddedRedis({ binary: join(folder, 'no-such-server'), folder })).rejects.toThrow(/ENOENT/);
  });
});

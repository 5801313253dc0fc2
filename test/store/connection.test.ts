import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { freePort, startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import { connectRedis, ready } from '../../src/store/connection.ts';
import { redisServers } from '../support/redis-servers.ts';
import { waitFor } from '../support/wait-for.ts';

describe('a connection to a store that is away', () => {
  test('tells each outage once, and serves when the store comes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-connection-test-'));
    const binary = await findOrInstallRedis({ say: () => {} });
    const port = await freePort();
    const told: string[] = [];
    let attempts = 0;
    const redis = connectRedis(`redis://127.0.0.1:${port}`, 'worker', (error) => told.push(error.message));
    redis.on('reconnecting', () => {
      attempts += 1;
    });
    await waitFor(() => attempts >= 4, 10_000, 'four attempts');
    expect(told).toEqual([expect.stringContaining('ECONNREFUSED')]);
    const server = await startEmbeddedRedis({ binary, folder, port });
    await ready(redis);
    await server.stop();
    await waitFor(() => told.filter((message) => message.includes('ECONNREFUSED')).length === 2, 10_000, 'the outage');
    redis.disconnect();
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('a connection to a master that was made a replica', () => {
  test('connects again, and does again all that was in flight, and nothing warns of a leak', async () => {
    const servers = await redisServers();
    const server = await servers.server();
    const redis = connectRedis(server.url, 'worker', () => {});
    try {
      await ready(redis);
      await server.redis.replicaof('127.0.0.1', 1);
      const socket = (redis as Redis).stream;
      let listeners = 0;
      redis.once('close', () => {
        listeners = socket.listenerCount('close');
      });
      const written = Promise.all(Array.from({ length: 100 }, (_, i) => redis.set(`key:${i}`, i)));
      await waitFor(() => listeners > 0);
      await server.redis.replicaof('NO', 'ONE');
      expect(await written).toHaveLength(100);
      expect(await server.redis.dbsize()).toBe(100);
      expect(listeners).toBeGreaterThan(EventEmitter.defaultMaxListeners);
      // None: no warning.
      expect(socket.getMaxListeners()).toBe(0);
    } finally {
      redis.disconnect();
      await servers.end();
    }
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import { connectRedis, ready } from '../../src/store/connection.ts';
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
    await waitFor(() => attempts >= 4, 5_000, 'four attempts');
    expect(told).toEqual([expect.stringContaining('ECONNREFUSED')]);
    const server = await startEmbeddedRedis({ binary, folder, port });
    await ready(redis);
    await server.stop();
    await waitFor(() => told.filter((message) => message.includes('ECONNREFUSED')).length === 2, 5_000, 'the outage');
    redis.disconnect();
    rmSync(folder, { recursive: true, force: true });
  });
});

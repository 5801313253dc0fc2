/** A Redis of a file's own, durable as in production: what is done to it would disturb others. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import { connectRedis, ready, type Store } from '../../src/store/connection.ts';

/** Runs it from the first to the last test of the block that this is called in. */
export function ownRedis() {
  let server: EmbeddedRedis;
  const endings: (() => Promise<void> | void)[] = [];
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-own-redis-'));
    endings.push(() => rmSync(folder, { recursive: true, force: true }));
    server = await startEmbeddedRedis({ binary: await findOrInstallRedis({ say: () => {} }), folder });
    endings.push(() => server.stop());
  });
  afterAll(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  return {
    /** A connection of its own, closed with the server. */
    open: async (prefix: string): Promise<Store> => {
      const redis = connectRedis(server.url, 'worker', () => {});
      endings.push(() => redis.disconnect());
      await ready(redis);
      return { redis, prefix };
    },
  };
}

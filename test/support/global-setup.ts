import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';

/** One private Redis for the whole run; each test file has a key prefix of its own. */
export default async function globalSetup(): Promise<void> {
  const binary = await findOrInstallRedis({ say: (line) => process.stderr.write(`${line}\n`) });
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-test-redis-'));
  const redis = await startEmbeddedRedis({ binary, folder });
  process.env.TOCSIN_TEST_REDIS_URL = redis.url;
  Object.assign(globalThis, { tocsinTestRedis: { redis, folder } });
}

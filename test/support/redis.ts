import { randomUUID } from 'node:crypto';
import { connectRedis, ready, type Store } from '../../src/store/connection.ts';

/** The URL of the run's private Redis. */
export function testRedisUrl(): string {
  const url = process.env.TOCSIN_TEST_REDIS_URL;
  if (!url) throw new Error('the test Redis is not running: start tests with npm test or npx jest');
  return url;
}

/** A store with a prefix of its own on the run's private Redis. Call `close` in afterAll. */
export async function testStore(): Promise<{ store: Store; url: string; close: () => Promise<void> }> {
  const url = testRedisUrl();
  const redis = connectRedis(url, 'worker', () => {});
  await ready(redis);
  const store: Store = { redis, prefix: `t-${randomUUID().slice(0, 8)}:` };
  return {
    store,
    url,
    close: async () => {
      await redis.quit();
    },
  };
}

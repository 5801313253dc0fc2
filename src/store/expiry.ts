/**
 * Redis expires keys by its own clock. When that is set back, what was to live for seconds lives for as long as the jump
 * was: a lock of a dead process would then hold everybody up.
 */
import type { RedisConnection } from './connection.ts';

/** Lets a key live for `ms` at most from here on; one that expires sooner, or never, stays as it is. */
export async function shortenExpiry(redis: RedisConnection, key: string, ms: number): Promise<void> {
  if ((await redis.pttl(key)) > ms) await redis.pexpire(key, ms);
}

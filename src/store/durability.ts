/**
 * Tocsin promises that nothing acknowledged is lost, and that rests on four settings of Redis. Live routes are refused
 * without them, by name.
 */
import type { Redis } from 'ioredis';
import type { Fault } from '../errors.ts';

const REQUIRED = [
  { setting: 'appendonly', value: 'yes', why: 'without the append-only file a restart forgets who was sent the text' },
  {
    setting: 'appendfsync',
    value: 'always',
    why: 'a reply must mean that the write is on disk before a message leaves',
  },
  { setting: 'maxmemory-policy', value: 'noeviction', why: 'eviction would drop recipients and ids silently' },
] as const;

/** Every setting that breaks the ledger's promise, with the command that mends it; empty when all is well. */
export async function durabilityFaults(redis: Redis): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const { setting, value, why } of REQUIRED) {
    const [, actual = 'unknown'] = (await redis.config('GET', setting)) as string[];
    if (actual !== value) {
      faults.push({
        at: `redis ${setting}`,
        message: `is "${actual}", must be "${value}": ${why}. Set it in redis.conf, or: redis-cli CONFIG SET ${setting} ${value}`,
      });
    }
  }
  return faults;
}

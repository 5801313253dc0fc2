/** When a broadcast first and last submitted anything, as its dispatchers saw it. */
import type { Store } from '../store/connection.ts';

const key = (store: Store, no: number): string => `${store.prefix}{rec}:times:${no}`;

export async function recordSubmission(store: Store, no: number, atMs: number): Promise<void> {
  await Promise.all([
    store.redis.hsetnx(key(store, no), 'first', String(atMs)),
    store.redis.hset(key(store, no), 'last', String(atMs)),
  ]);
}

export async function submissionTimes(store: Store, no: number): Promise<{ first?: number; last?: number }> {
  const [first, last] = await store.redis.hmget(key(store, no), 'first', 'last');
  return { ...(first ? { first: Number(first) } : {}), ...(last ? { last: Number(last) } : {}) };
}

/**
 * Which notices wait for approvals, and when to look at each again: for who tells the authorities (escalation/). An entry
 * is written before the submission that it is for, so none is forgotten when a process dies between the two.
 */
import type { Store } from '../store/connection.ts';

const key = (store: Store): string => `${store.prefix}{rec}:notices-awaiting`;

/** Looks at a notice again at this time (ms since epoch), however often it is asked. */
export async function awaitApprovals(store: Store, id: string, atMs: number): Promise<void> {
  await store.redis.zadd(key(store), atMs, id);
}

/** Those that are due, the longest first, with when they were to be looked at. */
export async function dueNotices(store: Store, nowMs: number, most: number): Promise<{ id: string; atMs: number }[]> {
  const held = await store.redis.zrangebyscore(key(store), '-inf', nowMs, 'WITHSCORES', 'LIMIT', 0, most);
  return Array.from({ length: held.length / 2 }, (_, i) => ({ id: held[2 * i]!, atMs: Number(held[2 * i + 1]) }));
}

/** Nothing more is awaited of a notice. */
export async function awaitNoMore(store: Store, id: string): Promise<void> {
  await store.redis.zrem(key(store), id);
}

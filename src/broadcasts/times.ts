/** When a broadcast first and last submitted anything and got a receipt, and by which routes: as its dispatchers saw it. */
import type { Store } from '../store/connection.ts';

const key = (store: Store, no: number): string => `${store.prefix}{rec}:times:${no}`;
const carriedKey = (store: Store, no: number): string => `${store.prefix}{rec}:carried:${no}`;

export async function recordSubmission(store: Store, no: number, atMs: number): Promise<void> {
  await Promise.all([
    store.redis.hsetnx(key(store, no), 'first', String(atMs)),
    store.redis.hset(key(store, no), 'last', String(atMs)),
  ]);
}

/** Receipts came, by our clock to the second: the dates that they name have no zone and any form (quirk 8). */
export async function recordReceipts(store: Store, no: number, atMs: number): Promise<void> {
  await Promise.all([
    store.redis.hsetnx(key(store, no), 'firstReceipt', String(atMs)),
    store.redis.hset(key(store, no), 'lastReceipt', String(atMs)),
  ]);
}

/** Segments that were written to links, by route. A process that is killed leaves out its last second. */
export async function recordCarried(store: Store, no: number, segments: ReadonlyMap<string, number>): Promise<void> {
  await Promise.all([...segments].map(([route, count]) => store.redis.hincrby(carriedKey(store, no), route, count)));
}

/** Segments by route, those that carried most first. */
export async function carriedBy(store: Store, no: number): Promise<{ route: string; segments: number }[]> {
  const held = await store.redis.hgetall(carriedKey(store, no));
  const carried = Object.entries(held).map(([route, segments]) => ({ route, segments: Number(segments) }));
  return carried.sort((a, b) => b.segments - a.segments);
}

export interface BroadcastTimes {
  readonly firstSubmitAt?: string;
  readonly lastSubmitAt?: string;
  readonly firstReceiptAt?: string;
  readonly lastReceiptAt?: string;
}

/** RFC 3339; what has not happened is not there. */
export async function timesOf(store: Store, no: number): Promise<BroadcastTimes> {
  const held = await store.redis.hmget(key(store, no), 'first', 'last', 'firstReceipt', 'lastReceipt');
  const names = ['firstSubmitAt', 'lastSubmitAt', 'firstReceiptAt', 'lastReceiptAt'] as const;
  const times = names.flatMap((name, i) => (held[i] ? [[name, new Date(Number(held[i])).toISOString()] as const] : []));
  return Object.fromEntries(times);
}

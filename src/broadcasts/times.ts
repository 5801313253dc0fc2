/** When a broadcast first and last submitted anything and got a receipt: by the clocks of its dispatchers. */
import type { Store } from '../store/connection.ts';

const key = (store: Store, no: number): string => `${store.prefix}{rec}:times:${no}`;

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

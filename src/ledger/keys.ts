/**
 * The ledger's keys. Slots, counts and message ids are spread over `SHARDS` hash tags: few enough that a group of
 * changes needs few calls, enough to spread over the nodes of a Cluster. No script touches two tags.
 */
import type { Store } from '../store/connection.ts';
import { batchNumber } from './address.ts';

export const SHARDS = 16;

/** Bytes before the first slot of a batch's string: the epoch, u32. */
export const SLOTS_OFFSET = 4;

/** A batch of a lane: what the ledger needs to know to change its slots. */
export interface Batch {
  readonly broadcastNo: number;
  /** Position of the batch in its broadcast. */
  readonly batch: number;
  readonly batchNo: number;
  /** Position of the lane in its broadcast; its counters stand there. */
  readonly lane: number;
  /** Recipients. */
  readonly size: number;
  /** Parts whose receipts must all come: 1, or the segments of the text where each is receipted. */
  readonly parts: number;
  /** Of the one who took it: the ledger refuses events of its claims once another has. Absent where nobody claims. */
  readonly epoch?: number;
  readonly shard: number;
  readonly key: string;
}

export function batchOfLane(
  store: Store,
  at: { broadcastNo: number; batch: number; lane: number; size: number; parts: number },
): Batch {
  const shard = at.batch % SHARDS;
  const key = `${store.prefix}{s${shard}}:slots:${at.broadcastNo}:${at.batch}`;
  return { ...at, batchNo: batchNumber(at.broadcastNo, at.batch), shard, key };
}

/** The hash tag of a shard. */
export const shardTag = (shard: number): string => `s${shard}`;

export const countsKey = (store: Store, shard: number, broadcastNo: number): string =>
  `${store.prefix}{s${shard}}:counts:${broadcastNo}`;

/** Message ids of a route that were mapped in one generation (a span of time). */
export const idsKey = (store: Store, shard: number, route: string, generation: number): string =>
  `${store.prefix}{s${shard}}:ids:${route}:${generation}`;

/** Receipts of a route that came in one generation and whose message id is not known (yet). */
export const parkedKey = (store: Store, shard: number, route: string, generation: number): string =>
  `${store.prefix}{s${shard}}:parked:${route}:${generation}`;

/** Spreads message ids over the shards. FNV-1a over the characters: ids are often consecutive numbers. */
export function shardOfId(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % SHARDS;
}

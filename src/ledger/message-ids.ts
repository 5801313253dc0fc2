/**
 * The map from a route's message ids to addresses, and the receipts that came before their id was known. Ids stand in
 * generations of a day that expire as a whole, so late and repeated receipts still find their slot.
 */
import { hmgetIntegers, hsetIntegers } from '../store/bulk-command.ts';
import type { Store } from '../store/connection.ts';
import { confirmed } from '../store/replicas.ts';
import { batchNumberOf, broadcastNoOf } from './address.ts';
import { idsKey, parkedKey, SHARDS, shardOfId, shardTag } from './keys.ts';
import { type LedgerScripts, withScripts } from './scripts.ts';

const GENERATION_MS = 24 * 3_600_000;
/** How many generations back a receipt may still find its submission. */
const GENERATIONS = 4;
/** Parked receipts are looked for in the generation that they came in and the next: a day at least. */
const PARKED_FOR_MS = 2 * GENERATION_MS;
/** Receipts nobody asked for must not fill the memory: 16 times this many are kept for a route. */
const MAX_PARKED_IN_SHARD = 100_000;
const PARKED_AT_ONCE = 1_000;
const WALKED_AT_ONCE = 500;

/** What became of a receipt: joined to an address, parked until its response comes, or dropped since too many are parked. */
export type Joined = number | 'parked' | 'overflow';

/** A parked receipt whose id is now known: the event codes that came, in order. */
export interface Unparked {
  readonly id: string;
  readonly address: number;
  readonly events: readonly number[];
}

/** A parked receipt: its id is of no submission that is known (yet). `day`: when it came, as YYYY-MM-DD in UTC. */
export interface Orphan {
  readonly id: string;
  readonly events: readonly number[];
  readonly day: string;
}

export class MessageIds {
  readonly #store: Store;
  readonly #redis: Store['redis'] & LedgerScripts;
  readonly #route: string;
  readonly #now: () => number;
  /** Keys whose expiry this process has set. */
  readonly #expiring = new Set<string>();

  constructor({ store, route, now = Date.now }: { store: Store; route: string; now?: () => number }) {
    this.#store = store;
    this.#redis = withScripts(store.redis);
    this.#route = route;
    this.#now = now;
  }

  #generation(): number {
    return Math.floor(this.#now() / GENERATION_MS);
  }

  #ids(shard: number, generation = this.#generation()): string {
    return idsKey(this.#store, shard, this.#route, generation);
  }

  /** Where receipts are parked: those of yesterday, and of today. */
  #parked(shard: number): [yesterday: string, today: string] {
    const today = this.#generation();
    const key = (generation: number) => parkedKey(this.#store, shard, this.#route, generation);
    return [key(today - 1), key(today)];
  }

  /** Makes ids durable; resolves with the receipts that came before them. These stay parked until `unpark`. */
  async map(ids: readonly string[], addresses: readonly number[]): Promise<Unparked[]> {
    const byShard = groupByShard(ids);
    const early: Promise<Unparked[]>[] = [];
    for (const [shard, positions] of byShard) early.push(this.#mapInShard(shard, positions, ids, addresses));
    return (await Promise.all(early)).flat();
  }

  async #mapInShard(
    shard: number,
    positions: readonly number[],
    ids: readonly string[],
    addresses: readonly number[],
  ): Promise<Unparked[]> {
    const key = this.#ids(shard);
    const fields = positions.map((i) => ids[i]!);
    const values = positions.map((i) => addresses[i]!);
    const [, anyParked] = await confirmed(this.#store, shardTag(shard), () =>
      Promise.all([
        hsetIntegers(this.#redis, key, fields, values),
        this.#redis.exists(...this.#parked(shard)),
        this.#expire(key),
      ]),
    );
    if (anyParked === 0) return [];
    const [before, today] = await Promise.all(
      this.#parked(shard).map((parked) => this.#redis.hmgetBuffer(parked, ...fields)),
    );
    return positions.flatMap((i, at) => {
      const events = [...(before?.[at] ?? []), ...(today?.[at] ?? [])];
      return events.length === 0 ? [] : [{ id: ids[i]!, address: addresses[i]!, events }];
    });
  }

  async #expire(key: string): Promise<void> {
    if (this.#expiring.has(key)) return;
    await this.#redis.pexpire(key, GENERATIONS * GENERATION_MS);
    this.#expiring.add(key);
  }

  /**
   * Every id that was mapped to a submission of the broadcast since `sinceMs` and is not forgotten yet, with its address,
   * in portions. What is mapped while it walks may be missed, and an id may come twice.
   */
  async *walk(broadcastNo: number, sinceMs: number): AsyncGenerator<[id: string, address: number][]> {
    const newest = this.#generation();
    const oldest = Math.max(newest - GENERATIONS + 1, Math.floor(sinceMs / GENERATION_MS));
    for (let generation = newest; generation >= oldest; generation -= 1) {
      for (let shard = 0; shard < SHARDS; shard += 1) {
        for (let cursor = '0'; ; ) {
          const [next, found] = await this.#redis.hscan(this.#ids(shard, generation), cursor, 'COUNT', WALKED_AT_ONCE);
          const entries: [string, number][] = [];
          for (let i = 0; i < found.length; i += 2) {
            const address = Number(found[i + 1]);
            if (broadcastNoOf(batchNumberOf(address)) === broadcastNo) entries.push([found[i]!, address]);
          }
          if (entries.length > 0) yield entries;
          cursor = next;
          if (cursor === '0') break;
        }
      }
    }
  }

  /** Looks up the ids of receipts; parks, durably, those that are unknown. `events[i]` is the code to park for `ids[i]`. */
  async join(ids: readonly string[], events: readonly number[]): Promise<Joined[]> {
    const joined = new Array<Joined>(ids.length);
    const misses: Promise<void>[] = [];
    for (const [shard, positions] of groupByShard(ids)) {
      misses.push(this.#joinInShard(shard, positions, ids, events, joined));
    }
    await Promise.all(misses);
    return joined;
  }

  async #joinInShard(
    shard: number,
    positions: readonly number[],
    ids: readonly string[],
    events: readonly number[],
    joined: Joined[],
  ): Promise<void> {
    const fields = positions.map((i) => ids[i]!);
    const found = await hmgetIntegers(this.#redis, this.#ids(shard), fields);
    const missing: number[] = [];
    found.forEach((address, at) => {
      if (address === null) missing.push(positions[at]!);
      else joined[positions[at]!] = address;
    });
    if (missing.length === 0) return;
    const newest = this.#generation();
    const keys = Array.from({ length: GENERATIONS }, (_, age) => this.#ids(shard, newest - age));
    keys.push(...this.#parked(shard));
    const args = missing.flatMap((i) => [ids[i]!, Buffer.of(events[i]!)]);
    const late = await confirmed(this.#store, shardTag(shard), () =>
      this.#redis.ledgerJoin(keys.length, ...keys, PARKED_FOR_MS, MAX_PARKED_IN_SHARD, ...args),
    );
    late.forEach((address, at) => {
      joined[missing[at]!] = address === '' ? 'parked' : address === '!' ? 'overflow' : Number(address);
    });
  }

  /** Forgets parked receipts whose effect is durable. */
  async unpark(ids: readonly string[]): Promise<void> {
    const calls = [...groupByShard(ids)].flatMap(([shard, positions]) =>
      this.#parked(shard).map((parked) => this.#redis.hdel(parked, ...positions.map((i) => ids[i]!))),
    );
    await Promise.all(calls);
  }

  /**
   * Parked receipts whose id is known by now: what a process left behind that died between mapping and applying.
   * The rest are orphans, counted.
   */
  async reconcile(): Promise<{ unparked: Unparked[]; orphans: number }> {
    const unparked: Unparked[] = [];
    let orphans = 0;
    for (let shard = 0; shard < SHARDS; shard += 1) {
      for await (const entries of this.#parkedIn(shard)) {
        const joined = await this.join(
          entries.map(({ id }) => id),
          entries.map(({ events }) => events.at(-1)!),
        );
        entries.forEach(({ id, events }, i) => {
          const address = joined[i]!;
          if (typeof address === 'number') unparked.push({ id, address, events });
          else orphans += 1;
        });
      }
    }
    return { unparked, orphans };
  }

  /** Every receipt that is parked now: nobody asked for it, or its response has not come. */
  async *orphans(): AsyncGenerator<Orphan> {
    for (let shard = 0; shard < SHARDS; shard += 1) for await (const entries of this.#parkedIn(shard)) yield* entries;
  }

  /** In portions: a full shard is more than one command can carry. */
  async *#parkedIn(shard: number): AsyncGenerator<Orphan[]> {
    const today = this.#generation();
    for (const generation of [today - 1, today]) {
      const key = parkedKey(this.#store, shard, this.#route, generation);
      const day = new Date(generation * GENERATION_MS).toISOString().slice(0, 10);
      for (let cursor = '0'; ; ) {
        const [next, found] = await this.#redis.hscanBuffer(key, cursor, 'COUNT', PARKED_AT_ONCE);
        const entries: Orphan[] = [];
        for (let i = 0; i < found.length; i += 2) {
          entries.push({ id: found[i]!.toString(), events: [...found[i + 1]!], day });
        }
        if (entries.length > 0) yield entries;
        cursor = next.toString();
        if (cursor === '0') break;
      }
    }
  }
}

function groupByShard(ids: readonly string[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < ids.length; i += 1) {
    const shard = shardOfId(ids[i]!);
    const list = groups.get(shard);
    if (list) list.push(i);
    else groups.set(shard, [i]);
  }
  return groups;
}

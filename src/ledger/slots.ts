/**
 * The durable record of every recipient's slot and of the counts. It changes slots by events only (states.ts), one script
 * a shard, and refuses to claim a batch that somebody else has taken since.
 */
import { randomInt } from 'node:crypto';
import type { Store } from '../store/connection.ts';
import { confirmed } from '../store/replicas.ts';
import { type Batch, countsKey, SHARDS, SLOTS_OFFSET, shardTag } from './keys.ts';
import { APPLY_TABLES, type LedgerScripts, withScripts } from './scripts.ts';
import type { SlotChanges } from './slot-changes.ts';
import {
  IN_DOUBT_COUNTER,
  isInDoubt,
  PARTS_IN_BYTE,
  SLOT_STATES,
  type SlotState,
  STATE_MASK,
  STATE_ROOM,
} from './states.ts';

const MAX_EPOCH_STEP = 2 ** 31;

/** A taken batch: the epoch to claim with, and each slot's byte. */
export interface Taken {
  readonly epoch: number;
  readonly slots: Buffer;
}

/** How many slots of a lane are in each state. `pending` is what no other state counts. */
export interface LaneCounts {
  readonly states: Record<SlotState, number>;
  /** Slots with the mark, whatever their state. */
  readonly inDoubt: number;
}

export class Slots {
  readonly #store: Store;
  readonly #redis: Store['redis'] & LedgerScripts;

  constructor({ store }: { store: Store }) {
    this.#store = store;
    this.#redis = withScripts(store.redis);
  }

  /** Takes a batch over from whoever had it: from here on only the returned epoch may claim. */
  async take(batch: Batch): Promise<Taken> {
    const masks = batch.parts > PARTS_IN_BYTE ? batch.size : 0;
    const bytes = SLOTS_OFFSET + batch.size + masks;
    const held = await this.#redis.ledgerTakeBuffer(batch.key, bytes, randomInt(1, MAX_EPOCH_STEP));
    return { epoch: held.readUInt32BE(0), slots: held.subarray(SLOTS_OFFSET, SLOTS_OFFSET + batch.size) };
  }

  /** Marks slots `first` to `last` sending; a byte each, 1 where granted; `null` when the batch was taken by another. */
  claim(batch: Batch, epoch: number, first: number, last: number): Promise<Buffer | null> {
    const counts = countsKey(this.#store, batch.shard, batch.broadcastNo);
    return confirmed(this.#store, shardTag(batch.shard), () =>
      this.#redis.ledgerClaimBuffer(counts, batch.key, epoch, batch.lane, first, last),
    );
  }

  /** Makes the changes durable; resolves with how many changes of a slot there were. Safe to repeat. */
  async apply(changes: SlotChanges): Promise<number> {
    const calls: Promise<number>[] = [];
    for (const group of changes.calls()) {
      const { shard, broadcastNo } = group[0]!.batch;
      const keys: (string | Buffer)[] = [countsKey(this.#store, shard, broadcastNo)];
      const args: Buffer[] = [APPLY_TABLES];
      for (const { batch, packed } of group) {
        keys.push(batch.key);
        args.push(packed);
      }
      calls.push(confirmed(this.#store, shardTag(shard), () => this.#redis.ledgerApply(keys.length, ...keys, ...args)));
    }
    const changed = await Promise.all(calls);
    return changed.reduce((sum, count) => sum + count, 0);
  }

  /** The bytes of all slots of each batch, in the order given. Batches nobody took are all pending. */
  async read(batches: readonly Batch[]): Promise<Buffer[]> {
    return Promise.all(
      batches.map(async ({ key, size }) => {
        const held = await this.#redis.getrangeBuffer(key, SLOTS_OFFSET, SLOTS_OFFSET + size - 1);
        return held.length === size ? held : Buffer.concat([held, Buffer.alloc(size - held.length)]);
      }),
    );
  }

  /** The counts of every lane of a broadcast, kept as slots change. `sizes[lane]` is the lane's number of recipients. */
  async counts(broadcastNo: number, sizes: readonly number[]): Promise<LaneCounts[]> {
    const shards = await Promise.all(
      Array.from({ length: SHARDS }, (_, shard) => this.#redis.getBuffer(countsKey(this.#store, shard, broadcastNo))),
    );
    return sizes.map((size, lane) => {
      const sums = new Array<number>(STATE_ROOM).fill(0);
      for (const held of shards) {
        for (let i = 0; i < STATE_ROOM; i += 1) {
          const at = (lane * STATE_ROOM + i) * 4;
          if (held && at + 4 <= held.length) sums[i]! += held.readUInt32BE(at);
        }
      }
      return laneCounts(sums, size);
    });
  }

  /** Resolves when what was read of slots and counts will hold, whichever server dies. */
  async certain(): Promise<void> {
    const nothing = async () => {};
    await Promise.all(Array.from({ length: SHARDS }, (_, shard) => confirmed(this.#store, shardTag(shard), nothing)));
  }

  /** The counts of one batch, counted from its slots: what `verify` holds against the kept ones. */
  static recount(slots: Buffer, into: number[]): void {
    for (const byte of slots) {
      into[byte & STATE_MASK]! += 1;
      if (isInDoubt(byte)) into[IN_DOUBT_COUNTER]! += 1;
    }
  }
}

/** From counters by state (index = byte of the state, last = in doubt) to named counts; `pending` is the remainder. */
export function laneCounts(sums: readonly number[], size: number): LaneCounts {
  const states = {} as Record<SlotState, number>;
  let counted = 0;
  SLOT_STATES.forEach((state, index) => {
    if (index === 0) return;
    states[state] = sums[index]!;
    counted += sums[index]!;
  });
  states.pending = size - counted;
  return { states, inDoubt: sums[IN_DOUBT_COUNTER]! };
}

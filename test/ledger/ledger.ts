/** A ledger on the run's Redis, with the means to look behind it: bytes put and read past the scripts. */
import { type Batch, batchOfLane, SLOTS_OFFSET } from '../../src/ledger/keys.ts';
import { SlotChanges } from '../../src/ledger/slot-changes.ts';
import { type LaneCounts, laneCounts, Slots } from '../../src/ledger/slots.ts';
import { SLOT_STATES, type SlotEvent, type SlotState, STATE_ROOM } from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';

let broadcasts = 0;

/** A number no other test of this file has. */
export const newBroadcastNo = (): number => {
  broadcasts += 1;
  return broadcasts;
};

export function batch(store: Store, at: Partial<Parameters<typeof batchOfLane>[1]> = {}): Batch {
  return batchOfLane(store, { broadcastNo: newBroadcastNo(), batch: 0, lane: 0, size: 8, parts: 1, ...at });
}

export const byteOf = (state: SlotState, mark = 0): number => SLOT_STATES.indexOf(state) | mark;

/** Puts slots as they would be after any history. */
export async function putSlots(store: Store, { key, size }: Batch, bytes: ArrayLike<number>): Promise<void> {
  const slots = Buffer.alloc(SLOTS_OFFSET + size);
  slots.set(Array.from(bytes), SLOTS_OFFSET);
  await store.redis.set(key, slots);
}

export async function readSlots(store: Store, of: Batch): Promise<number[]> {
  const [slots] = await new Slots({ store }).read([of]);
  return [...(slots ?? [])];
}

export function changes(...given: [Batch, number, SlotEvent, number?][]): SlotChanges {
  const gathered = new SlotChanges();
  for (const [of, slot, event, part] of given) gathered.add(of, slot, event, part);
  return gathered;
}

/** The counts of lanes as they are in the slots themselves; `batches` are all batches of the broadcast. */
export async function recounted(
  store: Store,
  batches: readonly Batch[],
  sizes: readonly number[],
): Promise<LaneCounts[]> {
  const sums = sizes.map(() => new Array<number>(STATE_ROOM).fill(0));
  const read = await new Slots({ store }).read(batches);
  read.forEach((slots, i) => {
    Slots.recount(slots, sums[batches[i]!.lane]!);
  });
  return sums.map((sum, lane) => laneCounts(sum, sizes[lane]!));
}

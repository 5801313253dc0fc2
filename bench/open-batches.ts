/** Batches that somebody works on at this moment, found in the ledger. */
import { type Broadcast, ledgerBatches, planRecords } from '../src/broadcasts/broadcast.ts';
import { Slots } from '../src/ledger/slots.ts';
import { stateOf } from '../src/ledger/states.ts';
import type { Store } from '../src/store/connection.ts';
import type { Stored } from '../src/store/records.ts';
import { FIRST_NUMBER } from './seeding.ts';

/**
 * Of every batch that is neither untouched nor submitted to its end: the first recipient nobody has begun with. Those are
 * never in doubt, so they show when the batch goes on.
 */
export async function openBatches(store: Store, { id, value }: Stored<Broadcast>): Promise<number[]> {
  const { lanes } = (await planRecords(store).get(id)).value;
  const slots = new Slots({ store });
  const waiting: number[] = [];
  let firstOfLane = FIRST_NUMBER;
  for (const lane of lanes) {
    const batches = [...ledgerBatches(store, value.no, lane)];
    const states = await slots.read(batches);
    let firstOfBatch = firstOfLane;
    for (const [i, { size }] of batches.entries()) {
      const bytes = [...states[i]!];
      const pending = bytes.findIndex((byte) => stateOf(byte) === 'pending');
      if (pending >= 0 && bytes.some((byte) => stateOf(byte) !== 'pending')) waiting.push(firstOfBatch + pending);
      firstOfBatch += size;
    }
    firstOfLane += lane.recipients;
  }
  return waiting;
}

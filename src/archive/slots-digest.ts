/**
 * One hash over the states of all recipients, in the order of the plan: whether the ledger still says what was archived.
 * Bits that only the ledger needs (parts of a text) are left out.
 */
import { createHash } from 'node:crypto';
import { type Broadcast, type BroadcastPlan, ledgerBatches } from '../broadcasts/broadcast.ts';
import { Slots } from '../ledger/slots.ts';
import { IN_DOUBT, STATE_MASK } from '../ledger/states.ts';
import type { Store } from '../store/connection.ts';

const READ_AT_ONCE = 256;

export class SlotsDigest {
  readonly #hash = createHash('sha256');

  /** The slots of the next batch. */
  take(slots: Buffer): void {
    this.#hash.update(slots.map((byte) => byte & (STATE_MASK | IN_DOUBT)));
  }

  /** Hex; once, at the end. */
  result(): string {
    return this.#hash.digest('hex');
  }
}

/** Of the ledger as it is now. */
export async function digestOfSlots(store: Store, { no }: Broadcast, plan: BroadcastPlan): Promise<string> {
  const digest = new SlotsDigest();
  const slots = new Slots({ store });
  for (const lane of plan.lanes) {
    const batches = [...ledgerBatches(store, no, lane)];
    for (let from = 0; from < batches.length; from += READ_AT_ONCE) {
      for (const bytes of await slots.read(batches.slice(from, from + READ_AT_ONCE))) digest.take(bytes);
    }
  }
  return digest.result();
}

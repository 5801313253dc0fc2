/**
 * What a receipt does to its slot on a route (quirk 17). Where every segment has its receipt, a text is delivered when all
 * have come. Where one segment's receipt speaks for the text, that one decides, and a receipt that another one failed
 * outranks it, whichever comes first: half a text is none.
 */
import { laneOfBatch } from '../broadcasts/broadcast.ts';
import type { Route } from '../broadcasts/routes.ts';
import { batchOf, partOf, slotOf } from '../ledger/address.ts';
import type { Batch } from '../ledger/keys.ts';
import type { SlotChanges } from '../ledger/slot-changes.ts';
import { eventCode } from '../ledger/states.ts';
import type { BroadcastIndex } from './broadcast-index.ts';
import { partsOnWire } from './lane-texts.ts';

const DELIVERED = eventCode('receiptDelivered');
const UNKNOWN = eventCode('receiptUnknown');
const TEXT_DELIVERED = eventCode('textDelivered');
const PART_FAILED = eventCode('partFailed');
const FAILURES: ReadonlySet<number> = new Set(
  (['receiptUndeliverable', 'receiptExpired', 'receiptDeleted', 'receiptRejected'] as const).map(eventCode),
);

export class ReceiptPolicy {
  readonly #route: Route;
  readonly #index: BroadcastIndex;
  readonly #onReceipt: (broadcastNo: number) => void;

  /** `onReceipt` hears of every receipt, by its broadcast: once each, so it has to be cheap. */
  constructor(deps: { route: Route; index: BroadcastIndex; onReceipt: (broadcastNo: number) => void }) {
    this.#route = deps.route;
    this.#index = deps.index;
    this.#onReceipt = deps.onReceipt;
  }

  /** Adds what the receipt of `address` does: `code` is the event of the state that it names. */
  add(changes: SlotChanges, batch: Batch, address: number, code: number): void {
    this.#onReceipt(batch.broadcastNo);
    const slot = slotOf(address);
    const part = partOf(address);
    const { segments: policy } = this.#route.receipts;
    // A text of one segment, as most are: nothing to ask.
    if (batch.parts === 1 && policy === 'each') {
      changes.addCode(batch, slot, slot, code, part);
      return;
    }
    const last = this.#partsOf(batch) - 1;
    if (policy === 'each' || last === 0) {
      changes.addCode(batch, slot, slot, code, part);
      // On another route this text has more segments: here its last one stands for those.
      if (code !== DELIVERED || part !== last) return;
      for (let more = last + 1; more < batch.parts; more += 1) changes.addCode(batch, slot, slot, code, more);
      return;
    }
    const decides = part === (policy === 'last' ? last : 0);
    const event = decides ? this.#deciding(code) : this.#other(code);
    if (event !== undefined) changes.addCode(batch, slot, slot, event, part);
  }

  #partsOf({ broadcastNo, batchNo, parts }: Batch): number {
    const known = this.#index.peek(broadcastNo);
    return known ? partsOnWire(laneOfBatch(known.plan, batchOf(batchNo)), this.#route) : parts;
  }

  #deciding(code: number): number {
    return code === DELIVERED ? TEXT_DELIVERED : code;
  }

  /** SMSCs send receipts of success too where only those of failure were asked for: these say nothing of the whole. */
  #other(code: number): number | undefined {
    if (FAILURES.has(code)) return PART_FAILED;
    return code === DELIVERED || code === UNKNOWN ? undefined : code;
  }
}

/**
 * Receipts as they come from any link of a route: read, brought to the route's form of id, and given to the recorder,
 * which answers them when their effect is durable. What is no receipt is a message of a subscriber.
 */
import type { Route } from '../broadcasts/routes.ts';
import { eventCode, type SlotEvent } from '../ledger/states.ts';
import { STATUS } from '../smpp/constants.ts';
import type { Deliver } from '../smpp/deliver.ts';
import { normaliseMessageId } from '../smpp/message-id.ts';
import type { ReceiptState } from '../smpp/receipt-states.ts';
import { isReceipt, parseReceipt } from '../smpp/receipts.ts';
import type { Session } from '../smpp/session.ts';
import type { Messages } from './messages.ts';
import type { Recorder } from './recorder.ts';
import type { Tally } from './tally.ts';

/** What each state of a receipt does to a slot. `accepted`: read on the subscriber's behalf (SMPP 3.4 §5.2.28), not refused. */
const EVENT_OF: Readonly<Record<ReceiptState, SlotEvent>> = {
  enroute: 'receiptEnroute',
  accepted: 'receiptEnroute',
  delivered: 'receiptDelivered',
  undeliverable: 'receiptUndeliverable',
  expired: 'receiptExpired',
  deleted: 'receiptDeleted',
  rejected: 'receiptRejected',
  unknown: 'receiptUnknown',
};

const FAILURES: ReadonlySet<ReceiptState> = new Set(['undeliverable', 'expired', 'deleted', 'rejected']);

export interface ReceiptsDeps {
  readonly route: Route;
  readonly recorder: Recorder;
  readonly tally: Tally;
  readonly messages: Messages;
}

export class Receipts {
  readonly #deps: ReceiptsDeps;
  readonly #codes: ReadonlyMap<ReceiptState, number>;

  constructor(deps: ReceiptsDeps) {
    this.#deps = deps;
    const states = Object.keys(EVENT_OF) as ReceiptState[];
    this.#codes = new Map(states.map((state) => [state, eventCode(EVENT_OF[state])]));
  }

  take(session: Session<number>, deliver: Deliver): void {
    const { recorder, route, tally, messages } = this.#deps;
    const { sequence, command } = deliver;
    if (!isReceipt(deliver)) {
      tally.receipt('none');
      messages.take(session, deliver);
      return;
    }
    const { messageId, state, err } = parseReceipt(deliver);
    tally.receipt(state);
    if (err !== undefined && FAILURES.has(state)) tally.receiptError(err);
    if (messageId === undefined) {
      // Nothing to join it by, today or when it is sent again: answered and counted.
      tally.unmatched += 1;
      session.respond(sequence, STATUS.ESME_ROK, command);
      return;
    }
    const id = normaliseMessageId(messageId, route.receipts.receiptId);
    recorder.receipt(id, this.#codes.get(state)!, {
      respond: (taken) => session.respond(sequence, taken ? STATUS.ESME_ROK : STATUS.ESME_RX_T_APPN, command),
    });
  }
}

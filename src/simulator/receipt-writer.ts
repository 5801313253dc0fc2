/** Writes one receipt to a session, in the PDU, place, words and with the faults that the behaviour asks for. */
import { COMMAND, ESM_CLASS } from '../smpp/constants.ts';
import { type DeliverReceipt, deliverReceiptRoom, writeDeliverReceipt } from '../smpp/fast-writers.ts';
import { readU32, writeU32 } from '../smpp/octets.ts';
import { UNKNOWN_ID } from './awaiting.ts';
import type { ReceiptState } from './behaviour-receipts.ts';
import { UNKNOWN_SERIALS } from './message-ids.ts';
import type { SmscLink } from './smsc-link.ts';
import type { SmscState } from './state.ts';

/** message_state by SMPP 3.4 §5.2.28. */
const MESSAGE_STATE: Readonly<Record<ReceiptState, number>> = {
  enroute: 1,
  delivered: 2,
  expired: 3,
  deleted: 4,
  undeliverable: 5,
  accepted: 6,
  unknown: 7,
  rejected: 8,
};
/** Network type 3 is GSM (§5.3.2.31); the code is the one of an absent subscriber. */
const NETWORK_ERROR_CODE = Uint8Array.of(3, 0, 27);
/** A TLV whose length says 16 where two octets follow. */
const TRUNCATED_TLV = Uint8Array.of(0x14, 0x01, 0x00, 0x10, 0x41, 0x42);
/** message_state in four octets instead of one. */
const MISTYPED_TLV = Uint8Array.of(0x04, 0x27, 0x00, 0x04, 0x00, 0x00, 0x00, 0x02);
const FAULT_ROOM = 16;

export class ReceiptWriter {
  readonly #state: SmscState;
  /** Filled again for every receipt: writing one makes no object. */
  readonly #receipt: DeliverReceipt = { source: 0, destination: '', text: '' };
  readonly #facts = { id: '', state: 'delivered' as ReceiptState, submittedAtMs: 0, doneAtMs: 0, text: '' };

  constructor(state: SmscState) {
    this.#state = state;
  }

  /** Writes the receipt of a held message; its answer is awaited under `place`. */
  write(link: SmscLink, place: number, messageState: ReceiptState): void {
    const { held, now } = this.#state;
    this.#fill(place, messageState, held.serial[place]!);
    this.#put(link, link.awaiting.next(now, place));
  }

  /** Writes a receipt like that of `place` for an id that was never given out; its answer is counted. */
  writeUnknown(link: SmscLink, place: number, messageState: ReceiptState): void {
    this.#fill(place, messageState, this.#state.held.serial[place]! + UNKNOWN_SERIALS);
    this.#put(link, link.awaiting.next(this.#state.now, UNKNOWN_ID));
  }

  #fill(place: number, messageState: ReceiptState, serial: number): void {
    const { held, plan, record } = this.#state;
    const { receipts } = plan.behaviour;
    const id = plan.receiptId(serial);
    const facts = this.#facts;
    facts.id = id;
    facts.state = messageState;
    facts.submittedAtMs = held.acceptedAt[place]!;
    facts.doneAtMs = held.finalAt[place]!;
    facts.text = record.texts.sample(held.content[place]!);

    const receipt = this.#receipt;
    const sender = held.sender[place]!;
    receipt.command = receipts.pdu === 'data_sm' ? COMMAND.data_sm : COMMAND.deliver_sm;
    receipt.source = held.destination[place]!;
    receipt.sourceTon = held.destinationTon[place]!;
    receipt.sourceNpi = held.destinationNpi[place]!;
    receipt.destination = record.senders.name(sender);
    receipt.destinationTon = record.senders.ton(sender);
    receipt.destinationNpi = record.senders.npi(sender);
    receipt.esmClass = esmClassOf(receipts.esmClass, messageState);
    receipt.dataCoding = receipts.dataCoding;
    receipt.text = receipts.textIn === 'nowhere' ? '' : plan.receiptText(facts);
    receipt.asPayload = receipts.textIn === 'message_payload';
    receipt.receiptedMessageId = receipts.receiptedMessageId ? id : undefined;
    receipt.messageState = receipts.messageState ? MESSAGE_STATE[messageState] : undefined;
    receipt.networkErrorCode = receipts.networkErrorCode ? NETWORK_ERROR_CODE : undefined;
  }

  #put(link: SmscLink, sequence: number): void {
    const { writer } = link;
    const receipt = this.#receipt;
    const at = writer.reserve(deliverReceiptRoom(receipt) + FAULT_ROOM);
    const end = writeDeliverReceipt(writer.block, at, sequence, receipt);
    const { malformed } = this.#state.plan.behaviour.receipts;
    if (!this.#state.receiptRandom.chance(malformed.probability)) {
      writer.commit(end);
      return;
    }
    this.#state.record.receipts.malformed++;
    if (malformed.fault === 'stray-nul') {
      writer.commit(insertNul(writer.block, at, end, this.#tlvOctets(receipt)));
    } else {
      writer.commit(append(writer.block, at, end, malformed.fault === 'truncated-tlv' ? TRUNCATED_TLV : MISTYPED_TLV));
    }
  }

  #tlvOctets(receipt: DeliverReceipt): number {
    const id = receipt.receiptedMessageId === undefined ? 0 : 5 + receipt.receiptedMessageId.length;
    return id + (receipt.messageState === undefined ? 0 : 5) + (receipt.networkErrorCode === undefined ? 0 : 7);
  }
}

/** An enroute receipt is an intermediate notification (§5.2.12), where receipts have their bits at all. */
function esmClassOf(esmClass: number, state: ReceiptState): number {
  const isIntermediate = state === 'enroute' && esmClass === ESM_CLASS.deliveryReceipt;
  return isIntermediate ? ESM_CLASS.intermediateNotification : esmClass;
}

function append(block: Buffer, start: number, end: number, octets: Uint8Array): number {
  block.set(octets, end);
  writeU32(block, start, readU32(block, start) + octets.length);
  return end + octets.length;
}

/** Puts a NUL in front of the last `tail` octets of the PDU. */
function insertNul(block: Buffer, start: number, end: number, tail: number): number {
  block.copyWithin(end - tail + 1, end - tail, end);
  block[end - tail] = 0;
  writeU32(block, start, end + 1 - start);
  return end + 1;
}

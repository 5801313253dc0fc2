/**
 * Writes the answers and receipts that go out in bulk straight into a block (see PduWriter.reserve), without a
 * PDU object or a Buffer each. The caller makes room: the MAX_… constants say how much.
 */
import { COMMAND, RESPONSE_BIT, TLV } from './constants.ts';
import { digitCount, writeDigits, writeHeader, writeLatin1, writeU32 } from './octets.ts';

/** Octets that a submit_sm_resp takes at most for a message id within SMPP 3.4 (64 characters). */
export const MAX_SUBMIT_RESP_BYTES = 81;

/** Writes a submit_sm_resp; an error status with an empty id has no body (§4.4.2). Returns the new offset. */
export function writeSubmitResp(
  out: Buffer,
  offset: number,
  sequence: number,
  status: number,
  messageId: string,
): number {
  if (status !== 0 && messageId === '') return writeHeader(out, offset, 16, COMMAND.submit_sm_resp, status, sequence);
  writeHeader(out, offset, 17 + messageId.length, COMMAND.submit_sm_resp, status, sequence);
  const end = writeLatin1(out, offset + 16, messageId);
  out[end] = 0;
  return end + 1;
}

/** Octets of a response that carries an empty message_id. */
export const EMPTY_RESP_BYTES = 17;

/** Writes the response to a deliver_sm or data_sm, `command` (§4.6.2): an empty message_id. Returns the new offset. */
export function writeDeliverResp(
  out: Buffer,
  offset: number,
  command: number,
  sequence: number,
  status: number,
): number {
  const end = writeHeader(out, offset, EMPTY_RESP_BYTES, (command | RESPONSE_BIT) >>> 0, status, sequence);
  out[end] = 0;
  return end + 1;
}

/** Writes a PDU that is a header alone (enquire_link, generic_nack, …); returns the new offset. */
export function writeBare(out: Buffer, offset: number, command: number, status: number, sequence: number): number {
  return writeHeader(out, offset, 16, command, status, sequence);
}

export interface DeliverReceipt {
  /** deliver_sm unless data_sm is asked for; the text of a data_sm goes as message_payload. */
  command?: number;
  /** The recipient of the submission (E.164), which the receipt comes from. */
  source: number;
  sourceTon?: number;
  sourceNpi?: number;
  /** The sender of the submission: Latin-1, 20 characters at most. */
  destination: string;
  destinationTon?: number;
  destinationNpi?: number;
  esmClass?: number;
  dataCoding?: number;
  /** The text of the receipt: Latin-1, or raw octets; above 255 octets, or with `asPayload`, a message_payload. */
  text: string | Uint8Array;
  asPayload?: boolean;
  receiptedMessageId?: string;
  messageState?: number;
  /** Three octets. */
  networkErrorCode?: Uint8Array;
}

/** Octets to reserve for `writeDeliverReceipt`. */
export function deliverReceiptRoom(receipt: DeliverReceipt): number {
  return 96 + receipt.destination.length + receipt.text.length + (receipt.receiptedMessageId?.length ?? 0);
}

/** Writes a deliver_sm or data_sm that carries a delivery receipt; returns the new offset. */
export function writeDeliverReceipt(out: Buffer, offset: number, sequence: number, receipt: DeliverReceipt): number {
  const command = receipt.command ?? COMMAND.deliver_sm;
  const { text } = receipt;
  let at = offset + 16;
  out[at++] = 0;
  out[at++] = receipt.sourceTon ?? 1;
  out[at++] = receipt.sourceNpi ?? 1;
  at = writeDigits(out, at, receipt.source, digitCount(receipt.source));
  out[at++] = 0;
  out[at++] = receipt.destinationTon ?? 5;
  out[at++] = receipt.destinationNpi ?? 0;
  at = writeLatin1(out, at, receipt.destination);
  out[at++] = 0;
  out[at++] = receipt.esmClass ?? 0x04;
  let payload = true;
  if (command === COMMAND.data_sm) {
    out[at++] = 0;
    out[at++] = receipt.dataCoding ?? 0;
  } else {
    payload = receipt.asPayload === true || text.length > 255;
    // protocol_id, priority_flag, schedule_delivery_time, validity_period
    writeU32(out, at, 0);
    // registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id
    writeU32(out, at + 4, 0);
    out[at + 6] = receipt.dataCoding ?? 0;
    out[at + 8] = payload ? 0 : text.length;
    at += 9;
    if (!payload) at = writeText(out, at, text);
  }
  if (payload && text.length > 0) at = writeText(out, writeTlvHead(out, at, TLV.message_payload, text.length), text);
  at = writeReceiptTlvs(out, at, receipt);
  writeHeader(out, offset, at - offset, command, 0, sequence);
  return at;
}

function writeReceiptTlvs(out: Buffer, offset: number, receipt: DeliverReceipt): number {
  let at = offset;
  if (receipt.receiptedMessageId !== undefined) {
    at = writeTlvHead(out, at, TLV.receipted_message_id, receipt.receiptedMessageId.length + 1);
    at = writeLatin1(out, at, receipt.receiptedMessageId);
    out[at++] = 0;
  }
  if (receipt.messageState !== undefined) {
    at = writeTlvHead(out, at, TLV.message_state, 1);
    out[at++] = receipt.messageState;
  }
  if (receipt.networkErrorCode !== undefined) {
    at = writeTlvHead(out, at, TLV.network_error_code, 3);
    out.set(receipt.networkErrorCode, at);
    at += 3;
  }
  return at;
}

function writeTlvHead(out: Buffer, at: number, tag: number, length: number): number {
  writeU32(out, at, ((tag << 16) | length) >>> 0);
  return at + 4;
}

function writeText(out: Buffer, at: number, text: string | Uint8Array): number {
  if (typeof text === 'string') return at + out.write(text, at, 'latin1');
  out.set(text, at);
  return at + text.length;
}

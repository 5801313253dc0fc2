/**
 * Reads a submit_sm (SMPP 3.4 §4.4.1) the lean way, for a peer that takes them in bulk: offsets in one pass, strings
 * and views on demand. A PDU without its mandatory fields is a PduError.
 */
import { COMMAND, STATUS } from './constants.ts';
import { PduError } from './errors.ts';
import { findNul, readLatin1, readU32 } from './octets.ts';
import { decodeTlvs, type Tlvs } from './tlv.ts';

/** One submit_sm, as offsets into `buf`. It may be filled again and again: see `readSubmit`. */
export class SubmitView {
  buf: Buffer = EMPTY;
  sequence = 0;
  sourceTon = 0;
  sourceNpi = 0;
  sourceStart = 0;
  sourceEnd = 0;
  destinationTon = 0;
  destinationNpi = 0;
  destinationStart = 0;
  destinationEnd = 0;
  /** The destination as a number, where it is 1 to 15 digits; else 0. */
  destinationNumber = 0;
  esmClass = 0;
  protocolId = 0;
  priority = 0;
  validityStart = 0;
  validityEnd = 0;
  registeredDelivery = 0;
  dataCoding = 0;
  textStart = 0;
  textEnd = 0;
  /** Offset after the PDU; the TLVs are between `textEnd` and here. */
  end = 0;

  get source(): string {
    return readLatin1(this.buf, this.sourceStart, this.sourceEnd);
  }

  get destination(): string {
    return readLatin1(this.buf, this.destinationStart, this.destinationEnd);
  }

  get validityPeriod(): string {
    return readLatin1(this.buf, this.validityStart, this.validityEnd);
  }

  /** short_message, user data header included; a view. A message_payload is in `tlvs`. */
  get shortMessage(): Buffer {
    return this.buf.subarray(this.textStart, this.textEnd);
  }

  get tlvs(): Tlvs {
    return decodeTlvs(this.buf, this.textEnd, this.end).tlvs;
  }
}

const EMPTY = Buffer.alloc(0);
const MAX_DIGITS = 15;

/** Reads buf[start, end), a submit_sm as FrameReader cuts it, into `view` (a fresh one unless given). */
export function readSubmit(buf: Buffer, start: number, end: number, view: SubmitView = new SubmitView()): SubmitView {
  view.buf = buf;
  view.sequence = readU32(buf, start + 12);
  view.end = end;
  let at = findNul(buf, start + 16, end) + 1;
  view.sourceTon = buf[at] ?? 0;
  view.sourceNpi = buf[at + 1] ?? 0;
  view.sourceStart = at += 2;
  view.sourceEnd = at = findNul(buf, at, end);
  view.destinationTon = buf[at + 1] ?? 0;
  view.destinationNpi = buf[at + 2] ?? 0;
  at = readDestination(buf, at + 3, end, view) + 1;
  view.esmClass = buf[at]!;
  view.protocolId = buf[at + 1]!;
  view.priority = buf[at + 2]!;
  view.validityStart = at = findNul(buf, at + 3, end) + 1;
  view.validityEnd = at = findNul(buf, at, end);
  if (at + 6 > end) throw tooShort(view);
  view.registeredDelivery = buf[at + 1]!;
  view.dataCoding = buf[at + 3]!;
  view.textStart = at + 6;
  view.textEnd = at + 6 + buf[at + 5]!;
  if (view.textEnd > end) {
    throw new PduError(COMMAND.submit_sm, view.sequence, STATUS.ESME_RINVMSGLEN, 'short_message is cut short');
  }
  return view;
}

/** Notes the destination, and its value when it is all digits; returns the offset of its NUL. */
function readDestination(buf: Buffer, start: number, end: number, view: SubmitView): number {
  let at = start;
  let number = 0;
  let plain = true;
  for (; at < end && buf[at] !== 0; at++) {
    const digit = buf[at]! - 48;
    if (digit < 0 || digit > 9) plain = false;
    number = number * 10 + digit;
  }
  view.destinationStart = start;
  view.destinationEnd = at;
  view.destinationNumber = plain && at - start <= MAX_DIGITS ? number : 0;
  return at;
}

function tooShort(view: SubmitView): PduError {
  return new PduError(COMMAND.submit_sm, view.sequence, STATUS.ESME_RINVCMDLEN, 'a mandatory field is missing');
}

/**
 * Reads deliver_sm and data_sm (SMPP 3.4 §4.6.1, §4.7.1), the hot way in: it notes offsets in one pass and makes a
 * string or a view only of what is asked for. A PDU without its mandatory fields is a PduError.
 */
import { COMMAND, STATUS, TLV } from './constants.ts';
import { PduError } from './errors.ts';
import { findNul, readLatin1, readU32 } from './octets.ts';
import { walkTlvs } from './tlv.ts';

/** One deliver_sm or data_sm. It is a view: it keeps the chunk it came in alive. */
export class Deliver {
  readonly buf: Buffer;
  readonly command: number;
  readonly sequence: number;
  esmClass = 0;
  dataCoding = 0;
  sourceTon = 0;
  destinationTon = 0;
  /** Offsets of the text, be it short_message or message_payload. */
  textStart = 0;
  textEnd = 0;
  /** TLVs, absent where the PDU has none. `networkErrorCode`: the three octets (network type, then code). */
  receiptedMessageId: string | undefined = undefined;
  messageState: number | undefined = undefined;
  networkErrorCode: Uint8Array | undefined = undefined;
  /** Where the text came in a message_payload. */
  hasPayload = false;

  sourceStart = 0;
  sourceEnd = 0;
  destinationStart = 0;
  destinationEnd = 0;

  constructor(buf: Buffer, command: number, sequence: number) {
    this.buf = buf;
    this.command = command;
    this.sequence = sequence;
  }

  get source(): string {
    return readLatin1(this.buf, this.sourceStart, this.sourceEnd);
  }

  get destination(): string {
    return readLatin1(this.buf, this.destinationStart, this.destinationEnd);
  }

  /** The octets of the text, user data header included; a view. */
  get text(): Buffer {
    return this.buf.subarray(this.textStart, this.textEnd);
  }
}

/** Reads buf[start, end), a deliver_sm or a data_sm as FrameReader cuts it. */
export function readDeliver(buf: Buffer, start: number, end: number): Deliver {
  const command = readU32(buf, start + 4);
  const deliver = new Deliver(buf, command, readU32(buf, start + 12));
  let at = findNul(buf, start + 16, end) + 1;
  if (at + 2 < end) deliver.sourceTon = buf[at]!;
  at += 2;
  deliver.sourceStart = at;
  deliver.sourceEnd = at = findNul(buf, at, end);
  at++;
  if (at + 2 < end) deliver.destinationTon = buf[at]!;
  at += 2;
  deliver.destinationStart = at;
  deliver.destinationEnd = at = findNul(buf, at, end);
  at++;
  // What follows the addresses has one octet a field at least: an address without its end leaves none.
  if (command === COMMAND.data_sm) {
    if (at + 3 > end) throw tooShort(deliver);
    deliver.esmClass = buf[at]!;
    deliver.dataCoding = buf[at + 2]!;
    at += 3;
  } else {
    if (at + 10 > end) throw tooShort(deliver);
    deliver.esmClass = buf[at]!;
    at = findNul(buf, at + 3, end) + 1;
    at = findNul(buf, at, end) + 1;
    if (at + 5 > end) throw tooShort(deliver);
    deliver.dataCoding = buf[at + 2]!;
    const textEnd = at + 5 + buf[at + 4]!;
    if (textEnd > end) {
      throw new PduError(command, deliver.sequence, STATUS.ESME_RINVMSGLEN, 'short_message is cut short');
    }
    deliver.textStart = at + 5;
    deliver.textEnd = at = textEnd;
  }
  if (at < end) walkTlvs(buf, at, end, deliver, takeTlv);
  return deliver;
}

function takeTlv(deliver: Deliver, tag: number, start: number, end: number): void {
  const { buf } = deliver;
  if (tag === TLV.receipted_message_id) {
    deliver.receiptedMessageId = readLatin1(buf, start, findNul(buf, start, end));
  } else if (tag === TLV.message_state) {
    if (end - start === 1) deliver.messageState = buf[start]!;
  } else if (tag === TLV.message_payload) {
    deliver.hasPayload = true;
    // §5.3.2.32: the payload takes the place of short_message, which should be empty then.
    if (end > start) {
      deliver.textStart = start;
      deliver.textEnd = end;
    }
  } else if (tag === TLV.network_error_code) {
    if (end - start === 3) deliver.networkErrorCode = buf.subarray(start, end);
  }
}

function tooShort(deliver: Deliver): PduError {
  return new PduError(deliver.command, deliver.sequence, STATUS.ESME_RINVCMDLEN, 'a mandatory field is missing');
}

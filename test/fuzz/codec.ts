/** The codec without sockets: whatever comes, it gives PDUs, its own errors, and that soon. */
import { readDeliver } from '../../src/smpp/deliver.ts';
import { FrameError, PduError } from '../../src/smpp/errors.ts';
import { FrameReader } from '../../src/smpp/frames.ts';
import { type InboundSink, sortInbound } from '../../src/smpp/inbound.ts';
import { decodePdu } from '../../src/smpp/pdu.ts';
import { isReceipt, parseReceipt } from '../../src/smpp/receipts.ts';
import { readSubmit } from '../../src/smpp/submit-reader.ts';
import { dataPdu, messagePdu, tlv } from '../smpp/octets.ts';
import { PDUS, RECEIPT_TEXTS } from './corpus.ts';
import { mutated } from './mutations.ts';
import type { Random } from './random.ts';

/** One that takes longer is looked at again, since a busy machine holds up anybody; three times is too long. */
const MOST_MS = 200;
/** A chunk holds thousands of the shortest PDUs, and each error that is thrown has its price. */
const MOST_MS_A_PDU = 0.2;
const LEAST_PDU_OCTETS = 16;
/** In a message_payload; a short_message holds 255. */
const MOST_TEXT_OCTETS = 60_000;

/** An input, and the check that throws when something is wrong. */
export interface Trial {
  readonly input: Buffer;
  readonly check: () => void;
}

/** Octets of a stream: one mutated PDU or several, cut anywhere. */
export function streamTrial(random: Random): Trial {
  const count = random.chance(0.8) ? 1 : 1 + random.below(4);
  const input = Buffer.concat(Array.from({ length: count }, () => mutated(random, PDUS)));
  const size = random.chance(0.5) ? Math.max(1, input.length) : 1 + random.below(60);
  return { input, check: () => checkStream(input, size) };
}

/** A receipt with a mutated text. */
export function receiptTrial(random: Random): Trial {
  const text = mutated(random, TEXTS).subarray(0, MOST_TEXT_OCTETS);
  const fields = { dataCoding: random.pick([0, 1, 3, 4, 8, 0xf0]), esmClass: random.pick([0, 4, 0x20, 0x40, 0x44]) };
  const input =
    text.length < 256 && random.chance(0.7)
      ? messagePdu({ ...fields, text })
      : dataPdu({ ...fields, tlvs: [tlv(0x0424, text)] });
  return { input, check: () => checkPdu(input, 0, input.length) };
}

const TEXTS = RECEIPT_TEXTS.map((text) => Buffer.from(text, 'latin1'));

export function checkInTime({ input, check }: Trial): void {
  const most = MOST_MS + (input.length / LEAST_PDU_OCTETS) * MOST_MS_A_PDU;
  for (let tries = 0; ; tries += 1) {
    const from = performance.now();
    check();
    const ms = performance.now() - from;
    if (ms <= most) return;
    if (tries === 2) throw new Error(`took ${Math.round(ms)} ms`);
  }
}

function checkStream(octets: Buffer, size: number): void {
  const reader = new FrameReader();
  let read = 0;
  let error: FrameError | undefined;
  for (let at = 0; at < octets.length && error === undefined; at += size) {
    error = reader.push(octets.subarray(at, at + size), (buf, start, end) => {
      read += end - start;
      checkPdu(buf, start, end);
    });
  }
  if (error !== undefined && !(error instanceof FrameError)) throw new Error('the stream ended with another error');
  const next = octets.length - read >= 4 ? octets.readUInt32BE(read) : 16;
  if ((error !== undefined) !== (next < 16 || next > 65_536)) throw new Error('the stream was cut in a wrong place');
}

function checkPdu(buf: Buffer, start: number, end: number): void {
  onlyPduErrors(() => decodePdu(buf, start, end));
  onlyPduErrors(() => {
    const submit = readSubmit(buf, start, end);
    if (submit.textEnd > end) throw new Error('a submission reaches beyond its PDU');
    void [submit.source, submit.destination, submit.tlvs, submit.validityPeriod, submit.shortMessage];
  });
  onlyPduErrors(() => {
    const deliver = readDeliver(buf, start, end);
    if (deliver.textEnd > end || deliver.destinationEnd >= end) throw new Error('a delivery reaches beyond its PDU');
    isReceipt(deliver);
    const { messageId, state } = parseReceipt(deliver);
    if (state === undefined || (messageId !== undefined && typeof messageId !== 'string')) {
      throw new Error('a receipt without a state');
    }
  });
  sortInbound(buf, start, end, SINK);
}

function onlyPduErrors(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof PduError)) throw error;
  }
}

const nothing = (): void => {};
const SINK: InboundSink = {
  submitResponse: nothing,
  deliver: nothing,
  badDeliver: nothing,
  enquiry: nothing,
  unbind: nothing,
  nack: nothing,
  response: nothing,
  notice: nothing,
  unknown: nothing,
};

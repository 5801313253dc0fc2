/**
 * Turns segments into the octets of SMPP short messages. Owns the data_coding values and the concatenation header;
 * refuses nothing that `segment` let through.
 */
import { TocsinError } from '../errors.ts';
import { type Alphabet, encodeIn } from './alphabets.ts';
import type { Segmented } from './segments.ts';

/** SMPP 3.4 §5.2.19: 0 is the SMSC's default alphabet, 8 is UCS-2. */
const DATA_CODING = { gsm7: 0, ucs2: 8 } as const;

/** Octets of the header that `concatenationUdh` makes, its length octet included. */
export const CONCATENATION_UDH_OCTETS = 6;

/**
 * The payload of each segment, without header: for data_coding 0 in the SMSC's default alphabet (unpacked septets where
 * that is GSM 7-bit), for 8 as UTF-16BE. Throws `invalid/not_in_alphabet`.
 */
export function encodeSegments(
  segmented: Pick<Segmented, 'encoding' | 'segments'>,
  defaultAlphabet: Exclude<Alphabet, 'ucs2'> = 'gsm7',
): { dataCoding: 0 | 8; payloads: Uint8Array[] } {
  const { encoding, segments } = segmented;
  const alphabet = encoding === 'ucs2' ? 'ucs2' : defaultAlphabet;
  return { dataCoding: DATA_CODING[encoding], payloads: segments.map((text) => encodeIn(alphabet, text)) };
}

/**
 * The concatenation header with 8-bit reference (3GPP TS 23.040 §9.2.3.24.1): 05 00 03, reference, total, index.
 * `reference` is 0 to 255, `total` 1 to 255, `index` counts from 1. Throws `invalid/bad_concatenation`.
 */
export function concatenationUdh(reference: number, total: number, index: number): Uint8Array {
  const isSound = isOctet(reference) && isOctet(total) && isOctet(index) && index >= 1 && index <= total;
  if (!isSound) {
    const message = `no concatenation header for reference ${reference}, segment ${index} of ${total}`;
    throw new TocsinError('invalid', 'bad_concatenation', message);
  }
  return Uint8Array.of(CONCATENATION_UDH_OCTETS - 1, 0x00, 0x03, reference, total, index);
}

function isOctet(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xff;
}

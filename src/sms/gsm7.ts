/**
 * The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038 §6.2.1), as unpacked octets and packed
 * septets. Owns the tables; refuses any character that is not in them and never substitutes one. National language
 * shift tables are not used: handsets do not support them reliably.
 */
import { TocsinError } from '../errors.ts';

/** TS 23.038 §6.2.1: the character at each position; 0x1B is the escape to the extension table. */
export const DEFAULT_ALPHABET: readonly string[] = [
  ...['@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å'],
  ...['Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\x1b', 'Æ', 'æ', 'ß', 'É'],
  ...[' ', '!', '"', '#', '¤', '%', '&', "'", '(', ')', '*', '+', ',', '-', '.', '/'],
  ...['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?'],
  ...['¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O'],
  ...['P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§'],
  ...['¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o'],
  ...['p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à'],
];

/** TS 23.038 §6.2.1.1: the characters reached by ESC and a code. */
export const EXTENSION_TABLE: readonly (readonly [char: string, code: number])[] = [
  ['\f', 0x0a],
  ['^', 0x14],
  ['{', 0x28],
  ['}', 0x29],
  ['\\', 0x2f],
  ['[', 0x3c],
  ['~', 0x3d],
  [']', 0x3e],
  ['|', 0x40],
  ['€', 0x65],
];

const ESC = 0x1b;
const BITS_PER_SEPTET = 7;

const codeOf = new Map<string, number>();
for (const [code, char] of DEFAULT_ALPHABET.entries()) if (code !== ESC) codeOf.set(char, code);
const extensionCodeOf = new Map(EXTENSION_TABLE);
const extensionCharAt = new Map(EXTENSION_TABLE.map(([char, code]) => [code, char]));

/** Septets one UTF-16 code unit takes: 1, 2 for the extension table, 0 when GSM 7-bit cannot carry it. */
export function septetsOf(char: string): 0 | 1 | 2 {
  if (codeOf.has(char)) return 1;
  return extensionCodeOf.has(char) ? 2 : 0;
}

/** Whether every character of a text is in the default alphabet or its extension table. */
export function isGsm7(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (septetsOf(text[index]!) === 0) return false;
  return true;
}

/** Length of a text in septets; throws `invalid/not_gsm7` when it cannot be carried. */
export function septetLength(text: string): number {
  let septets = 0;
  for (let index = 0; index < text.length; index++) {
    const width = septetsOf(text[index]!);
    if (width === 0) refuseCharacters(text);
    septets += width;
  }
  return septets;
}

/** One septet in each octet, bit 8 zero, as SMPP carries data_coding 0; throws `invalid/not_gsm7`. */
export function encodeGsm7Unpacked(text: string): Uint8Array {
  const octets = new Uint8Array(septetLength(text));
  let end = 0;
  for (const char of text) {
    const code = codeOf.get(char);
    if (code !== undefined) {
      octets[end++] = code;
      continue;
    }
    octets[end++] = ESC;
    octets[end++] = extensionCodeOf.get(char)!;
  }
  return octets;
}

/** Reads unpacked septets as a handset would (TS 23.038 §6.2.1.1); throws `invalid/not_septets` on bit 8. */
export function decodeGsm7Unpacked(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index++) {
    let code = bytes[index]!;
    let char = DEFAULT_ALPHABET[code];
    if (code === ESC) {
      index++;
      code = bytes[index] ?? ESC;
      // An undefined code shows the character of the main table; a second or a last ESC shows a space.
      char = code === ESC ? ' ' : (extensionCharAt.get(code) ?? DEFAULT_ALPHABET[code]);
    }
    if (char === undefined) {
      const faults = [{ at: `index ${index}`, message: `octet 0x${code.toString(16)} is no septet` }];
      throw new TocsinError('invalid', 'not_septets', 'octets above 0x7F are no unpacked GSM 7-bit text', { faults });
    }
    text += char;
  }
  return text;
}

/**
 * Packs septets into octets, low bits first (TS 23.038 §6.1.2.1.1).
 * `fillBits` (0 to 6) zero bits come first, to bring the text to a septet border behind a UDH (TS 23.040 §9.2.3.24).
 */
export function packSeptets(septets: Uint8Array, fillBits = 0): Uint8Array {
  const packed = new Uint8Array(Math.ceil((fillBits + septets.length * BITS_PER_SEPTET) / 8));
  for (let index = 0, bit = fillBits; index < septets.length; index++, bit += BITS_PER_SEPTET) {
    const shifted = (septets[index]! & 0x7f) << (bit & 7);
    packed[bit >> 3]! |= shifted & 0xff;
    if (shifted > 0xff) packed[(bit >> 3) + 1]! |= shifted >> 8;
  }
  return packed;
}

/** Unpacks `count` septets: the count comes from the UDL, since seven spare bits look like one more '@'. */
export function unpackSeptets(packed: Uint8Array, count: number, fillBits = 0): Uint8Array {
  if (fillBits + count * BITS_PER_SEPTET > packed.length * 8) {
    throw new TocsinError('invalid', 'truncated_septets', `${packed.length} octets do not hold ${count} septets`);
  }
  const septets = new Uint8Array(count);
  for (let index = 0, bit = fillBits; index < count; index++, bit += BITS_PER_SEPTET) {
    const low = packed[bit >> 3]!;
    const high = packed[(bit >> 3) + 1] ?? 0;
    septets[index] = ((low | (high << 8)) >> (bit & 7)) & 0x7f;
  }
  return septets;
}

/** Fill bits (0 to 6) between a UDH of so many octets, its length octet included, and the first septet. */
export function fillBitsAfterUdh(udhOctets: number): number {
  return (BITS_PER_SEPTET - ((udhOctets * 8) % BITS_PER_SEPTET)) % BITS_PER_SEPTET;
}

function refuseCharacters(text: string): never {
  const faults = [];
  let at = 0;
  for (const char of text) {
    if (septetsOf(char) === 0)
      faults.push({ at: `index ${at}`, message: `${codePointName(char)} is not in GSM 7-bit` });
    at += char.length;
  }
  throw new TocsinError('invalid', 'not_gsm7', 'the text has characters that GSM 7-bit cannot carry', { faults });
}

/** `U+0153` for `œ`. */
export function codePointName(char: string): string {
  return `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

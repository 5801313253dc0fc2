/**
 * The alphabets that an SMSC may have for data_coding 0 (SMPP 3.4 §5.2.19: "SMSC default alphabet"). It converts them to
 * GSM 7-bit for the air, so a text counts in septets in each of them. Owns which characters they lack; substitutes none.
 */
import { TocsinError } from '../errors.ts';
import { codePointName, encodeGsm7Unpacked, septetsOf } from './gsm7.ts';
import { encodeUcs2 } from './ucs2.ts';

/** `gsm7`: '@' is 0x00; `latin1` (ISO 8859-1) and `ascii`: '@' is 0x40; `ucs2`: none of them, two octets a character. */
export type Alphabet = 'gsm7' | 'latin1' | 'ascii' | 'ucs2';

/** One past the highest code of the alphabets that are a part of Unicode. */
const END = { latin1: 0x100, ascii: 0x80, ucs2: 0x10000 } as const;

/** Characters of a text of GSM 7-bit that an alphabet lacks, each once; `at` is the index of the first. */
export function charactersLacking(text: string, alphabet: Alphabet): { char: string; at: number }[] {
  const lacking = new Map<string, number>();
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    const held = alphabet === 'gsm7' ? septetsOf(char) > 0 : char.charCodeAt(0) < END[alphabet];
    if (!held && !lacking.has(char)) lacking.set(char, at);
  }
  return [...lacking].map(([char, at]) => ({ char, at }));
}

/** The octets of a text; throws `invalid/not_in_alphabet`, one fault for each character that is lacking. */
export function encodeIn(alphabet: Alphabet, text: string): Uint8Array {
  const lacking = charactersLacking(text, alphabet);
  if (lacking.length > 0) {
    const faults = lacking.map(({ char, at }) => ({
      at: `index ${at}`,
      message: `${codePointName(char)} is not in ${alphabet}`,
    }));
    throw new TocsinError('invalid', 'not_in_alphabet', `the text has characters that ${alphabet} lacks`, { faults });
  }
  if (alphabet === 'gsm7') return encodeGsm7Unpacked(text);
  return alphabet === 'ucs2' ? encodeUcs2(text) : Buffer.from(text, 'latin1');
}

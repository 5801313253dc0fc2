/**
 * UCS-2 as SMS carries it (3GPP TS 23.038 §6.2.3), which every handset reads as UTF-16BE: characters beyond the BMP
 * are two units. Refuses lone surrogates both ways: each handset shows another thing for them.
 */
import { TocsinError } from '../errors.ts';

/** Length in 16-bit code units. */
export function ucs2Length(text: string): number {
  return text.length;
}

/** UTF-16BE octets, no byte order mark; throws `invalid/lone_surrogate`. */
export function encodeUcs2(text: string): Uint8Array {
  refuseLoneSurrogates(text);
  const octets = new Uint8Array(text.length * 2);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    octets[index * 2] = unit >> 8;
    octets[index * 2 + 1] = unit & 0xff;
  }
  return octets;
}

/** Reads UTF-16BE octets; throws `invalid/odd_ucs2_length` or `invalid/lone_surrogate`. */
export function decodeUcs2(bytes: Uint8Array): string {
  if (bytes.length % 2 !== 0) {
    throw new TocsinError('invalid', 'odd_ucs2_length', `${bytes.length} octets are no whole number of UCS-2 units`);
  }
  let text = '';
  for (let index = 0; index < bytes.length; index += 2) {
    text += String.fromCharCode((bytes[index]! << 8) | bytes[index + 1]!);
  }
  refuseLoneSurrogates(text);
  return text;
}

/** Throws `invalid/lone_surrogate`, one fault for each half pair. */
export function refuseLoneSurrogates(text: string): void {
  const faults = [];
  let at = 0;
  for (const char of text) {
    const isLone = char.length === 1 && char >= '\ud800' && char <= '\udfff';
    if (isLone) {
      const name = char.charCodeAt(0).toString(16).toUpperCase();
      faults.push({ at: `index ${at}`, message: `U+${name} is half of a surrogate pair` });
    }
    at += char.length;
  }
  if (faults.length > 0) throw new TocsinError('invalid', 'lone_surrogate', 'the text has half characters', { faults });
}

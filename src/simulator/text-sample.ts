/** Reads the octets of a message the way a handset would show them, for people who look at the record. Never throws. */
import { decodeGsm7Unpacked } from '../sms/gsm7.ts';

export type DefaultAlphabet = 'gsm7' | 'latin1';

const UCS2 = 8;
const LATIN1 = 3;
const ASCII = 1;

/** `alphabet` is what data_coding 0 stands for: GSM 7-bit has '@' at 0x00, other SMSCs have it at 0x40. */
export function decodeSample(octets: Uint8Array, dataCoding: number, alphabet: DefaultAlphabet): string {
  if (dataCoding === UCS2) return new TextDecoder('utf-16be').decode(octets);
  const isGsm7 = alphabet === 'gsm7' && dataCoding !== LATIN1 && dataCoding !== ASCII;
  if (isGsm7 && octets.every((octet) => octet < 0x80)) return decodeGsm7Unpacked(octets);
  return Buffer.from(octets).toString('latin1');
}

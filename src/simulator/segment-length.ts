/** How much fits into one short message (3GPP TS 23.040 §9.2.3.24): 140 octets, less the user data header. */
import { septetsOf } from '../sms/gsm7.ts';
import type { SubmittedPart } from './concatenation.ts';
import type { DefaultAlphabet } from './text-sample.ts';

const USER_DATA_OCTETS = 140;

/** Whether a short_message is more than one segment holds; a message_payload is cut by the SMSC and never too long. */
export function isTooLong(part: SubmittedPart, alphabet: DefaultAlphabet = 'gsm7'): boolean {
  if (part.hasPayload) return false;
  const room = USER_DATA_OCTETS - part.headerOctets;
  if (part.dataCoding !== 0) return part.end - part.start > room;
  // data_coding 0 comes one septet an octet, escapes included; in Latin-1 an extension character is one octet, and two
  // septets on the air.
  const septets = alphabet === 'gsm7' ? part.end - part.start : septetsInLatin1(part);
  return septets > Math.floor((room * 8) / 7);
}

function septetsInLatin1({ buf, start, end }: SubmittedPart): number {
  let septets = 0;
  for (let at = start; at < end; at++) septets += septetsOf(String.fromCharCode(buf[at]!)) || 1;
  return septets;
}

/** How much fits into one short message (3GPP TS 23.040 §9.2.3.24): 140 octets, less the user data header. */
import type { SubmittedPart } from './concatenation.ts';

const USER_DATA_OCTETS = 140;

/** Whether a short_message is more than one segment holds; a message_payload is cut by the SMSC and never too long. */
export function isTooLong(part: SubmittedPart): boolean {
  if (part.hasPayload) return false;
  const octets = part.end - part.start;
  const room = USER_DATA_OCTETS - part.headerOctets;
  // data_coding 0 comes one septet an octet, escapes included.
  return octets > (part.dataCoding === 0 ? Math.floor((room * 8) / 7) : room);
}

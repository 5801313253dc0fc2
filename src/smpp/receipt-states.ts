/**
 * The states of a message as receipts name them, by number (message_state, SMPP 3.4 §5.2.28) and by word (Appendix B
 * and what SMSCs make of it). A word or number outside the tables is `unknown`, which does not mean failed.
 */

export type ReceiptState =
  | 'enroute'
  | 'delivered'
  | 'expired'
  | 'deleted'
  | 'undeliverable'
  | 'accepted'
  | 'unknown'
  | 'rejected';

/** By message_state; 0 and 9 are SMPP 5.0's SCHEDULED and SKIPPED, which 3.4 links carry too. */
const BY_NUMBER: readonly ReceiptState[] = [
  'enroute',
  'enroute',
  'delivered',
  'expired',
  'deleted',
  'undeliverable',
  'accepted',
  'unknown',
  'rejected',
  'undeliverable',
];

const BY_WORD: ReadonlyMap<string, ReceiptState> = new Map<string, ReceiptState>([
  ['DELIVRD', 'delivered'],
  ['DELIVERED', 'delivered'],
  ['DELIVERD', 'delivered'],
  ['DELIVRED', 'delivered'],
  ['ENROUTE', 'enroute'],
  ['EN_ROUTE', 'enroute'],
  ['BUFFRED', 'enroute'],
  ['BUFFERD', 'enroute'],
  ['BUFFERED', 'enroute'],
  ['SCHEDULED', 'enroute'],
  ['SCHEDLD', 'enroute'],
  ['ACCEPTD', 'accepted'],
  ['ACCEPTED', 'accepted'],
  ['ACKED', 'accepted'],
  ['EXPIRED', 'expired'],
  ['EXPIRD', 'expired'],
  ['DELETED', 'deleted'],
  ['DELETD', 'deleted'],
  ['UNDELIV', 'undeliverable'],
  ['UNDELIVD', 'undeliverable'],
  ['UNDELIVERED', 'undeliverable'],
  ['UNDELIVERABLE', 'undeliverable'],
  ['SKIPPED', 'undeliverable'],
  ['FAILED', 'undeliverable'],
  ['UNKNOWN', 'unknown'],
  ['UNKNOWD', 'unknown'],
  ['REJECTD', 'rejected'],
  ['REJECTED', 'rejected'],
  ['REJCTED', 'rejected'],
]);

/** State of a message_state TLV, or undefined for a number that SMPP does not define. */
export function stateOfNumber(messageState: number): ReceiptState | undefined {
  return BY_NUMBER[messageState];
}

/** State of a word of a receipt, whatever its case, or undefined for a word not known. */
export function stateOfWord(word: string): ReceiptState | undefined {
  return BY_WORD.get(word) ?? BY_WORD.get(word.toUpperCase());
}

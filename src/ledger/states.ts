/**
 * The states of a slot, what may happen to it, and where that leads: one literal table, used by the scripts in Redis
 * and by every reader. A slot is one byte: the state in its low five bits, two bits for parts whose receipt has come, and the mark
 * `IN_DOUBT`, which never goes away.
 */

/** In order of their byte. Everything from `delivered` on is final. */
export const SLOT_STATES = [
  'pending', //        nothing was written to a link
  'sending', //        claimed for the wire; the outcome is not known yet
  'accepted', //       the SMSC answered ESME_ROK; a receipt is expected
  'enroute', //        an intermediate receipt came
  'delivered', //      receipt DELIVRD
  'undeliverable', //  receipt UNDELIV
  'expired', //        receipt EXPIRED: the SMSC gave up at the end of validity
  'deleted', //        receipt DELETED: cancelled at the SMSC
  'unknown', //        receipt UNKNOWN or a word no table knows
  'rejected', //       receipt REJECTD
  'refused', //        the SMSC refused the submission for good
  'untraceable', //    ESME_ROK without message_id: sent, no receipt can be joined
  'invalid', //        the SMSC says that this destination cannot be
  'cancelled', //      never submitted: the broadcast was cancelled
  'lapsed', //         never submitted, or refused for now until no time was left: the notice expired first
  'unconfirmed', //    submitted; no final receipt came before the deadline
  'held', //           in doubt, and the notice's policy is to hold
  'excluded', //       of a follow-up: was never sent the text that it follows up
] as const;

export type SlotState = (typeof SLOT_STATES)[number];

/** The mark on a slot whose submission was written and whose response was never recorded (it may be sent twice). */
export const IN_DOUBT = 0x80;
export const STATE_MASK = 0x1f;
/** The bits of a slot's first and second part, where each has its receipt; more parts have a mask of their own. */
export const PART_BITS = [0x20, 0x40] as const;
export const PARTS_IN_BYTE = PART_BITS.length;
/** States a table row has room for; also the counters of a lane. */
export const STATE_ROOM = 32;
/** The counter that holds how many slots of a lane carry the mark `IN_DOUBT`. */
export const IN_DOUBT_COUNTER = STATE_ROOM - 1;

const UNSENT = ['pending', 'cancelled', 'lapsed', 'held'] as const;
const SENT = ['sending', 'accepted', 'enroute', 'unconfirmed', 'unknown', 'untraceable'] as const;
/** A message id was mapped, so a submission was accepted, whatever the slot says after a crash or a late answer. */
const RECEIPTABLE = [...UNSENT, ...SENT, 'refused', 'invalid'] as const;
const NEGATIVE = ['undeliverable', 'expired', 'deleted', 'rejected'] as const;

interface Rule {
  readonly from: readonly SlotState[];
  readonly to: SlotState;
  /** Whether the change also sets the mark. */
  readonly inDoubt?: true;
  /** Whether it tells the end of a claim: void when another has taken the batch since, and may have claimed the slot too. */
  readonly ofClaim?: true;
}

/**
 * Every event and the only changes it makes; from any other state it changes nothing. A receipt outranks what was known
 * before, `delivered` outranks all: a recipient in doubt may have two copies, and one that arrived is delivered. What is
 * final stays so: only another final state may follow, so a closed broadcast never opens again. Parked receipts are kept
 * by the number of their event: new ones go at the end.
 */
export const RULES = {
  /** About to be written (ledger rule 1). */
  claim: { from: ['pending'], to: 'sending' },
  /** Claimed and surely not taken: never written, or refused for now. */
  release: { from: ['sending'], to: 'pending', ofClaim: true },
  /** ESME_ROK with an id (rule 2), also late: the text is at the SMSC, so it must not be sent again. */
  accept: { from: ['pending', 'sending'], to: 'accepted' },
  acceptUntraceable: { from: [...UNSENT, 'sending', 'refused', 'invalid'], to: 'untraceable' },
  refuse: { from: ['sending'], to: 'refused', ofClaim: true },
  refuseDestination: { from: ['sending'], to: 'invalid', ofClaim: true },
  /** Response never recorded, policy `resend` (rule 5). */
  doubt: { from: ['sending'], to: 'pending', inDoubt: true, ofClaim: true },
  /** Response never recorded, policy `hold`. */
  hold: { from: ['sending'], to: 'held', inDoubt: true, ofClaim: true },
  cancel: { from: ['pending'], to: 'cancelled' },
  lapse: { from: ['pending'], to: 'lapsed' },
  /** The receipt deadline has passed. */
  giveUp: { from: ['accepted', 'enroute'], to: 'unconfirmed' },
  /** The broadcast ends while the outcome is unknown. */
  giveUpInDoubt: { from: ['sending'], to: 'unconfirmed', inDoubt: true },
  receiptEnroute: { from: ['pending', 'sending', 'accepted'], to: 'enroute' },
  receiptUnknown: { from: [...UNSENT, 'sending', 'accepted', 'enroute', 'unconfirmed'], to: 'unknown' },
  receiptUndeliverable: { from: RECEIPTABLE, to: 'undeliverable' },
  receiptExpired: { from: RECEIPTABLE, to: 'expired' },
  receiptDeleted: { from: RECEIPTABLE, to: 'deleted' },
  receiptRejected: { from: RECEIPTABLE, to: 'rejected' },
  receiptDelivered: { from: [...RECEIPTABLE, ...NEGATIVE], to: 'delivered' },
  /** One segment's receipt speaks for a text of several (routes whose SMSC sends no others): no segment is known to have failed. */
  textDelivered: { from: RECEIPTABLE, to: 'delivered' },
  /** Another segment of such a text failed, before or after that: half a text is none. */
  partFailed: { from: [...RECEIPTABLE, 'delivered'], to: 'undeliverable' },
  /** Refused for now, and the next try would come after the notice's end. */
  runOut: { from: ['sending'], to: 'lapsed', ofClaim: true },
  exclude: { from: ['pending'], to: 'excluded' },
} as const satisfies Record<string, Rule>;

export type SlotEvent = keyof typeof RULES;

export const SLOT_EVENTS = Object.keys(RULES) as SlotEvent[];
const CODES = new Map(SLOT_EVENTS.map((event, code) => [event, code]));

/** The byte that stands for an event between the ledger and its scripts. */
export const eventCode = (event: SlotEvent): number => CODES.get(event)!;

export const isOfClaim = (event: SlotEvent): boolean => 'ofClaim' in RULES[event];

export const stateOf = (byte: number): SlotState => SLOT_STATES[byte & STATE_MASK]!;
export const isInDoubt = (byte: number): boolean => (byte & IN_DOUBT) !== 0;
export const isFinal = (state: SlotState): boolean => SLOT_STATES.indexOf(state) >= SLOT_STATES.indexOf('delivered');

/** What `event` makes of a slot's byte: the rule as a function, and the model that tests hold the scripts against. */
export function nextByte(byte: number, event: SlotEvent): number {
  const rule: Rule = RULES[event];
  if (!rule.from.includes(stateOf(byte))) return byte;
  return SLOT_STATES.indexOf(rule.to) | (byte & ~STATE_MASK) | (rule.inDoubt ? IN_DOUBT : 0);
}

/** The table for the scripts: byte `event * 32 + state` holds the next state and, where the event sets it, the mark. */
export function transitionTable(): Buffer {
  const table = Buffer.alloc(SLOT_EVENTS.length * STATE_ROOM);
  SLOT_EVENTS.forEach((event, code) => {
    for (let state = 0; state < STATE_ROOM; state += 1) {
      table[code * STATE_ROOM + state] = state < SLOT_STATES.length ? nextByte(state, event) : state;
    }
  });
  return table;
}

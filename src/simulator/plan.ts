/** The behaviour made ready for 40,000 submissions a second: sets for lists, thresholds for weights, numbers for names. */
import type { Behaviour } from './behaviour.ts';
import { OUTCOMES } from './behaviour-receipts.ts';
import type { ACTIONS } from './behaviour-sessions.ts';
import { idWriter } from './message-ids.ts';
import type { SeededRandom } from './random.ts';
import { type ReceiptFacts, receiptTextWriter } from './receipt-text.ts';
import { matcher, statusNumber } from './schema-parts.ts';

export type Action = (typeof ACTIONS)[number];

/** Applies to a share of some destinations, so many times. */
interface Rule {
  probability: number;
  matches: (destination: number) => boolean;
  left: number;
}

interface Refusal extends Rule {
  status: number;
}

interface ScheduledAction {
  action: Action;
  afterSubmits: number;
  repeat: boolean;
  left: number;
}

export interface Plan {
  behaviour: Behaviour;
  firstId: bigint;
  refusals: Refusal[];
  cancels: { unheard: Rule[]; refusals: Refusal[] };
  schedule: ScheduledAction[];
  refuseUdh: number | undefined;
  refuseSar: number | undefined;
  refuseMessagePayload: number | undefined;
  responseId: (serial: number) => string;
  receiptId: (serial: number) => string;
  receiptText: (facts: ReceiptFacts) => string;
  /** Index into OUTCOMES for an accepted message. */
  outcomeOf: (destination: number, part: number, random: SeededRandom) => number;
}

export function makePlan(behaviour: Behaviour, firstId: bigint): Plan {
  const { cancels, messageIds, receipts, session, submissions } = behaviour;
  return {
    behaviour,
    firstId,
    refusals: submissions.refusals.map(refusalOf),
    cancels: { unheard: cancels.unheard.map(ruleOf), refusals: cancels.refusals.map(refusalOf) },
    schedule: session.schedule.map((entry) => ({ ...entry, left: entry.times ?? Number.POSITIVE_INFINITY })),
    refuseUdh: optionalStatus(submissions.refuseUdh),
    refuseSar: optionalStatus(submissions.refuseSar),
    refuseMessagePayload: optionalStatus(submissions.refuseMessagePayload),
    responseId: idWriter(messageIds.response, firstId),
    receiptId: idWriter(messageIds.receipt ?? messageIds.response, firstId),
    receiptText: receiptTextWriter(receipts.dialect),
    outcomeOf: outcomeChooser(receipts),
  };
}

function ruleOf(rule: Behaviour['cancels']['unheard'][number]): Rule {
  return { probability: rule.probability, matches: matcher(rule), left: rule.times ?? Number.POSITIVE_INFINITY };
}

function refusalOf(rule: Behaviour['submissions']['refusals'][number]): Refusal {
  return { status: statusNumber(rule.status), ...ruleOf(rule) };
}

/** The first rule that applies to this destination now; it is used up by one. */
export function applying<R extends Rule>(
  rules: readonly R[],
  destination: number,
  random: SeededRandom,
): R | undefined {
  for (const rule of rules) {
    if (rule.left <= 0 || !rule.matches(destination) || !random.chance(rule.probability)) continue;
    rule.left--;
    return rule;
  }
  return undefined;
}

function outcomeChooser(receipts: Behaviour['receipts']): Plan['outcomeOf'] {
  const chosen = receipts.outcomes.map((rule) => ({
    index: OUTCOMES.indexOf(rule.outcome),
    matches: matcher(rule),
    part: rule.part,
  }));
  const weights = OUTCOMES.map((outcome) => receipts.mix[outcome]);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const only = weights.indexOf(total);
  return (destination, part, random) => {
    for (const rule of chosen) {
      if ((rule.part === null || rule.part === part) && rule.matches(destination)) return rule.index;
    }
    if (only >= 0) return only;
    let left = random.next() * total;
    for (let i = 0; i < weights.length; i++) {
      left -= weights[i]!;
      if (left < 0) return i;
    }
    return weights.findLastIndex((weight) => weight > 0);
  };
}

function optionalStatus(value: Behaviour['submissions']['refuseUdh']): number | undefined {
  return value === null ? undefined : statusNumber(value);
}

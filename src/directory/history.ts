/** What became of the numbers of one place and service: every former entry and every test call, with who and when. */
import type { Entry } from './alternative-numbers.ts';
import { startOf } from './successive.ts';

export type HistoryAct = 'entered' | 'changed' | 'removed' | 'verified' | 'test_call_failed';

export interface HistoryEvent {
  /** RFC 3339. */
  readonly at: string;
  /** The person. */
  readonly by: string;
  readonly act: HistoryAct;
  readonly before?: Entry;
  readonly after?: Entry;
}

/** One event for each entry that differs, by the moment it starts. */
export function eventsBetween(
  before: readonly Entry[],
  after: readonly Entry[],
  { by, at }: Pick<HistoryEvent, 'by' | 'at'>,
): HistoryEvent[] {
  const starts = [...new Set([...before, ...after].map(startOf))].sort((a, b) => (a < b ? -1 : 1));
  return starts.flatMap((start) => {
    const was = before.find((entry) => startOf(entry) === start);
    const is = after.find((entry) => startOf(entry) === start);
    const act = actBetween(was, is);
    return act ? [{ at, by, act, ...(was ? { before: was } : {}), ...(is ? { after: is } : {}) }] : [];
  });
}

function actBetween(was: Entry | undefined, is: Entry | undefined): HistoryAct | undefined {
  if (!is) return 'removed';
  if (!was) return 'entered';
  if (isSame(was, is)) return undefined;
  if (statement(was) !== statement(is)) return 'changed';
  return is.failedCall === undefined ? 'verified' : 'test_call_failed';
}

/** Whether two entries say the same; who entered them is no part of what they say. */
export function isSame(one: Entry, other: Entry): boolean {
  return statement(one) === statement(other) && calls(one) === calls(other);
}

const statement = ({ number, owner, validFrom, validUntil }: Entry): string =>
  JSON.stringify([number, owner, validFrom, validUntil]);
const calls = ({ verification, failedCall }: Entry): string =>
  JSON.stringify([verification, failedCall].map((call) => call && [call.by, call.at, call.note]));

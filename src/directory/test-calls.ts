/**
 * Test calls: what makes a number, or a contact, one that somebody has tried. They are made by another person than who
 * entered it, since a slip is seldom seen by who made it (requirement R2).
 */
import type { Fault } from '../errors.ts';
import { parseMsisdn } from '../sms/msisdn.ts';
import type { Entry, Verification } from './alternative-numbers.ts';
import { timeFaults } from './directory-file.ts';

export interface TestCall {
  /** Who called. */
  readonly by: string;
  /** RFC 3339. */
  readonly at: string;
  readonly note?: string | undefined;
  /** Whether those answered who should; default: they did. */
  readonly answered?: boolean | undefined;
}

interface Tested {
  readonly verification?: Verification;
  readonly failedCall?: Verification;
}

/** Which entries the call was for, and what is wrong with it. */
export function testCallFaults(
  call: TestCall & { readonly number?: string | undefined },
  entries: readonly Entry[],
  main: Entry,
  nowMs: number,
): { dialled: Entry[]; faults: Fault[] } {
  const parsed = call.number === undefined ? undefined : parseMsisdn(call.number);
  const number = parsed === undefined ? main.number : parsed.ok ? String(parsed.msisdn) : '';
  const dialled = entries.filter((entry) => entry.number === number);
  const faults = callFaults(call, dialled[0] ?? main, nowMs);
  if (dialled.length === 0) {
    faults.push({ at: '/number', message: 'is none of the numbers that the directory has here: what was dialled?' });
  }
  return { dialled, faults };
}

/** A call has a caller and a time, in the past, and after the last one. */
export function callFaults(call: TestCall, tested: Tested, nowMs: number): Fault[] {
  const faults = timeFaults(call.at, '/at', nowMs);
  if (call.by.trim() === '') faults.push({ at: '/by', message: 'must say who made the test call' });
  const last = lastCall(tested);
  if (faults.length === 0 && last && Date.parse(call.at) < Date.parse(last.at)) {
    faults.push({ at: '/at', message: `lies before the last test call, of ${last.at}` });
  }
  return faults;
}

/** The last call is what counts: a failed one takes the verification, the next that succeeds gives it back. */
export function withTestCall<T extends Tested>(tested: T, { by, at, note, answered = true }: TestCall): T {
  const { verification: _, failedCall: __, ...rest } = tested;
  const call: Verification = { by, at, ...(note === undefined ? {} : { note }) };
  return { ...rest, ...(answered ? { verification: call } : { failedCall: call }) } as T;
}

export const lastCall = ({ verification, failedCall }: Tested): Verification | undefined => failedCall ?? verification;

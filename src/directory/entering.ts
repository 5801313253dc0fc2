/** How an entry comes to be: from a person's words or from a line of a file, with what is known of the number already. */
import type { Fault } from '../errors.ts';
import { isSamePerson } from '../store/person.ts';
import { type AlternativeNumberInput, type Entry, numberForms, type Verification } from './alternative-numbers.ts';
import type { DirectoryLine } from './directory-file.ts';
import { lastCall, withTestCall } from './test-calls.ts';

/** The input must be free of faults; `at` is now. */
export function enteredBy(person: string, input: AlternativeNumberInput, held: readonly Entry[], at: string): Entry {
  const { region, service, owner, validFrom, validUntil } = input;
  const forms = numberForms(input.number);
  const same = held.find(({ number }) => number === forms.number);
  return {
    region,
    service,
    ...forms,
    owner: owner.trim(),
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validUntil === undefined ? {} : { validUntil }),
    // Who entered the number stays who they are when others change the rest: they must never be who verifies it.
    enteredBy: same?.enteredBy ?? person,
    enteredAt: same?.enteredAt ?? at,
    ...(same?.verification === undefined ? {} : { verification: same.verification }),
    ...(same?.failedCall === undefined ? {} : { failedCall: same.failedCall }),
  };
}

/**
 * With `restore`, what the line says of who entered and who called counts where the directory knows nothing newer. A
 * failed call always does: it lets nothing through, and one that is forgotten would reach everybody.
 */
export function fromLine(
  { input, verification, failedCall, enteredBy: first, enteredAt }: DirectoryLine,
  person: string,
  held: readonly Entry[],
  at: string,
  restore: boolean,
): Entry {
  const entry = enteredBy(person, input, held, at);
  const known = held.some(({ number }) => number === entry.number);
  const from = known || !restore ? {} : { ...(first ? { enteredBy: first } : {}), ...(enteredAt ? { enteredAt } : {}) };
  const last = lastCall(entry);
  const sinceLast = (call: Verification) => (last === undefined ? 1 : Date.parse(call.at) - Date.parse(last.at));
  const failed = failedCall !== undefined && sinceLast(failedCall) >= 0;
  const answered = verification !== undefined && restore && sinceLast(verification) > 0;
  const call = failed ? failedCall : answered ? verification : undefined;
  return { ...(call ? withTestCall(entry, { ...call, answered: !failed }) : entry), ...from };
}

/** Whether the line tells of a test call that did not become that of its entry. */
export function isCallLeftOut({ line, entry }: { line: DirectoryLine; entry: Entry }): boolean {
  const told = lastCall(line);
  return told !== undefined && told.at !== lastCall(entry)?.at;
}

/** A line whose number would be verified by who entered it. */
export function ownCallFaults({ line, entry }: { line: DirectoryLine; entry: Entry }): Fault[] {
  if (!entry.verification || !isSamePerson(entry.verification.by, entry.enteredBy)) return [];
  return [{ at: `line ${line.line}, verified_by`, message: 'must be another person than who entered the number' }];
}

/** How an entry comes to be: from a person's words or from a line of a file, with what is known of the number already. */
import type { Fault } from '../errors.ts';
import { isSamePerson } from '../store/person.ts';
import { type AlternativeNumberInput, type Entry, numberForms } from './alternative-numbers.ts';
import type { DirectoryLine } from './directory-file.ts';

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

/** With `restore`, what the line says of who entered and who called counts where the directory knows nothing newer. */
export function fromLine(
  { input, verification, enteredBy: first, enteredAt }: DirectoryLine,
  person: string,
  held: readonly Entry[],
  at: string,
  restore: boolean,
): Entry {
  const entry = enteredBy(person, input, held, at);
  if (!restore) return entry;
  const known = held.some(({ number }) => number === entry.number);
  const from = known ? {} : { ...(first ? { enteredBy: first } : {}), ...(enteredAt ? { enteredAt } : {}) };
  const last = entry.failedCall ?? entry.verification;
  const newer = verification && (last === undefined || Date.parse(verification.at) > Date.parse(last.at));
  if (!newer) return { ...entry, ...from };
  const { failedCall: _, ...rest } = entry;
  return { ...rest, ...from, verification };
}

/** A line whose number would be verified by who entered it. */
export function ownCallFaults({ line, entry }: { line: DirectoryLine; entry: Entry }): Fault[] {
  if (!entry.verification || !isSamePerson(entry.verification.by, entry.enteredBy)) return [];
  return [{ at: `line ${line.line}, verified_by`, message: 'must be another person than who entered the number' }];
}

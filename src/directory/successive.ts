/**
 * The entries of one place and service: owners and numbers that follow one another. Their validity never overlaps, so at
 * any moment there is one answer or none.
 */
import { type Fault, TocsinError } from '../errors.ts';
import type { Entry } from './alternative-numbers.ts';

type Validity = Pick<Entry, 'validFrom' | 'validUntil'>;

/** ms since epoch; an open start comes before all others. */
export function startOf({ validFrom }: Validity): number {
  return validFrom === undefined ? Number.NEGATIVE_INFINITY : Date.parse(validFrom);
}

function endOf({ validUntil }: Validity): number {
  return validUntil === undefined ? Number.POSITIVE_INFINITY : Date.parse(validUntil);
}

export function overlap(one: Validity, other: Validity): boolean {
  return startOf(one) < endOf(other) && startOf(other) < endOf(one);
}

export function inOrder<E extends Validity>(entries: readonly E[]): E[] {
  return [...entries].sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
}

/** The one in force at a time. */
export function entryAt<E extends Validity>(entries: readonly E[], atMs: number): E | undefined {
  return entries.find((entry) => startOf(entry) <= atMs && atMs < endOf(entry));
}

/** The one in force, else the next to come, else the last there was. */
export function mainEntry<E extends Validity>(entries: readonly E[], atMs: number): E | undefined {
  return entryAt(entries, atMs) ?? entries.find((entry) => startOf(entry) > atMs) ?? entries.at(-1);
}

/** With the entry in the place of the one that starts at the same moment, or between the others. Throws `overlapping_validity`. */
export function withEntry(entries: readonly Entry[], entry: Entry): Entry[] {
  const others = entries.filter((held) => startOf(held) !== startOf(entry));
  const faults = others.filter((held) => overlap(held, entry)).map((held) => overlapFault('/validFrom', held));
  if (faults.length === 0) return inOrder([...others, entry]);
  throw new TocsinError('conflict', 'overlapping_validity', 'Another number is in force in the same time', { faults });
}

export function overlapFault(at: string, other: Entry): Fault {
  const message = `overlaps the number of ${other.owner}, valid ${validity(other)}: end that one first, or give its start to replace it`;
  return { at, message };
}

/** "from 2026-01-01 until 2026-02-01", "always". */
export function validity({ validFrom, validUntil }: Validity): string {
  const parts = [
    ...(validFrom === undefined ? [] : [`from ${validFrom}`]),
    ...(validUntil === undefined ? [] : [`until ${validUntil}`]),
  ];
  return parts.join(' ') || 'always';
}

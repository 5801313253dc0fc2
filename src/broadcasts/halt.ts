/**
 * The global halt: one durable record that keeps every dispatcher from submitting anything, whatever is launched,
 * resumed or released meanwhile. Anyone of the cell may set it; lifting it takes a reason.
 */
import { TocsinError } from '../errors.ts';
import { tellControl } from '../queue/jobs.ts';
import type { Store } from '../store/connection.ts';
import type { Person } from '../store/person.ts';
import { Records, type Stored } from '../store/records.ts';

/** The record as it was last set or lifted. */
export interface Halt {
  readonly halted: boolean;
  /** RFC 3339: since when it is so. */
  readonly at: string;
  readonly by: string;
  readonly reason?: string;
}

/** What is told of it; `halted: false` alone where nobody ever halted. */
export type HaltState = Partial<Halt> & Pick<Halt, 'halted'>;

const ID = 'all';
/** Halts that race with lifts try again: the halt wins. */
const MAX_ROUNDS = 20;

const haltRecords = (store: Store) => new Records<Halt>(store, 'halt');

export async function readHalt(store: Store): Promise<HaltState> {
  return (await haltRecords(store).find(ID))?.value ?? { halted: false };
}

/** Halts, or stays halted: then who, when and why are those of the first. Told to every process at once. */
export async function halt(
  store: Store,
  by: Person,
  reason: string | undefined,
  now: () => number,
): Promise<Stored<Halt>> {
  for (let round = 1; ; round += 1) {
    const current = await haltRecords(store).find(ID);
    const value: Halt = current?.value.halted ? current.value : stamped(true, by, reason, now);
    try {
      // Written also where it is halted already: a lift that was read before this one must fail.
      return await write(store, current, value, { by, action: 'halt.set', reason });
    } catch (error) {
      if (!isConflict(error) || round === MAX_ROUNDS) throw error;
    }
  }
}

/** Lifts the halt. Throws `reason_missing`, `not_halted`, `version_conflict` (somebody halted again meanwhile). */
export async function lift(store: Store, by: Person, reason: string, now: () => number): Promise<Stored<Halt>> {
  if (reason.trim() === '') {
    const message = 'is missing: a halt is lifted for a reason';
    throw new TocsinError('invalid', 'reason_missing', 'Lifting the halt takes a reason', {
      faults: [{ at: '?reason', message }],
    });
  }
  const current = await haltRecords(store).find(ID);
  if (!current?.value.halted) throw new TocsinError('conflict', 'not_halted', 'There is no halt to lift');
  return write(store, current, stamped(false, by, reason, now), { by, action: 'halt.lift', reason });
}

function stamped(halted: boolean, by: Person, reason: string | undefined, now: () => number): Halt {
  const told = reason?.trim();
  return { halted, at: new Date(now()).toISOString(), by: by.person, ...(told ? { reason: told } : {}) };
}

async function write(
  store: Store,
  current: Stored<Halt> | undefined,
  value: Halt,
  { by, action, reason }: { by: Person; action: string; reason: string | undefined },
): Promise<Stored<Halt>> {
  const told = reason?.trim();
  const act = { actor: by.actor, action, subject: `halt/${ID}`, ...(told ? { detail: { reason: told } } : {}) };
  const written = await haltRecords(store).update(current ?? { id: ID, version: 0 }, value, act);
  await tellControl(store, { halt: value.halted });
  return written;
}

const isConflict = (error: unknown): boolean => error instanceof TocsinError && error.code === 'version_conflict';

/**
 * From where an act comes, and which person is behind its actor: known at the edge of a program (a request, a command line)
 * and told where the audit entry is written. It travels with the asynchronous calls, so that nothing in between can forget
 * to hand it on.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { hostname } from 'node:os';
import type { Person } from './person.ts';

interface Circumstances {
  readonly origin?: string;
  readonly by?: Person;
}

const circumstances = new AsyncLocalStorage<Circumstances>();
const HERE = `host:${hostname()}`;

/** Runs `work`; all acts in it come from `origin`: a client's address, or `host:<name>`. */
export const actingFrom = <T>(origin: string, work: () => T): T =>
  circumstances.run({ ...circumstances.getStore(), origin }, work);

/** Runs `work`; all acts of this actor in it are those of this person. */
export const actingAs = <T>({ actor, person }: Person, work: () => T): T =>
  circumstances.run({ ...circumstances.getStore(), by: { actor, person } }, work);

/** Where nobody said so, an act is this machine's own. */
export const currentOrigin = (): string => circumstances.getStore()?.origin ?? HERE;

/** The person behind an actor, where it is known. */
export function currentPerson(actor: string): string | undefined {
  const by = circumstances.getStore()?.by;
  return by?.actor === actor ? by.person : undefined;
}

/** The directory in the store: a record for each place and service with all its entries, and one with their history. */
import { TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import type { Person } from '../store/person.ts';
import { type Change, commit, Records, type Stored } from '../store/records.ts';
import type { AlternativeNumber, Entry } from './alternative-numbers.ts';
import { eventsBetween, type HistoryEvent, isSame } from './history.ts';

type Entries = readonly Entry[];

/** The entries of a place and service with their history; version 0 where there are none. */
export interface Held {
  readonly entries: Stored<Entries>;
  readonly history: Stored<readonly HistoryEvent[]>;
}

export const idOf = (region: string, service: string): string => `${region}:${service}`;

export class NumberRecords {
  readonly #store: Store;
  readonly #entries: Records<Entries>;
  readonly #history: Records<readonly HistoryEvent[]>;
  readonly #now: () => number;

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#entries = new Records(store, 'alternative_number');
    this.#history = new Records(store, 'alternative_number_history');
    this.#now = now;
  }

  async held(id: string): Promise<Held> {
    const [entries, history] = await Promise.all([this.#entries.find(id), this.#history.find(id)]);
    const none = { id, version: 0, value: [] };
    return { entries: entries ?? none, history: history ?? none };
  }

  /** By id; sent in one go on one connection, so many entries cost one round trip. */
  async read(places: readonly string[], services: readonly string[]): Promise<Map<string, AlternativeNumber[]>> {
    const ids = places.flatMap((place) => services.map((service) => idOf(place, service)));
    const found = await Promise.all(ids.map((id) => this.#entries.find(id)));
    const read = found.filter((record) => record !== undefined);
    return new Map(read.map(({ id, value, version }) => [id, value.map((entry) => ({ ...entry, version }))]));
  }

  /** The entries and what became of them, to be written together. */
  changes({ entries, history }: Held, after: Entries, by: string, at: string): Change[] {
    const events = eventsBetween(entries.value, after, { by, at });
    return [this.#entries.put(entries, after), this.#history.put(history, [...history.value, ...events])];
  }

  /** The version it is now. */
  async write(
    held: Held,
    after: Entries,
    by: Person,
    action: string,
    detail: Record<string, unknown>,
  ): Promise<number> {
    const { id, version } = held.entries;
    const changes = this.changes(held, after, by.person, new Date(this.#now()).toISOString());
    await this.commit(changes, by, action, `alternative_number/${id}`, detail);
    return version + 1;
  }

  async commit(
    changes: readonly Change[],
    { actor, person }: Person,
    action: string,
    subject: string,
    detail: Record<string, unknown>,
  ): Promise<void> {
    await commit(this.#store, { actor, action, subject, detail: { person, ...detail } }, changes);
  }
}

export function requireVersion(held: Held, ifVersion: number | undefined): void {
  if (ifVersion === undefined || ifVersion === held.entries.version) return;
  throw new TocsinError('precondition', 'version_mismatch', 'The alternative number was changed since it was read');
}

/** Whether two lists say the same, in the same order. */
export const isSameList = (before: Entries, after: Entries): boolean =>
  before.length === after.length && before.every((entry, i) => isSame(entry, after[i] ?? entry));

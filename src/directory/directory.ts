/**
 * The registry of alternative numbers: which number to dial instead of a service, in a place, who answers there, and who
 * verified it by a test call. The only source of numbers in a text (requirement R1). Every change is audited and kept.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type Fault, refuseFaults, TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import { isSamePerson, type Person } from '../store/person.ts';
import { type AlternativeNumber, type AlternativeNumberInput, inputFaults, STALE_DAYS } from './alternative-numbers.ts';
import { Contacts, type ExpectedContact } from './contacts.ts';
import { readText } from './csv.ts';
import { inMoments, startMoment } from './days.ts';
import { readDirectory, writeDirectory } from './directory-file.ts';
import { enteredBy, fromLine, isCallLeftOut, ownCallFaults } from './entering.ts';
import type { HistoryEvent } from './history.ts';
import { idOf, isSameList, NumberRecords, requireVersion } from './number-records.ts';
import { LEVELS, type Level, levelOf, PLACES, placesFor } from './places.ts';
import { SERVICES } from './services.ts';
import { entryAt, inOrder, mainEntry, startOf, withEntry } from './successive.ts';
import { type TestCall, testCallFaults, withTestCall } from './test-calls.ts';

export interface DirectorySettings {
  /** The order in which a lookup falls back; default: département, region, national. */
  readonly levels?: readonly Level[];
  /** Days after which a test call has to be made again. */
  readonly staleDays?: number;
  /** Contacts that other settings name. */
  readonly expected?: readonly ExpectedContact[];
}

/** A number in force, and how near the place is that it came from. */
export interface FoundNumber extends AlternativeNumber {
  readonly from: Level;
}

/** Answers from one reading of the store: the number in force in a region at a time, by the order of fallback. */
export type Sight = (region: string, service: string, atMs: number) => FoundNumber | undefined;

export class Directory {
  readonly contacts: Contacts;
  readonly staleDays: number;
  readonly levels: readonly Level[];
  readonly now: () => number;
  readonly #numbers: NumberRecords;

  constructor({
    store,
    now = Date.now,
    levels = LEVELS,
    staleDays = STALE_DAYS,
    expected = [],
  }: DirectorySettings & {
    store: Store;
    now?: () => number;
  }) {
    this.#numbers = new NumberRecords(store, now);
    this.now = now;
    this.levels = levels;
    this.staleDays = staleDays;
    this.contacts = new Contacts({ store, now, expected });
  }

  /** The number in force, else the next to come, else the last there was. */
  async get(region: string, service: string): Promise<AlternativeNumber | undefined> {
    const { value, version } = (await this.#numbers.held(idOf(region, service))).entries;
    const entry = mainEntry(value, this.now());
    return entry && { ...entry, version };
  }

  /** Every entry, those that were and those to come too, in the order of places, services and time; the widest places first. */
  async list({
    region,
    service,
  }: {
    region?: string | undefined;
    service?: string | undefined;
  } = {}): Promise<AlternativeNumber[]> {
    const places = region === undefined ? PLACES : [region];
    const services = service === undefined ? SERVICES.map(({ number }) => number) : [service];
    const found = await this.#numbers.read(places, services);
    return [...found.values()].flat();
  }

  /** All of `list` as a file that `importCsv` takes. */
  async exportCsv(which: Parameters<Directory['list']>[0] = {}): Promise<string> {
    return writeDirectory(await this.list(which));
  }

  /** Oldest first. */
  async history(region: string, service: string): Promise<readonly HistoryEvent[]> {
    return (await this.#numbers.held(idOf(region, service))).history.value;
  }

  /**
   * Enters a number, or replaces the one that starts at the same moment; a number that changes loses its verification.
   * Throws `invalid_alternative_number`, `overlapping_validity`.
   */
  async put(
    input: AlternativeNumberInput,
    by: Person,
    { ifVersion }: { ifVersion?: number | undefined } = {},
  ): Promise<AlternativeNumber> {
    const faults = inputFaults(input, (field) => `/${field}`);
    refuseFaults('invalid_alternative_number', 'The alternative number is not in order', faults);
    const held = await this.#numbers.held(idOf(input.region, input.service));
    requireVersion(held, ifVersion);
    const entry = enteredBy(by.person, inMoments(input), held.entries.value, new Date(this.now()).toISOString());
    const { number, owner } = entry;
    const version = await this.#numbers.write(held, withEntry(held.entries.value, entry), by, 'directory.put', {
      number,
      owner,
    });
    return { ...entry, version };
  }

  /** Takes out the entry that starts at `validFrom`; without it the one whose start is open. Its history stays. */
  async remove(
    { region, service, validFrom }: { region: string; service: string; validFrom?: string | undefined },
    by: Person,
    { ifVersion }: { ifVersion?: number | undefined } = {},
  ): Promise<void> {
    const held = await this.#numbers.held(idOf(region, service));
    requireVersion(held, ifVersion);
    const start = startOf(validFrom === undefined ? {} : { validFrom: startMoment(validFrom, region) });
    const gone = held.entries.value.find((entry) => startOf(entry) === start);
    if (!gone) throw unknownNumber(region, service);
    const left = held.entries.value.filter((entry) => entry !== gone);
    await this.#numbers.write(held, left, by, 'directory.remove', { number: gone.number, owner: gone.owner });
  }

  /**
   * Enters a whole CSV file or nothing of it; see directory-file.ts for its columns. A file proves no test call: those in
   * it count where the directory has them already, or with `restore`, for a file that exportCsv wrote; failed ones always
   * do. Throws `invalid_directory` with every fault by line and column.
   */
  async importCsv(
    stream: Readable,
    by: Person,
    { restore = false }: { restore?: boolean } = {},
  ): Promise<{ accepted: number; rejected: Fault[]; testCallsLeftOut: number }> {
    const text = await readText(stream);
    const { lines, faults } = readDirectory(text, this.now());
    refuseFaults('invalid_directory', 'Nothing was entered: the file has faults', faults);
    const at = new Date(this.now()).toISOString();
    const ids = [...new Set(lines.map(({ input }) => idOf(input.region, input.service)))];
    const held = new Map(await Promise.all(ids.map(async (id) => [id, await this.#numbers.held(id)] as const)));
    const entered = lines.map((line) => {
      const id = idOf(line.input.region, line.input.service);
      return { id, line, entry: fromLine(line, by.person, held.get(id)?.entries.value ?? [], at, restore) };
    });
    refuseFaults('invalid_directory', 'Nothing was entered: the file has faults', entered.flatMap(ownCallFaults));
    const changes = [...held].flatMap(([id, before]) => {
      const after = inOrder(entered.filter((one) => one.id === id).map(({ entry }) => entry));
      return isSameList(before.entries.value, after) ? [] : [this.#numbers.changes(before, after, by.person, at)];
    });
    const sha256 = createHash('sha256').update(text).digest('hex');
    const detail = { lines: lines.length, changed: changes.length, restore, sha256 };
    await this.#numbers.commit(changes.flat(), by, 'directory.import', 'directory', detail);
    return { accepted: lines.length, rejected: [], testCallsLeftOut: entered.filter(isCallLeftOut).length };
  }

  /**
   * Records a test call of the number dialled, default that in force. Throws `own_entry` for who entered the number,
   * `invalid_verification`, `unknown_alternative_number`.
   */
  async recordVerification(
    region: string,
    service: string,
    call: TestCall & { readonly number?: string | undefined },
    recordedBy: Person,
  ): Promise<AlternativeNumber> {
    const held = await this.#numbers.held(idOf(region, service));
    const main = mainEntry(held.entries.value, this.now());
    if (!main) throw unknownNumber(region, service);
    const { dialled, faults } = testCallFaults(call, held.entries.value, main, this.now());
    if (call.answered !== false) {
      const own = dialled.some(({ enteredBy }) =>
        [call.by, recordedBy.person].some((person) => isSamePerson(person, enteredBy)),
      );
      if (own) throw new TocsinError('forbidden', 'own_entry', 'Who entered a number cannot be who verifies it');
    }
    refuseFaults('invalid_verification', 'The verification is not in order', faults);
    const after = held.entries.value.map((entry) => (dialled.includes(entry) ? withTestCall(entry, call) : entry));
    const { by, at, answered = true } = call;
    const version = await this.#numbers.write(held, after, recordedBy, 'directory.verify', { by, at, answered });
    return { ...(after[held.entries.value.indexOf(dialled[0] ?? main)] ?? main), version };
  }

  /** The numbers in force at a time, by the order of fallback; `missing` holds the services that have none on any level. */
  async lookup(
    region: string,
    services: readonly string[],
    atMs: number,
  ): Promise<{ found: FoundNumber[]; missing: string[] }> {
    const sight = await this.sight([region], services);
    const found = services.map((service) => sight(region, service, atMs)).filter((entry) => entry !== undefined);
    return { found, missing: services.filter((service) => sight(region, service, atMs) === undefined) };
  }

  /** Every region and service without a number in force, in one round trip. */
  async missing(
    regions: readonly string[],
    services: readonly string[],
    atMs: number,
  ): Promise<{ region: string; service: string }[]> {
    const sight = await this.sight(regions, services);
    const pairs = regions.flatMap((region) => services.map((service) => ({ region, service })));
    return pairs.filter(({ region, service }) => sight(region, service, atMs) === undefined);
  }

  /** Reads once what is asked at many moments. */
  async sight(regions: readonly string[], services: readonly string[]): Promise<Sight> {
    const entries = await this.#numbers.read([...this.placesOf(regions)], services);
    return (region, service, atMs) => {
      for (const place of placesFor(region, this.levels)) {
        const entry = entryAt(entries.get(idOf(place, service)) ?? [], atMs);
        if (entry) return { ...entry, from: levelOf(place) };
      }
      return undefined;
    };
  }

  /** Every place whose numbers may hold in one of the regions. */
  placesOf(regions: readonly string[]): Set<string> {
    return new Set(regions.flatMap((region) => placesFor(region, this.levels)));
  }
}

function unknownNumber(region: string, service: string): TocsinError {
  const message = `There is no alternative number for service ${service} in region ${region}`;
  return new TocsinError('not-found', 'unknown_alternative_number', message);
}

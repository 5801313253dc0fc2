/**
 * The registry of alternative numbers: which number to dial instead of a service, in a region, and who verified it by a
 * test call. The only source of numbers in a text (requirement R1). Every change is audited.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type Fault, refuseFaults, TocsinError } from '../errors.ts';
import type { Act } from '../store/audit.ts';
import type { Store } from '../store/connection.ts';
import { isSamePerson, type Person } from '../store/person.ts';
import { type Change, commit, Records, type Stored } from '../store/records.ts';
import {
  type AlternativeNumber,
  type AlternativeNumberInput,
  inForce,
  inputFaults,
  NATIONAL,
  numberForms,
  type Verification,
} from './alternative-numbers.ts';
import { readText } from './csv.ts';
import { type DirectoryLine, readDirectory, verificationTimeFaults } from './directory-file.ts';
import { REGIONS } from './regions.ts';
import { SERVICES } from './services.ts';

type Entry = Omit<AlternativeNumber, 'version'>;

export class Directory {
  readonly #store: Store;
  readonly #records: Records<Entry>;
  readonly #now: () => number;

  constructor({ store, now = Date.now }: { store: Store; now?: () => number }) {
    this.#store = store;
    this.#records = new Records<Entry>(store, 'alternative_number');
    this.#now = now;
  }

  async get(region: string, service: string): Promise<AlternativeNumber | undefined> {
    const found = await this.#records.find(idOf(region, service));
    return found && shown(found);
  }

  /** In the order of regions and services, national entries first. */
  async list({
    region,
    service,
  }: {
    region?: string | undefined;
    service?: string | undefined;
  } = {}): Promise<AlternativeNumber[]> {
    const regions = region === undefined ? [NATIONAL, ...REGIONS.map(({ code }) => code)] : [region];
    const services = service === undefined ? SERVICES.map(({ number }) => number) : [service];
    return this.#all(regions.flatMap((code) => services.map((number) => [code, number] as const)));
  }

  /** Enters or replaces a number; a number that changes loses its verification. Throws `invalid_alternative_number`. */
  async put(
    input: AlternativeNumberInput,
    by: Person,
    { ifVersion }: { ifVersion?: number | undefined } = {},
  ): Promise<AlternativeNumber> {
    refuseFaults(
      'invalid_alternative_number',
      'The alternative number is not in order',
      inputFaults(input, (f) => `/${f}`),
    );
    const id = idOf(input.region, input.service);
    const held = await this.#records.find(id);
    if (ifVersion !== undefined && ifVersion !== (held?.version ?? 0)) {
      throw new TocsinError('precondition', 'version_mismatch', 'The alternative number was changed since it was read');
    }
    const entry = this.#entry(input, by, held?.value);
    const { number, owner } = entry;
    const act = actBy(by, 'directory.put', `alternative_number/${id}`, { number, owner });
    return shown(await this.#records.update({ id, version: held?.version ?? 0 }, entry, act));
  }

  /**
   * Enters a whole CSV file or nothing of it; columns in any order: region, service, number, owner, and as wanted
   * valid_from, valid_until, verified_by, verified_at. Throws `invalid_directory` with every fault by line and column.
   */
  async importCsv(stream: Readable, by: Person): Promise<{ accepted: number; rejected: Fault[] }> {
    const text = await readText(stream);
    const { lines, faults } = readDirectory(text, this.#now());
    refuseFaults('invalid_directory', 'Nothing was entered: the file has faults', faults);
    const held = await Promise.all(lines.map(({ input }) => this.#records.find(idOf(input.region, input.service))));
    const entries = lines.map(({ input, verification }, i) => this.#entry(input, by, held[i]?.value, verification));
    refuseFaults('invalid_directory', 'Nothing was entered: the file has faults', ownEntryFaults(lines, entries));
    const changes = entries.flatMap((entry, i) => this.#change(entry, held[i]) ?? []);
    const sha256 = createHash('sha256').update(text).digest('hex');
    const detail = { lines: lines.length, changed: changes.length, sha256 };
    await commit(this.#store, actBy(by, 'directory.import', 'directory', detail), changes);
    return { accepted: lines.length, rejected: [] };
  }

  /** Records a test call. Throws `own_entry` for who entered the number, `invalid_verification`, `unknown_alternative_number`. */
  async recordVerification(
    region: string,
    service: string,
    verification: { by: string; at: string; note?: string | undefined },
    recordedBy: Person,
  ): Promise<AlternativeNumber> {
    const held = await this.#records.get(idOf(region, service));
    const { by, at, note } = verification;
    if ([by, recordedBy.person].some((person) => isSamePerson(person, held.value.enteredBy))) {
      throw new TocsinError('forbidden', 'own_entry', 'Who entered a number cannot be who verifies it');
    }
    const faults = verificationTimeFaults(at, '/at', this.#now());
    if (by.trim() === '') faults.push({ at: '/by', message: 'must say who made the test call' });
    refuseFaults('invalid_verification', 'The verification is not in order', faults);
    const entry = { ...held.value, verification: { by, at, ...(note === undefined ? {} : { note }) } };
    const act = actBy(recordedBy, 'directory.verify', `alternative_number/${held.id}`, { by, at });
    return shown(await this.#records.update(held, entry, act));
  }

  /** The numbers in force at a time, a region's own before national ones; `missing` holds the services that have neither. */
  async lookup(
    region: string,
    services: readonly string[],
    atMs: number,
  ): Promise<{ found: AlternativeNumber[]; missing: string[] }> {
    const inForceNow = await this.#inForce([region], services, atMs);
    const found = services.map((service) => inForceNow(region, service)).filter((entry) => entry !== undefined);
    return { found, missing: services.filter((service) => inForceNow(region, service) === undefined) };
  }

  /** Every region and service without a number in force, in one round trip. */
  async missing(
    regions: readonly string[],
    services: readonly string[],
    atMs: number,
  ): Promise<{ region: string; service: string }[]> {
    const inForceNow = await this.#inForce(regions, services, atMs);
    const pairs = regions.flatMap((region) => services.map((service) => ({ region, service })));
    return pairs.filter(({ region, service }) => inForceNow(region, service) === undefined);
  }

  async #inForce(regions: readonly string[], services: readonly string[], atMs: number) {
    const pairs = [NATIONAL, ...regions].flatMap((code) => services.map((number) => [code, number] as const));
    const entries = (await this.#all(pairs)).filter((entry) => inForce(entry, atMs));
    const byPlace = new Map(entries.map((entry) => [idOf(entry.region, entry.service), entry]));
    return (region: string, service: string) =>
      byPlace.get(idOf(region, service)) ?? byPlace.get(idOf(NATIONAL, service));
  }

  /** Sent in one go on one connection, so many entries cost one round trip. */
  async #all(pairs: readonly (readonly [region: string, service: string])[]): Promise<AlternativeNumber[]> {
    const found = await Promise.all(pairs.map(([region, service]) => this.#records.find(idOf(region, service))));
    return found.filter((record) => record !== undefined).map(shown);
  }

  #entry(input: AlternativeNumberInput, by: Person, held: Entry | undefined, verification?: Verification): Entry {
    const { region, service, owner, validFrom, validUntil } = input;
    const forms = numberForms(input.number);
    const same = held?.number === forms.number ? held : undefined;
    const verified = verification ?? same?.verification;
    return {
      region,
      service,
      ...forms,
      owner: owner.trim(),
      ...(validFrom === undefined ? {} : { validFrom }),
      ...(validUntil === undefined ? {} : { validUntil }),
      // Who entered the number stays who they are when others change the rest: they must never be who verifies it.
      enteredBy: same?.enteredBy ?? by.person,
      enteredAt: same?.enteredAt ?? new Date(this.#now()).toISOString(),
      ...(verified === undefined ? {} : { verification: verified }),
    };
  }

  /** None for an entry that is held already, so that a file entered twice changes nothing. */
  #change(entry: Entry, held: Stored<Entry> | undefined): Change | undefined {
    if (held && content(held.value) === content(entry)) return undefined;
    return this.#records.put({ id: idOf(entry.region, entry.service), version: held?.version ?? 0 }, entry);
  }
}

function ownEntryFaults(lines: readonly DirectoryLine[], entries: readonly Entry[]): Fault[] {
  const message = 'must be another person than who entered the number';
  return lines.flatMap(({ line, verification }, i) =>
    verification && isSamePerson(verification.by, entries[i]?.enteredBy ?? '')
      ? [{ at: `line ${line}, verified_by`, message }]
      : [],
  );
}

const actBy = ({ actor, person }: Person, action: string, subject: string, detail: Record<string, unknown>): Act => ({
  ...{ actor, action, subject },
  detail: { person, ...detail },
});
const idOf = (region: string, service: string): string => `${region}:${service}`;
const shown = ({ value, version }: Stored<Entry>): AlternativeNumber => ({ ...value, version });
const content = ({ number, owner, validFrom, validUntil, verification }: Entry): string =>
  JSON.stringify([number, owner, validFrom, validUntil, verification?.by, verification?.at]);

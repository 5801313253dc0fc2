/**
 * What is missing or stale: for chosen regions and services the number that a notice would print, and every contact, each
 * with its state and why. Requirements R2 and R5: a report also lists what will be wrong within two weeks.
 */
import { type AlternativeNumber, DAY_MS, isStale, numberKind } from './alternative-numbers.ts';
import type { Contact, ContactKind, ExpectedContact } from './contacts.ts';
import type { Directory, FoundNumber, Sight } from './directory.ts';
import type { Level } from './places.ts';

/** `grows_stale`: in order today, but not any more in two weeks. */
export const GAP_STATES = ['missing', 'stale', 'fiction', 'grows_stale', 'ok'] as const;
export type GapState = (typeof GAP_STATES)[number];

export const GROWS_STALE_DAYS = 14;

interface Judged {
  readonly state: GapState;
  /** In words; empty when all is well. */
  readonly reason: string;
}

interface Tested {
  readonly verifiedAt?: string;
  readonly verifiedBy?: string;
}

export interface NumberRow extends Judged, Tested {
  readonly region: string;
  readonly service: string;
  /** Absent where there is none. */
  readonly number?: string;
  readonly display?: string;
  readonly owner?: string;
  /** The place that it came from. */
  readonly place?: string;
  readonly from?: Level;
}

/** A contact without its address, which is not everybody's to see. */
export interface ContactRow extends Judged, Tested {
  readonly id: string;
  readonly kind: ContactKind;
  readonly owner: string;
  readonly region: string;
}

export interface GapReport {
  /** RFC 3339. */
  readonly at: string;
  readonly staleDays: number;
  readonly growsStaleDays: number;
  readonly counts: Readonly<Record<GapState, number>>;
  readonly contactCounts: Readonly<Record<GapState, number>>;
  readonly numbers: readonly NumberRow[];
  readonly contacts: readonly ContactRow[];
}

/** `due` leaves out what is in order; the counts are of everything. Contacts are those of the regions, and the national ones. */
export async function gapReport(
  directory: Directory,
  { regions, services, due = false }: { regions: readonly string[]; services: readonly string[]; due?: boolean },
): Promise<GapReport> {
  const nowMs = directory.now();
  const { staleDays } = directory;
  const [sight, held] = await Promise.all([directory.sight(regions, services), directory.contacts.list()]);
  const numbers = regions.flatMap((region) =>
    services.map((service) => numberRow(sight, region, service, nowMs, staleDays)),
  );
  const places = directory.placesOf(regions);
  const contacts = [
    ...held.map(({ id, value }) => contactRow(id, value, nowMs, staleDays)),
    ...directory.contacts.unknownAmong(held).map(unknownRow),
  ].filter(({ region }) => places.has(region));
  const shown = <R extends Judged>(rows: R[]) => (due ? rows.filter(({ state }) => state !== 'ok') : rows);
  return {
    at: new Date(nowMs).toISOString(),
    staleDays,
    growsStaleDays: GROWS_STALE_DAYS,
    counts: countsOf(numbers),
    contactCounts: countsOf(contacts),
    numbers: shown(numbers),
    contacts: shown(contacts),
  };
}

function numberRow(sight: Sight, region: string, service: string, nowMs: number, staleDays: number): NumberRow {
  const entry = sight(region, service, nowMs);
  if (!entry) return { region, service, state: 'missing', reason: 'no number is in force on any level' };
  const { number, display, owner, from } = entry;
  const found = { ...{ region, service, number, display, owner }, place: entry.region, from };
  return { ...found, ...testedOf(entry), ...judgedNumber(entry, sight, region, nowMs, staleDays) };
}

function judgedNumber(entry: FoundNumber, sight: Sight, region: string, nowMs: number, staleDays: number): Judged {
  const fiction = numberKind(entry) === 'ordinary' ? '' : 'a number for fiction or tests, which no Actual notice takes';
  const now = callFault(entry, nowMs, staleDays);
  if (now) return { state: 'stale', reason: [now, fiction].filter(Boolean).join('; ') };
  const later = laterFault(entry, sight(region, entry.service, nowMs + GROWS_STALE_DAYS * DAY_MS), nowMs, staleDays);
  if (fiction) return { state: 'fiction', reason: [fiction, later].filter(Boolean).join('; ') };
  return later ? { state: 'grows_stale', reason: later } : { state: 'ok', reason: '' };
}

/** What will be wrong in two weeks with what is right today. */
function laterFault(
  entry: FoundNumber,
  next: AlternativeNumber | undefined,
  nowMs: number,
  staleDays: number,
): string | undefined {
  if (!next) return `ends on ${day(entry.validUntil)}, and nothing follows`;
  const wrong = callFault(next, nowMs + GROWS_STALE_DAYS * DAY_MS, staleDays);
  if (!wrong) return undefined;
  if (next.number === entry.number) return `its test call is due by ${dueOn(next, staleDays)}`;
  return `the number of ${next.owner} follows before ${day(new Date(nowMs + GROWS_STALE_DAYS * DAY_MS).toISOString())}: ${wrong}`;
}

function contactRow(id: string, contact: Contact, nowMs: number, staleDays: number): ContactRow {
  const { kind, owner, region } = contact;
  const row = { id, kind, owner, region, ...testedOf(contact) };
  const now = callFault(contact, nowMs, staleDays);
  if (now) return { ...row, state: 'stale', reason: now };
  if (!callFault(contact, nowMs + GROWS_STALE_DAYS * DAY_MS, staleDays)) return { ...row, state: 'ok', reason: '' };
  return { ...row, state: 'grows_stale', reason: `its test is due by ${dueOn(contact, staleDays)}` };
}

/** Named by another file, at an address that nobody has entered as a contact: so nobody could say that they tried it. */
function unknownRow({ id, kind, owner, region }: ExpectedContact): ContactRow {
  return {
    ...{ id, kind, owner, region },
    state: 'stale',
    reason: 'named by the settings, but no contact: never verified',
  };
}

type Callable = Pick<AlternativeNumber, 'verification' | 'failedCall'>;

function callFault(tested: Callable, atMs: number, staleDays: number): string | undefined {
  if (tested.failedCall) return `its last test failed, on ${day(tested.failedCall.at)}`;
  if (!tested.verification) return 'never verified';
  return isStale(tested, atMs, staleDays) ? `last verified on ${day(tested.verification.at)}` : undefined;
}

const testedOf = ({ verification }: Callable): Tested =>
  verification ? { verifiedAt: verification.at, verifiedBy: verification.by } : {};

const day = (time: string | undefined): string => time?.slice(0, 10) ?? 'an unknown day';

const dueOn = ({ verification }: Callable, staleDays: number): string =>
  day(verification && new Date(Date.parse(verification.at) + staleDays * DAY_MS).toISOString());

function countsOf(rows: readonly Judged[]): Record<GapState, number> {
  const counts: Record<GapState, number> = { missing: 0, stale: 0, fiction: 0, grows_stale: 0, ok: 0 };
  for (const { state } of rows) counts[state] += 1;
  return counts;
}

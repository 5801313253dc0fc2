/** One entry of the directory: its shape, when it is in force, when its test call is too old, what it may hold. */
import type { Fault } from '../errors.ts';
import { formatNational, kindOf, type MsisdnKind, parseMsisdn } from '../sms/msisdn.ts';
import { endMoment, startMoment } from './days.ts';
import { isPlace } from './places.ts';
import { isService } from './services.ts';

export interface AlternativeNumber {
  /** A place: "35", "R53" or "FR". */
  readonly region: string;
  readonly service: string;
  /** E.164 digits. */
  readonly number: string;
  /** As printed: "02 61 91 00 35". */
  readonly display: string;
  /** Who answers there: "SAMU 35". */
  readonly owner: string;
  /** RFC 3339; in force from the one, up to but not including the other. */
  readonly validFrom?: string;
  readonly validUntil?: string;
  /** The person. */
  readonly enteredBy: string;
  readonly enteredAt: string;
  readonly verification?: Verification;
  /** The last test call, where nobody answered as they should: until another succeeds, no notice may print the number. */
  readonly failedCall?: Verification;
  /** Starts at 1 and becomes the ETag; of all entries of this place and service together. */
  readonly version: number;
}

/** A test call made by somebody else than who entered the number. */
export interface Verification {
  readonly by: string;
  readonly at: string;
  readonly note?: string;
}

/**
 * What a person gives: the rest is ours. `number` may be written in any French or international way; a validity may be
 * of whole days (days.ts).
 */
export interface AlternativeNumberInput {
  readonly region: string;
  readonly service: string;
  readonly number: string;
  readonly owner: string;
  readonly validFrom?: string | undefined;
  readonly validUntil?: string | undefined;
}

/** An entry as it is kept. */
export type Entry = Omit<AlternativeNumber, 'version'>;

export const DAY_MS = 86_400_000;
/** A test call older than this has to be made again (requirement R2). */
export const STALE_DAYS = 90;
const MAX_OWNER = 100;
/** What a spreadsheet would take for a formula, or a reader would not see. */
const UNSOUND_OWNER = /^[=+\-@]|[\p{Cc}\p{Cs}\u202d\u202e]/u;
/** RFC 3339, or a date alone; Date.parse would take much more, each engine in its own way. */
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** Whether nobody has verified the number by a test call in the last `days`. */
export function isStale(entry: Pick<AlternativeNumber, 'verification'>, atMs: number, days = STALE_DAYS): boolean {
  return entry.verification === undefined || Date.parse(entry.verification.at) < atMs - days * DAY_MS;
}

/** Fiction and unassigned numbers may stand in exercises only (requirement R22). */
export function numberKind(entry: Pick<AlternativeNumber, 'number'>): MsisdnKind {
  return kindOf(Number(entry.number));
}

/** Epoch milliseconds of an RFC 3339 time or a date (then midnight UTC); undefined when it is neither, or no real day. */
export function timeOf(text: string): number | undefined {
  const ms = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) return undefined;
  const day = Number(text.slice(8, 10));
  return day <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate() ? ms : undefined;
}

/** Every fault of an input; `place` turns a field's name into where it stands (`/number`, `line 3, number`). */
export function inputFaults(input: AlternativeNumberInput, place: (field: string) => string): Fault[] {
  const faults: Fault[] = [];
  const refuse = (field: keyof AlternativeNumberInput, message: string) => faults.push({ at: place(field), message });
  if (!isPlace(input.region)) {
    const codes = `codes are INSEE's, as "01", "2A", "974", "R53" for an administrative region, "FR" for all`;
    refuse('region', `there is no region "${input.region}"; ${codes}`);
  }
  if (!isService(input.service)) refuse('service', `there is no emergency service "${input.service}"`);
  const number = parseMsisdn(input.number);
  if (!number.ok) refuse('number', `"${input.number}" cannot be dialled: ${number.reason.replaceAll('_', ' ')}`);
  const owner = input.owner.trim();
  if (owner === '' || owner.length > MAX_OWNER)
    refuse('owner', `must name who answers, in ${MAX_OWNER} characters at most`);
  if (UNSOUND_OWNER.test(owner)) refuse('owner', 'must not begin with = + - or @, nor hold control characters');
  const from = readTime('validFrom', startMoment);
  const until = readTime('validUntil', endMoment);
  if (from !== undefined && until !== undefined && until <= from) refuse('validUntil', 'must be after validFrom');
  return faults;

  function readTime(field: 'validFrom' | 'validUntil', moment: typeof startMoment): number | undefined {
    const text = input[field];
    if (text === undefined) return undefined;
    if (timeOf(text) !== undefined) return Date.parse(moment(text, input.region));
    refuse(field, `"${text}" is no RFC 3339 time, as 2026-07-31T18:00:00+02:00, and no day, as 2026-07-31`);
    return undefined;
  }
}

/** The number's two forms; the input must be free of faults. */
export function numberForms(written: string): { number: string; display: string } {
  const parsed = parseMsisdn(written);
  if (!parsed.ok) throw new Error('numberForms takes numbers that inputFaults let pass');
  return { number: String(parsed.msisdn), display: formatNational(parsed.msisdn) };
}

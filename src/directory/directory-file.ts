/**
 * The directory as a CSV file: every line is checked, and every fault named by line and column, before one is written.
 * A file says all there is for each region and service that it names, one line for each number that follows another.
 */
import { type Fault, TocsinError } from '../errors.ts';
import {
  type AlternativeNumberInput,
  type Entry,
  inputFaults,
  timeOf,
  type Verification,
} from './alternative-numbers.ts';
import { type CsvRow, parseCsv, writeCsv } from './csv.ts';
import { inMoments } from './days.ts';
import { overlap } from './successive.ts';

export const COLUMNS = [
  'region',
  'service',
  'number',
  'owner',
  'valid_from',
  'valid_until',
  'verified_by',
  'verified_at',
  'verified_note',
  'failed_by',
  'failed_at',
  'failed_note',
  'entered_by',
  'entered_at',
] as const;
type Column = (typeof COLUMNS)[number];
const REQUIRED: readonly Column[] = ['region', 'service', 'number', 'owner'];

const ONE_LAST_CALL =
  'must be empty where verified_at is not: only the last test call counts, and it failed or it did not';

const COLUMN_OF: Readonly<Record<string, Column>> = { validFrom: 'valid_from', validUntil: 'valid_until' };

/** One line of the file, checked. */
export interface DirectoryLine {
  readonly line: number;
  readonly input: AlternativeNumberInput;
  /** The last test call: it succeeded, or it failed. */
  readonly verification?: Verification;
  readonly failedCall?: Verification;
  readonly enteredBy?: string;
  readonly enteredAt?: string;
}

/** Every entry, in the columns that readDirectory reads. */
export function writeDirectory(entries: readonly Entry[]): string {
  const lines = entries.map(({ verification, failedCall, ...entry }) => [
    entry.region,
    entry.service,
    entry.display,
    entry.owner,
    entry.validFrom,
    entry.validUntil,
    verification?.by,
    verification?.at,
    verification?.note,
    failedCall?.by,
    failedCall?.at,
    failedCall?.note,
    entry.enteredBy,
    entry.enteredAt,
  ]);
  return writeCsv([COLUMNS, ...lines]);
}

/**
 * Reads the whole file; test calls after `nowMs` are faults. Throws `bad_csv` when rows cannot be told apart,
 * `invalid_directory` when the header is wrong.
 */
export function readDirectory(text: string, nowMs: number): { lines: DirectoryLine[]; faults: Fault[] } {
  const [header, ...rows] = parseCsv(text);
  const columns = readHeader(header);
  const lines: DirectoryLine[] = [];
  const faults: Fault[] = [];
  const byPlace = new Map<string, DirectoryLine[]>();
  for (const row of rows) {
    if (row.fields.length !== columns.length) {
      faults.push({ at: `line ${row.line}`, message: `has ${row.fields.length} columns instead of ${columns.length}` });
      continue;
    }
    const read = readLine(row.line, (column) => row.fields[columns.indexOf(column)]?.trim() || undefined, nowMs);
    const place = `${read.line.input.region}:${read.line.input.service}`;
    const earlier = byPlace.get(place) ?? [];
    const same = earlier.find(({ input }) => overlap(input, read.line.input));
    if (same) {
      const message = `names region and service of line ${same.line} again, for the same time`;
      faults.push({ at: `line ${row.line}`, message });
    }
    byPlace.set(place, [...earlier, read.line]);
    lines.push(read.line);
    faults.push(...read.faults);
  }
  if (rows.length === 0) faults.push({ at: 'line 2', message: 'the file holds no number' });
  return { lines, faults };
}

function readHeader(header: CsvRow | undefined): Column[] {
  const names = header?.fields.map((name) => name.trim().toLowerCase()) ?? [];
  const faults: Fault[] = [];
  const at = 'line 1';
  for (const name of REQUIRED) if (!names.includes(name)) faults.push({ at, message: `lacks the column ${name}` });
  for (const [i, name] of names.entries()) {
    if (!(COLUMNS as readonly string[]).includes(name)) faults.push({ at, message: `has an unknown column "${name}"` });
    else if (names.indexOf(name) !== i) faults.push({ at, message: `has the column ${name} twice` });
  }
  if (faults.length === 0) return names as Column[];
  throw new TocsinError('invalid', 'invalid_directory', 'The header of the file is wrong', { faults });
}

function readLine(line: number, field: (column: Column) => string | undefined, nowMs: number) {
  const input: AlternativeNumberInput = {
    region: field('region') ?? '',
    service: field('service') ?? '',
    number: field('number') ?? '',
    owner: field('owner') ?? '',
    validFrom: field('valid_from'),
    validUntil: field('valid_until'),
  };
  const verified = readCall('verified', field, line, nowMs);
  const failed = readCall('failed', field, line, nowMs);
  const [enteredBy, enteredAt] = [field('entered_by'), field('entered_at')];
  const faults = [
    ...inputFaults(input, (name) => `line ${line}, ${COLUMN_OF[name] ?? name}`),
    ...verified.faults,
    ...failed.faults,
    ...(verified.call && failed.call ? [{ at: `line ${line}, failed_at`, message: ONE_LAST_CALL }] : []),
    ...(enteredAt === undefined ? [] : timeFaults(enteredAt, `line ${line}, entered_at`, nowMs)),
  ];
  const read: DirectoryLine = {
    ...{ line, input: inMoments(input) },
    ...(verified.call ? { verification: verified.call } : {}),
    ...(failed.call ? { failedCall: failed.call } : {}),
    ...(enteredBy === undefined ? {} : { enteredBy }),
    ...(enteredAt === undefined ? {} : { enteredAt }),
  };
  return { line: read, faults };
}

function readCall(
  kind: 'verified' | 'failed',
  field: (column: Column) => string | undefined,
  line: number,
  nowMs: number,
): { call?: Verification; faults: Fault[] } {
  const [by, at, note] = [field(`${kind}_by`), field(`${kind}_at`), field(`${kind}_note`)];
  const fault = (column: Column, message: string) => ({ faults: [{ at: `line ${line}, ${column}`, message }] });
  if (by === undefined && at === undefined) return { faults: [] };
  if (by === undefined) return fault(`${kind}_by`, 'must say who made the test call');
  if (at === undefined) return fault(`${kind}_at`, 'must say when the test call was made');
  const faults = timeFaults(at, `line ${line}, ${kind}_at`, nowMs);
  return { call: { by, at, ...(note === undefined ? {} : { note }) }, faults };
}

/** What was done, a test call or an entry, has a time, and lies in the past. */
export function timeFaults(at: string, place: string, nowMs: number): Fault[] {
  const ms = timeOf(at);
  if (ms === undefined) return [{ at: place, message: `"${at}" is no RFC 3339 time, as 2026-07-31T18:00:00+02:00` }];
  return ms > nowMs ? [{ at: place, message: 'lies in the future' }] : [];
}

/** The directory as a CSV file: every line is checked, and every fault named by line and column, before one is written. */
import { type Fault, TocsinError } from '../errors.ts';
import { type AlternativeNumberInput, inputFaults, timeOf, type Verification } from './alternative-numbers.ts';
import { type CsvRow, parseCsv } from './csv.ts';

export const COLUMNS = [
  'region',
  'service',
  'number',
  'owner',
  'valid_from',
  'valid_until',
  'verified_by',
  'verified_at',
] as const;
type Column = (typeof COLUMNS)[number];
const REQUIRED: readonly Column[] = ['region', 'service', 'number', 'owner'];

const COLUMN_OF: Readonly<Record<string, Column>> = { validFrom: 'valid_from', validUntil: 'valid_until' };

/** One line of the file, checked. */
export interface DirectoryLine {
  readonly line: number;
  readonly input: AlternativeNumberInput;
  readonly verification?: Verification;
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
  const seen = new Map<string, number>();
  for (const row of rows) {
    if (row.fields.length !== columns.length) {
      faults.push({ at: `line ${row.line}`, message: `has ${row.fields.length} columns instead of ${columns.length}` });
      continue;
    }
    const field = (column: Column) => row.fields[columns.indexOf(column)]?.trim() || undefined;
    const input = inputOf(field);
    const verification = verificationOf(field);
    faults.push(
      ...inputFaults(input, (name) => `line ${row.line}, ${COLUMN_OF[name] ?? name}`),
      ...verificationFaults(verification, row.line, nowMs),
    );
    const place = `${input.region}:${input.service}`;
    const first = seen.get(place);
    if (first === undefined) seen.set(place, row.line);
    else faults.push({ at: `line ${row.line}`, message: `names region and service of line ${first} again` });
    lines.push({
      line: row.line,
      input,
      ...(verification.by && verification.at ? { verification: verification as Verification } : {}),
    });
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

function inputOf(field: (column: Column) => string | undefined): AlternativeNumberInput {
  return {
    region: field('region') ?? '',
    service: field('service') ?? '',
    number: field('number') ?? '',
    owner: field('owner') ?? '',
    validFrom: field('valid_from'),
    validUntil: field('valid_until'),
  };
}

function verificationOf(field: (column: Column) => string | undefined): Partial<Verification> {
  const by = field('verified_by');
  const at = field('verified_at');
  return { ...(by === undefined ? {} : { by }), ...(at === undefined ? {} : { at }) };
}

function verificationFaults({ by, at }: Partial<Verification>, line: number, nowMs: number): Fault[] {
  if (by === undefined && at === undefined) return [];
  if (by === undefined) return [{ at: `line ${line}, verified_by`, message: 'must say who made the test call' }];
  if (at === undefined) return [{ at: `line ${line}, verified_at`, message: 'must say when the test call was made' }];
  return verificationTimeFaults(at, `line ${line}, verified_at`, nowMs);
}

/** A test call has a time, and has been made. */
export function verificationTimeFaults(at: string, place: string, nowMs: number): Fault[] {
  const ms = timeOf(at);
  if (ms === undefined) return [{ at: place, message: `"${at}" is no RFC 3339 time, as 2026-07-31T18:00:00+02:00` }];
  return ms > nowMs ? [{ at: place, message: 'lies in the future' }] : [];
}

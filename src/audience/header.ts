/** The first line of an audience's file: which column is which. Refuses the whole file when it does not say so. */
import { type Fault, TocsinError } from '../errors.ts';

export const COLUMNS = ['msisdn', 'region', 'language'] as const;

export interface Header {
  readonly delimiter: ',' | ';' | '\t';
  /** Place of each column, from 0. */
  readonly place: Readonly<Record<(typeof COLUMNS)[number], number>>;
}

const DELIMITERS = [';', '\t', ','] as const;
/** The first bytes of a file, in which its first line must stand whole. */
export const HEADER_BYTES = 4_096;

/** `start`: the first HEADER_BYTES of the file, or all of it. Throws `empty_audience` for an empty file, `invalid_audience` naming each column that is missing, unknown or doubled. */
export function readHeader(start: Buffer): Header {
  const head = start.toString('utf8', 0, HEADER_BYTES).replace(/^\ufeff/, '');
  if (head.trim() === '') throw new TocsinError('invalid', 'empty_audience', 'The file is empty');
  const [line = ''] = head.split(/\r\n|\r|\n/, 1);
  const delimiter = DELIMITERS.find((sign) => line.includes(sign)) ?? ',';
  const names = line.split(delimiter).map((name) => name.replace(/^[\s"]+|[\s"]+$/g, '').toLowerCase());
  const faults: Fault[] = COLUMNS.filter((column) => !names.includes(column)).map((column) => ({
    at: 'line 1',
    message: `lacks the column ${column}`,
  }));
  // A file may hold no more of a person than is needed to reach them.
  for (const [i, name] of names.entries()) {
    const known = (COLUMNS as readonly string[]).includes(name);
    if (!known) faults.push({ at: 'line 1', message: `has column ${i + 1} that is none of ${COLUMNS.join(', ')}` });
    else if (names.indexOf(name) !== i) faults.push({ at: 'line 1', message: `has the column ${name} twice` });
  }
  if (faults.length > 0) {
    const message = `The first line must name the columns ${COLUMNS.join(', ')}, in any order`;
    throw new TocsinError('invalid', 'invalid_audience', message, { faults });
  }
  const place = {
    msisdn: names.indexOf('msisdn'),
    region: names.indexOf('region'),
    language: names.indexOf('language'),
  };
  return { delimiter, place };
}

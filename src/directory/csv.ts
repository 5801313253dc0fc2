/**
 * A reader and a writer of small CSV files by RFC 4180, with what spreadsheets do to them: a byte order mark, semicolons, any line
 * ending. Refuses stray quotes instead of guessing. Big files are the audience’s, which reads bytes.
 */
import type { Readable } from 'node:stream';
import { TocsinError } from '../errors.ts';

export interface CsvRow {
  /** Line of the file on which the row starts, from 1; quoted line breaks count. */
  readonly line: number;
  readonly fields: readonly string[];
}

const MAX_BYTES = 8 * 2 ** 20;

/** The whole file as text. Throws `too-large` / `file_too_large` above 8 MiB, `invalid` / `bad_csv` when it is not UTF-8. */
export async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer | string>) {
    const part = Buffer.from(chunk as string);
    bytes += part.length;
    if (bytes > MAX_BYTES)
      throw new TocsinError('too-large', 'file_too_large', `The file is larger than ${MAX_BYTES} bytes`);
    chunks.push(part);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw badCsv('file', 'is not UTF-8; save it as "CSV UTF-8"', cause);
  }
}

/** All rows but empty lines. The delimiter is `;` when the first line has one outside quotes, `,` otherwise. Throws `bad_csv`. */
export function parseCsv(text: string): CsvRow[] {
  const source = text.startsWith('\ufeff') ? text.slice(1) : text;
  const [firstLine = ''] = source.split(/[\r\n]/, 1);
  const delimiter = firstLine.replace(/"[^"]*"/g, '').includes(';') ? ';' : ',';
  const rows: CsvRow[] = [];
  let line = 1;
  for (let at = 0; at < source.length; ) {
    const row = readRow(source, at, line, delimiter);
    if (row.fields.length > 1 || row.fields[0] !== '') rows.push({ line, fields: row.fields });
    at = row.next;
    line = row.nextLine;
  }
  return rows;
}

function readRow(source: string, start: number, firstLine: number, delimiter: string) {
  const fields: string[] = [];
  let at = start;
  let line = firstLine;
  for (;;) {
    const field = source[at] === '"' ? quoted(source, at, line) : plain(source, at, line, delimiter);
    fields.push(field.value);
    at = field.next;
    line += field.value.split(/\r\n|\r|\n/).length - 1;
    const end = source[at];
    if (end === delimiter) {
      at += 1;
      continue;
    }
    if (end !== undefined && end !== '\r' && end !== '\n')
      throw badCsv(`line ${line}`, 'has text after a closing quote');
    at += end === '\r' && source[at + 1] === '\n' ? 2 : 1;
    return { fields, next: at, nextLine: line + 1 };
  }
}

function plain(source: string, start: number, line: number, delimiter: string) {
  let at = start;
  for (; at < source.length; at += 1) {
    const char = source[at]!;
    if (char === delimiter || char === '\r' || char === '\n') break;
    if (char === '"') throw badCsv(`line ${line}`, 'has a quote inside an unquoted field');
  }
  return { value: source.slice(start, at), next: at };
}

function quoted(source: string, start: number, line: number) {
  let value = '';
  for (let at = start + 1; ; ) {
    const close = source.indexOf('"', at);
    if (close === -1) throw badCsv(`line ${line}`, 'opens a quote that is never closed');
    value += source.slice(at, close);
    if (source[close + 1] !== '"') return { value, next: close + 1 };
    value += '"';
    at = close + 2;
  }
}

function badCsv(at: string, message: string, cause?: unknown): TocsinError {
  return new TocsinError('invalid', 'bad_csv', `The file is no sound CSV: ${at} ${message}`, {
    faults: [{ at, message }],
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Rows by RFC 4180, with a line break after each; what is undefined is an empty field. */
export function writeCsv(rows: readonly (readonly (string | number | undefined)[])[]): string {
  return rows.map((row) => `${row.map(quotedWhereNeeded).join(',')}\r\n`).join('');
}

function quotedWhereNeeded(value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value);
  return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

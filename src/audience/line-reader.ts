/**
 * Tells the lines of a file apart in its bytes as they come and reads each, the first being the header. Lines end in
 * \n, \r\n or \r. Quotes round a field go; a delimiter or a line's end inside them does not count as text, since no
 * sound field holds one. Refuses bytes that are no lines.
 */
import { TocsinError } from '../errors.ts';
import { codeOfRejection, readLanguage, readNumber, readRegion } from './fields.ts';
import { groupOf } from './groups.ts';
import type { Header } from './header.ts';

/** Where lines go, one call a line; empty lines and the header go nowhere. `line` counts from 1. */
export interface LineSink {
  recipient(msisdn: number, group: number, line: number): void;
  rejected(code: number, line: number): void;
}

/** No line of three short fields comes near it: a longer one is a binary file's. */
const LONGEST_LINE = 65_536;
/** The least bytes that a recipient takes in a file, its line's end included. */
export const SHORTEST_LINE = 8;

const LF = 0x0a;
const CR = 0x0d;
const COLUMNS = 3;
const MISCOUNTED = codeOfRejection('wrong_number_of_columns');

export class LineReader {
  readonly #sink: LineSink;
  readonly #delimiter: number;
  readonly #place: Header['place'];
  /** Start and end of each field of the line at hand. */
  readonly #starts = new Int32Array(COLUMNS);
  readonly #ends = new Int32Array(COLUMNS);
  /** The beginning of a line whose end has not come. */
  #rest: Buffer = Buffer.alloc(0);
  #afterCr = false;
  #empty = 0;
  /** Lines read so far, the header and empty ones included. */
  line = 0;

  constructor({ delimiter, place }: Header, sink: LineSink) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#place = place;
    this.#sink = sink;
  }

  /** Without the header and empty lines. */
  get lines(): number {
    return Math.max(0, this.line - 1 - this.#empty);
  }

  /** Throws `unreadable_audience`. */
  take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const delimiter = this.#delimiter;
    const starts = this.#starts;
    const ends = this.#ends;
    const { length } = bytes;
    // The \n of a \r\n may come a chunk later.
    let from = this.#afterCr && length > 0 && bytes[0] === LF ? 1 : 0;
    if (length > 0) this.#afterCr = false;
    for (;;) {
      let at = from;
      let columns = 0;
      let byte = 0;
      starts[0] = from;
      for (; at < length; at += 1) {
        byte = bytes[at]!;
        if (byte === delimiter) {
          if (columns < COLUMNS) ends[columns] = at;
          columns += 1;
          if (columns < COLUMNS) starts[columns] = at + 1;
        } else if (byte === LF || byte === CR) break;
      }
      if (at === length) break;
      if (columns < COLUMNS) ends[columns] = at;
      this.#read(bytes, from, at, columns + 1);
      from = at + 1;
      if (byte !== CR) continue;
      if (from === length) this.#afterCr = true;
      else if (bytes[from] === LF) from += 1;
    }
    this.#keep(bytes, from);
  }

  /** The last line may lack its end. */
  end(): void {
    if (this.#rest.length > 0) this.take(Buffer.from([LF]));
  }

  #keep(bytes: Buffer, from: number): void {
    if (bytes.length - from > LONGEST_LINE) {
      const message = `The file cannot be read as lines of text: line ${this.line + 1} is longer than 64 KB`;
      throw new TocsinError('invalid', 'unreadable_audience', message);
    }
    // A copy, since the chunk's memory belongs to its stream.
    this.#rest = from === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(from));
  }

  #read(bytes: Buffer, from: number, to: number, columns: number): void {
    this.line += 1;
    if (this.line === 1) return;
    if (from === to) {
      this.#empty += 1;
      return;
    }
    if (columns === COLUMNS) this.#readFields(bytes);
    else this.#sink.rejected(MISCOUNTED, this.line);
  }

  /** The first field that is wrong, in the order number, region, language, gives the reason. */
  #readFields(bytes: Buffer): void {
    for (let i = 0; i < COLUMNS; i += 1) this.#trim(bytes, i);
    const { msisdn, region, language } = this.#place;
    const number = readNumber(bytes, this.#starts[msisdn]!, this.#ends[msisdn]!);
    const inRegion = number < 0 ? number : readRegion(bytes, this.#starts[region]!, this.#ends[region]!);
    const inLanguage = inRegion < 0 ? inRegion : readLanguage(bytes, this.#starts[language]!, this.#ends[language]!);
    if (inLanguage < 0) this.#sink.rejected(-inLanguage, this.line);
    else this.#sink.recipient(number, groupOf(inRegion, inLanguage), this.line);
  }

  #trim(bytes: Buffer, field: number): void {
    let from = this.#starts[field]!;
    let to = this.#ends[field]!;
    while (from < to && isEdge(bytes[from]!)) from += 1;
    while (to > from && isEdge(bytes[to - 1]!)) to -= 1;
    this.#starts[field] = from;
    this.#ends[field] = to;
  }
}

/** Spaces, tabs and quotes round a field are the spreadsheet's. */
const isEdge = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x22;

/**
 * One file's lines in a DuckDB database of its own on disk: read, sorted and told apart there, within bounded memory.
 * Holds recipients' numbers, so its folder is the import's and goes when that ends.
 */
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { REGIONS } from '../directory/regions.ts';
import { TocsinError } from '../errors.ts';
import type { Header } from './header.ts';
import { LANGUAGES } from './languages.ts';
import { EMPTY_LINE, LANGUAGES_PER_REGION, parsedLines, quote, readLines, SOUND } from './line-sql.ts';
import { REJECTIONS } from './snapshot.ts';

export interface LineCounts {
  /** Without the header and empty lines. */
  readonly lines: number;
  readonly rejectedByReason: Record<string, number>;
  readonly rejected: number;
}

/** A run of sound lines by number, then by line: parallel arrays that hold good until the next run is asked for. */
export interface LineRun {
  readonly length: number;
  msisdn(i: number): number;
  /** Line of the file × GROUPS + group. */
  lineAndGroup(i: number): number;
}

export const GROUPS = 16_384;
const MEMORY_LIMIT = '400MB';

export const groupName = (group: number): { region: string; language: string } => ({
  region: REGIONS[Math.trunc(group / LANGUAGES_PER_REGION)]!.code,
  language: LANGUAGES[group % LANGUAGES_PER_REGION]!,
});

export class LineTable {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(folder: string): Promise<LineTable> {
    const instance = await DuckDBInstance.create(join(folder, 'lines.duckdb'), {
      memory_limit: MEMORY_LIMIT,
      temp_directory: join(folder, 'spill'),
      preserve_insertion_order: 'true',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    // A long IN list would become a join, and a join shuffles the lines: their numbers and the header would be lost.
    await connection.run("SET disabled_optimizers = 'in_clause'");
    const table = new LineTable(instance, connection);
    const list = (codes: readonly string[]) => codes.map(quote).join(', ');
    await connection.run(`CREATE TYPE region_code AS ENUM (${list(REGIONS.map(({ code }) => code))})`);
    await connection.run(`CREATE TYPE language_code AS ENUM (${list(LANGUAGES)})`);
    await connection.run('CREATE TABLE duplicates (line BIGINT)');
    return table;
  }

  /** Reads the spooled file. Throws `unreadable_audience` for what is no text of lines at all. */
  async load(file: string, encoding: string, header: Header): Promise<void> {
    try {
      await this.#connection.run(`CREATE TABLE lines AS ${parsedLines(readLines(file, encoding), header)}`);
    } catch (cause) {
      // DuckDB's message quotes the line, and so the number: it stays out of ours.
      if (String(cause).includes('INTERRUPT')) throw cause;
      const message = 'The file cannot be read as lines of text: it is binary, or a line is longer than 2 MB';
      throw new TocsinError('invalid', 'unreadable_audience', message);
    }
  }

  /** How far the running statement is, 0 to 1; undefined when DuckDB cannot tell. */
  fraction(): number | undefined {
    const { percentage } = this.#connection.progress;
    return percentage < 0 ? undefined : percentage / 100;
  }

  interrupt(): void {
    this.#connection.interrupt();
  }

  async count(): Promise<LineCounts> {
    const result = await this.#connection.run(
      'SELECT reason, count(*)::DOUBLE FROM lines WHERE rowid > 0 GROUP BY reason',
    );
    const counts = { lines: 0, rejected: 0, rejectedByReason: {} as Record<string, number> };
    for (const [code, count] of (await result.getRowsJS()) as [number, number][]) {
      if (code === EMPTY_LINE) continue;
      counts.lines += count;
      if (code === SOUND) continue;
      counts.rejected += count;
      counts.rejectedByReason[REJECTIONS[code - 1]!] = count;
    }
    return counts;
  }

  /** Sound lines by number, the first line of a number before its repetitions. */
  async *sorted(): AsyncGenerator<LineRun> {
    // As DOUBLE, both being exact below 2^53, since BigInts would cost more than all the rest.
    const result = await this.#connection.stream(`SELECT m::DOUBLE, ((rowid + 1) * ${GROUPS} + g)::DOUBLE
      FROM lines WHERE reason = ${SOUND} AND rowid > 0 ORDER BY m, rowid`);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      const numbers = chunk.getColumnVector(0);
      const places = chunk.getColumnVector(1);
      yield {
        length: chunk.rowCount,
        msisdn: (i) => numbers.getItem(i) as number,
        lineAndGroup: (i) => places.getItem(i) as number,
      };
    }
  }

  /** Writes `line,reason` of every line that is no recipient, by line; never a number. */
  async writeRejected(file: string, duplicateLines: Iterable<number>): Promise<void> {
    const appender = await this.#connection.createAppender('duplicates');
    for (const line of duplicateLines) {
      appender.appendBigInt(BigInt(line));
      appender.endRow();
    }
    appender.closeSync();
    const names = REJECTIONS.map(quote).join(', ');
    await this.#connection.run(`COPY (
      SELECT rowid + 1 AS line, [${names}][reason] AS reason FROM lines
        WHERE rowid > 0 AND reason NOT IN (${SOUND}, ${EMPTY_LINE})
      UNION ALL SELECT line, 'duplicate' FROM duplicates ORDER BY line
    ) TO ${quote(file)} (FORMAT csv, HEADER true)`);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

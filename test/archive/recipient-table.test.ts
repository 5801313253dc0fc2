import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { withDuckDb } from '../../src/archive/duckdb.ts';
import { findRecipient, writeRecipientTable } from '../../src/archive/recipient-table.ts';

describe('the table of recipients', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-it's-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const HEADER = 'region,language,msisdn,state,in_doubt';
  const parquet = () => join(folder, 'r.parquet');
  function csvOf(lines: readonly string[]): string {
    const csv = join(folder, 'r.csv.gz');
    writeFileSync(csv, gzipSync([HEADER, ...lines, ''].join('\n')));
    return csv;
  }
  const THREE = ['2A,fr,33639980003,delivered,0', '35,en,33639980002,unconfirmed,1', '01,fr,33639980001,pending,0'];

  test('finds everybody with state and mark, and nobody else', async () => {
    await writeRecipientTable({ csv: csvOf(THREE), parquet: parquet(), recipients: 3 });
    expect(await findRecipient(parquet(), 33_639_980_002)).toEqual({
      ...{ region: '35', language: 'en', state: 'unconfirmed', inDoubt: true },
    });
    expect(await findRecipient(parquet(), 33_639_980_001)).toMatchObject({ region: '01', inDoubt: false });
    expect(await findRecipient(parquet(), 33_639_980_004)).toBeUndefined();
  });

  test('is sorted by number, so that a look-up reads few rows, and is the same bytes whatever order they came in', async () => {
    const hashOf = async (lines: readonly string[]) => {
      await writeRecipientTable({ csv: csvOf(lines), parquet: parquet(), recipients: lines.length });
      return createHash('sha256').update(readFileSync(parquet())).digest('hex');
    };
    expect(await hashOf(THREE)).toBe(await hashOf(THREE.toReversed()));
    expect(existsSync(`${parquet()}.spill`)).toBe(false);
  });

  test('is refused when it does not hold as many as the broadcast has recipients', async () => {
    const writing = writeRecipientTable({ csv: csvOf(THREE), parquet: parquet(), recipients: 4 });
    await expect(writing).rejects.toMatchObject({ code: 'table_incomplete' });
  });

  test('ends its query when the signal aborts, with the reason', async () => {
    const stop = new AbortController();
    const work = withDuckDb({ folders: [folder], memoryMb: 64, signal: stop.signal }, async (db) => {
      setTimeout(() => stop.abort(new Error('the reader went away')), 20);
      await db.run('SELECT sum(hash(a.range)) FROM range(1000000) a, range(1000000) b');
    });
    await expect(work).rejects.toThrow('the reader went away');
  });

  test('can read nothing outside its folder, and not change that', async () => {
    const outside = join(tmpdir(), 'tocsin-outside.csv');
    writeFileSync(outside, 'a\n1\n');
    await withDuckDb({ folders: [folder], memoryMb: 64 }, async (db) => {
      await expect(db.run('SELECT * FROM read_csv($1)', [outside])).rejects.toThrow(/Permission|disabled/);
      await expect(db.run('SET enable_external_access = true')).rejects.toThrow();
    });
    rmSync(outside);
  });
});

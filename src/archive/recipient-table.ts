/**
 * What became of every recipient as Parquet: sorted by number, so that one is found by reading the statistics of all row
 * groups and the rows of one. The same rows give the same bytes. Numbers go into queries as parameters only.
 */
import { dirname } from 'node:path';
import { TocsinError } from '../errors.ts';
import { SLOT_STATES, type SlotState } from '../ledger/states.ts';
import { withDuckDb } from './duckdb.ts';

/** Of the reader; its own choice is 32 MB a piece, which a country's sort leaves no room for. */
const CSV_BUFFER_BYTES = 1_048_576;
/** Enough for the sort; the rest goes to disk. */
const WRITE_MEMORY_MB = 256;
const READ_MEMORY_MB = 64;
/** Rows of a group: what one look-up reads, of the columns that it asks for. */
const GROUP_ROWS = 30_720;

const COLUMNS =
  "{'region': 'VARCHAR', 'language': 'VARCHAR', 'msisdn': 'BIGINT', 'state': 'VARCHAR', 'in_doubt': 'BOOLEAN'}";
const WRITE = `
  COPY (
    SELECT msisdn, region, "language", state, in_doubt
    FROM read_csv($1, header = true, auto_detect = false, delim = ',', buffer_size = ${CSV_BUFFER_BYTES}, columns = ${COLUMNS})
    ORDER BY msisdn, region, "language"
  ) TO $2 (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${GROUP_ROWS})`;
const COUNT = 'SELECT count(*)::DOUBLE FROM read_parquet($1)';
const FIND = 'SELECT region, "language", state, in_doubt FROM read_parquet($1) WHERE msisdn = $2::BIGINT';

export interface ArchivedRecipient {
  readonly region: string;
  readonly language: string;
  readonly state: SlotState;
  readonly inDoubt: boolean;
}

/**
 * Writes the Parquet file of a CSV file (plain or gzip, columns as in evidence-recipients.ts). Throws `unavailable` /
 * `table_incomplete` when it does not hold `recipients` rows.
 */
export async function writeRecipientTable(
  { csv, parquet, recipients }: { csv: string; parquet: string; recipients: number },
  signal?: AbortSignal,
): Promise<void> {
  const folders = [dirname(csv), dirname(parquet)];
  const spillFolder = `${parquet}.spill`;
  await withDuckDb({ folders, spillFolder, memoryMb: WRITE_MEMORY_MB, signal }, async (db) => {
    await db.run(WRITE, [csv, parquet]);
    const rows = (await db.runAndReadAll(COUNT, [parquet])).getRows()[0]?.[0];
    if (rows === recipients) return;
    const message = `The table of recipients has ${String(rows)} rows, the broadcast ${recipients} recipients`;
    throw new TocsinError('unavailable', 'table_incomplete', message);
  });
}

/** Undefined when the file does not hold the number. */
export async function findRecipient(parquet: string, msisdn: number): Promise<ArchivedRecipient | undefined> {
  return withDuckDb({ folders: [dirname(parquet)], memoryMb: READ_MEMORY_MB }, async (db) => {
    const [row] = (await db.runAndReadAll(FIND, [parquet, String(msisdn)])).getRows();
    if (row === undefined) return undefined;
    const [region, language, state, inDoubt] = row;
    const known = SLOT_STATES.find((each) => each === state);
    if (known === undefined) throw new TocsinError('unavailable', 'broken_archive', 'The archive names no state');
    return { region: String(region), language: String(language), state: known, inDoubt: inDoubt === true };
  });
}

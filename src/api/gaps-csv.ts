/** The report of gaps as a table for a spreadsheet: numbers first, then contacts. */
import { writeCsv } from '../directory/csv.ts';
import type { GapReport } from '../directory/gaps.ts';

const COLUMNS = ['what', 'region', 'service', 'contact', 'state', 'reason', 'number', 'owner', 'from', 'place'];
const TESTED = ['verified_at', 'verified_by'];

export function gapsCsv({ numbers, contacts }: GapReport): string {
  return writeCsv([
    [...COLUMNS, ...TESTED],
    ...numbers.map((row) => [
      ...['number', row.region, row.service, undefined, row.state, row.reason],
      ...[row.display, row.owner, row.from, row.place, row.verifiedAt, row.verifiedBy],
    ]),
    ...contacts.map((row) => [
      ...['contact', row.region, undefined, `${row.id} (${row.kind})`, row.state, row.reason],
      ...[undefined, row.owner, undefined, undefined, row.verifiedAt, row.verifiedBy],
    ]),
  ]);
}

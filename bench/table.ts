/** A table on standard output: a title, a head, right-aligned figures. */

export function printTable(title: string, rows: readonly (readonly string[])[]): void {
  process.stdout.write(`\n${title}\n${tableOf(rows)}\n`);
}

export function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return rows
    .map((row, i) => (i === 0 ? `${line(row)}\n${widths.map((w) => '-'.repeat(w)).join('  ')}` : line(row)))
    .join('\n');
}

/** `tocsin verify`: holds the kept counts of broadcasts against their slots (ledger rule 6). */
import { Command } from 'commander';
import { broadcastRecords } from '../broadcasts/broadcast.ts';
import { verify } from '../broadcasts/verify.ts';
import type { Cli } from './cli.ts';
import { table } from './console-output.ts';

/** Without an id, the newest ones. */
const NEWEST = 100;

export function verifyCommand(cli: Cli): Command {
  return new Command('verify')
    .description('recount broadcasts from their slots; status 1 when a count differs')
    .argument('[broadcast]', `id, such as b12 (default: the newest ${NEWEST})`)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nWhile a broadcast runs, counts move between the two readings: verify it when it\nis closed or paused.',
    )
    .action((id, options) => run(cli, id, options));
}

async function run(cli: Cli, id: string | undefined, { json }: { json?: boolean }): Promise<void> {
  const store = await cli.openStore();
  const ids =
    id === undefined ? (await broadcastRecords(store).list({ limit: NEWEST })).map((found) => found.id) : [id];
  const results = [];
  for (const broadcast of ids) results.push({ broadcast, ...(await verify(store, broadcast)) });
  if (results.some(({ differences }) => differences.length > 0)) cli.foundWrong();
  if (json) return cli.print(JSON.stringify(results));
  if (results.length === 0) cli.print('There is no broadcast');
  for (const { broadcast, recipients, differences } of results) {
    if (differences.length === 0)
      cli.print(`${broadcast}: ${recipients} recipients, every count agrees with the slots`);
    else {
      cli.print(`${broadcast}: ${differences.length} counts differ from the slots`);
      const rows = differences.map(({ region, language, count, kept, recounted }) => [
        region,
        language,
        count,
        kept,
        recounted,
      ]);
      cli.print(table(['region', 'language', 'count', 'kept', 'recounted'], rows));
    }
  }
}

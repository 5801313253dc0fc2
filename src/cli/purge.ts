/** `tocsin archive` and `tocsin purge`: files closed broadcasts, and removes recipients' data whose time is over. */
import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { archiveCalls } from '../archive/calls.ts';
import { HOUSEKEEPING } from '../archive/housekeeping.ts';
import { withLease } from '../archive/lease.ts';
import { Purge, type PurgeReport } from '../archive/purge.ts';
import { Audiences } from '../audience/audiences.ts';
import { TocsinError } from '../errors.ts';
import type { Notice } from '../notices/notice.ts';
import { Records } from '../store/records.ts';
import type { Cli } from './cli.ts';
import { wrapped } from './console-output.ts';

const given = async (cli: Cli) => {
  const store = await cli.openStore();
  const audiences = new Audiences({ store, workFolder: cli.dataFolder });
  const { dataFolder, archiveFolder, retention } = cli;
  const notices = new Records<Notice>(store, 'notice');
  return { store, audiences, notices, dataFolder, archiveFolder, retention, now: Date.now };
};

/** What the archive does, on this command line's store and folders. */
export const archiveOf = async (cli: Cli) => archiveCalls(await given(cli));

export function archiveCommand(cli: Cli): Command {
  return new Command('archive')
    .description('write the evidence of a closed broadcast into the archive now')
    .argument('<id>', 'id of the broadcast, such as b12')
    .option('--json', 'print what is known of the archive as JSON')
    .action(async (id: string, { json }: { json?: boolean }) => {
      const { archive } = await archiveOf(cli);
      const written = await archive.write(id, cli.actor);
      await archive.check(written);
      if (json) return cli.print(JSON.stringify(written.value));
      cli.print(`${id} is in ${archive.folderOf(id)}`);
      cli.print(`manifest ${written.value.manifest}`);
    });
}

export function purgeCommand(cli: Cli): Command {
  return new Command('purge')
    .description('remove what the settings TOCSIN_RETENTION_… let nobody keep any longer')
    .option('--dry-run', 'only say what would be removed, and what stays and why')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', '\nThe API does this by itself every hour. What was removed is in the audit log.')
    .action((options) => purge(cli, options));
}

async function purge(cli: Cli, { dryRun = false, json }: { dryRun?: boolean; json?: boolean }): Promise<void> {
  const deps = await given(cli);
  const work = new Purge({ ...deps, archive: archiveCalls(deps).archive });
  let report: PurgeReport | undefined;
  const lease = { store: deps.store, name: HOUSEKEEPING, holder: randomUUID() };
  const run = async (signal?: AbortSignal) => {
    report = await work.run({ actor: cli.actor, dryRun, signal });
  };
  if (dryRun) await run();
  else if (!(await withLease(lease, run))) {
    throw new TocsinError('unavailable', 'purge_under_way', 'Another process purges or archives just now; try again');
  }
  if (report === undefined) return;
  if (json) return cli.print(JSON.stringify(report));
  for (const line of told(report, dryRun ? 'would be removed' : 'removed')) cli.print(line);
}

function* told({ ledgers, audiences, lists, files, left }: PurgeReport, done: string): Generator<string> {
  for (const { broadcast, recipients } of ledgers) yield `ledger of ${broadcast}: ${recipients} states ${done}`;
  for (const { broadcast, recipients } of lists) yield `archived lists of ${broadcast}: ${recipients} lines ${done}`;
  for (const { audience, recipients } of audiences) yield `audience ${audience}: ${recipients} recipients ${done}`;
  if (files > 0) yield `files: ${files} ${done}`;
  if (ledgers.length + lists.length + audiences.length + files === 0) yield `Nothing ${done}`;
  for (const { what, why } of left) yield* wrapped(`${what} stays: ${why}`, '');
}

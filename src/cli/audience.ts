/** `tocsin audience`: brings an audience in from a file on this machine, where it is too large to send to the API. */
import { Command } from 'commander';
import { Audiences } from '../audience/audiences.ts';
import type { AudienceSnapshot } from '../audience/snapshot.ts';
import type { Cli } from './cli.ts';
import { progressMeter, table } from './console-output.ts';
import { openInput } from './input-file.ts';

const PERCENT = 100;
/** Groups shown; a country has some two hundred. */
const LARGEST = 10;

export function audienceCommand(cli: Cli): Command {
  const command = new Command('audience').description('import an audience');
  command
    .command('import')
    .description('make a snapshot of a CSV file, plain or gzip; a failed import leaves nothing behind')
    .argument('<file>', 'columns msisdn, region, language in any order')
    .requiredOption('--name <name>', 'what people call it')
    .option('--json', 'print the snapshot as JSON')
    .addHelpText(
      'after',
      `
Lines that are no recipient are left out and counted by reason; the list of them
has line numbers, never telephone numbers.

Example:
  tocsin audience import subscribers.csv.gz --name "June 2026"`,
    )
    .action((file, options) => importFile(cli, file, options));
  return command;
}

async function importFile(cli: Cli, file: string, { name, json }: { name: string; json?: boolean }): Promise<void> {
  const { stream, bytes } = await openInput(file);
  const audiences = new Audiences({ store: await cli.openStore(), workFolder: cli.dataFolder });
  const meter = progressMeter(cli, 'import', '%', PERCENT);
  const onProgress = ({ fraction }: { fraction?: number }) => {
    if (fraction !== undefined) meter.update(Math.floor(fraction * PERCENT));
  };
  const { snapshot, rejectedFile } = await audiences
    .import(stream, { name, sizeHint: bytes, onProgress }, cli.actor)
    .finally(() => meter.end());
  if (json) return cli.print(JSON.stringify({ id: snapshot.id, ...snapshot.value, rejectedFile }));
  for (const line of told(snapshot.id, snapshot.value)) cli.print(line);
  if (rejectedFile !== undefined) cli.print(`  why, line by line: ${rejectedFile}`);
}

function told(id: string, snapshot: AudienceSnapshot): string[] {
  const { name, recipients, groups, fictional, unassigned, duplicates, rejected, rejectedByReason } = snapshot;
  const largest = [...groups].sort((a, b) => b.recipients - a.recipients).slice(0, LARGEST);
  const reasons = Object.entries(rejectedByReason).map(([reason, count]) => `${reason} ${count}`);
  return [
    `Audience ${id} "${name}": ${recipients} recipients in ${groups.length} groups`,
    `  fictional ${fictional}, country code 999 ${unassigned}, duplicates left out ${duplicates}`,
    `  lines rejected ${rejected}${reasons.length > 0 ? `: ${reasons.join(', ')}` : ''}`,
    table(
      ['region', 'language', 'recipients'],
      largest.map((group) => [group.region, group.language, group.recipients]),
    ),
    ...(groups.length > largest.length ? [`  and ${groups.length - largest.length} smaller groups`] : []),
  ];
}

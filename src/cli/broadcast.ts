/** `tocsin broadcast`: follows a broadcast in a terminal, for whoever has no console at hand. */
import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { type Progress, ProgressReader } from '../broadcasts/progress.ts';
import type { RecipientState } from '../broadcasts/recipient.ts';
import { TocsinError } from '../errors.ts';
import { parseMsisdn } from '../sms/msisdn.ts';
import type { Cli } from './cli.ts';
import { type ProgressMeter, progressMeter, wrapped } from './console-output.ts';
import { archiveOf } from './purge.ts';

const EVERY_MS = 1_000;

export function broadcastCommand(cli: Cli): Command {
  const command = new Command('broadcast').description('follow a broadcast');
  command
    .command('watch')
    .description('follow it until it is closed; status 1 when someone was left unaccounted for')
    .argument('<id>', 'id, such as b12')
    .option('--once', 'say where it is now, and end')
    .option('--json', 'print each state as a line of JSON')
    .action((id, options) => watch(cli, id, options));
  command
    .command('recipient')
    .description(
      'what became of one number, from the ledger or from the archive; it is in the audit log that you asked',
    )
    .argument('<id>', 'id, such as b12')
    .argument('<msisdn>', 'the number; your shell may keep it in its history')
    .option('--json', 'print the state as JSON')
    .action((id, msisdn, options) => recipient(cli, id, msisdn, options));
  return command;
}

async function recipient(cli: Cli, id: string, number: string, { json }: { json?: boolean }): Promise<void> {
  const msisdn = recipientNumber(number);
  const by = { actor: cli.actor, person: cli.actor };
  const found = await (await archiveOf(cli)).recipientState(id, msisdn, by);
  if (json) return cli.print(JSON.stringify(found));
  for (const line of toldState(found)) cli.print(line);
}

/** Does not repeat what is none. */
export function recipientNumber(text: string): number {
  const parsed = parseMsisdn(text);
  if (!parsed.ok) throw new TocsinError('invalid', 'invalid_msisdn', 'This is not a number of a recipient');
  return parsed.msisdn;
}

export function toldState({ region, language, state, inDoubt, text }: RecipientState): string[] {
  const told = `${state}${inDoubt ? ', in doubt: may have come twice' : ''} (${region} ${language})`;
  return [told, ...wrapped(text, '  ')];
}

async function watch(cli: Cli, id: string, { once, json }: { once?: boolean; json?: boolean }): Promise<void> {
  const reader = new ProgressReader({ store: await cli.openStore() });
  let meter: ProgressMeter | undefined;
  for (;;) {
    const progress = await reader.read(id);
    if (json) cli.print(JSON.stringify(progress));
    else {
      meter ??= progressMeter(cli, id, 'recipients final', progress.recipients);
      meter.update(progress.final);
    }
    const ended = progress.state === 'closed';
    if (ended || once) {
      meter?.end();
      if (ended && progress.unaccounted > 0) cli.foundWrong();
      if (!json) cli.print(summary(progress));
      return;
    }
    await pause(EVERY_MS);
  }
}

export function summary({ broadcast, state, recipients, submitted, counts, inDoubt, unaccounted }: Progress): string {
  const told = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`);
  return [
    `${broadcast} is ${state}: ${submitted} of ${recipients} recipients submitted`,
    `  ${told.join(', ')}`,
    `  in doubt at some time: ${inDoubt}; not final yet: ${unaccounted}`,
  ].join('\n');
}

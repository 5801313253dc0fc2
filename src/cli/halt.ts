/** `tocsin halt`: stops everything at once, for whoever is at the machine when the API is not at hand. */
import { Command } from 'commander';
import { type HaltState, halt, lift, readHalt } from '../broadcasts/halt.ts';
import type { Cli } from './cli.ts';

interface Options {
  lift?: boolean;
  show?: boolean;
  reason?: string;
  json?: boolean;
}

export function haltCommand(cli: Cli): Command {
  return new Command('halt')
    .description('halt everything: nothing leaves on any route until it is lifted')
    .option('--lift', 'lift it: running broadcasts go on; takes a reason')
    .option('--show', 'say whether it is in force, and change nothing')
    .option('--reason <text>', 'why; it stands in the audit log')
    .option('--json', 'print {halted, at, by, reason} as JSON')
    .addHelpText(
      'after',
      `
In force in every process within one second, whatever is launched or resumed.
Receipts are still taken. A process that starts during a halt obeys it.

Examples:
  tocsin halt --reason "wrong number in the text of 35"
  tocsin halt --lift --reason "the text is corrected and approved again"`,
    )
    .action((options: Options) => run(cli, options));
}

async function run(cli: Cli, { lift: lifts, show, reason = '', json }: Options): Promise<void> {
  const store = await cli.openStore();
  const by = { actor: cli.actor, person: cli.actor };
  const change = async () => (lifts ? lift(store, by, reason, Date.now) : halt(store, by, reason, Date.now));
  const state: HaltState = show ? await readHalt(store) : (await change()).value;
  cli.print(json ? JSON.stringify(state) : told(state));
}

function told({ halted, at, by, reason }: HaltState): string {
  if (at === undefined) return 'Nothing is halted, and never was';
  const why = reason === undefined ? '' : `: ${reason}`;
  return `${halted ? 'Everything is halted' : 'Nothing is halted'} since ${at}, by ${by}${why}`;
}

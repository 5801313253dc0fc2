/** `npm run chaos`: reads the command line, runs the faults one after the other, and reports. */
import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { count, Screen } from '../../bench/screen.ts';
import { printTable } from '../../bench/table.ts';
import { FAULTS, type Fault, type Row, rowOf } from './chaos.ts';
import { Stage } from './stage.ts';

/** Slow enough that twenty kills are spread over a broadcast of 100,000. */
const SEGMENTS_PER_SECOND = 4_000;
const RESPONSE_TIMEOUT_MS = 3_000;
const SEEDS = 1_000_000;

interface Options {
  readonly fault: readonly Fault[];
  readonly recipients: number;
  readonly runs: number;
  readonly seed: number;
  readonly json?: string;
  readonly list?: true;
}

const screen = new Screen(process.stderr);

const program = new Command('npm run chaos --')
  .description('Breaks what a broadcast rests on while it runs, and counts at the SMSC simulator who has the text.')
  .option('--fault <name>', 'only this fault; may be given several times', oneMore, [])
  .option('--recipients <count>', 'recipients of each broadcast', whole(1_000, 10_000_000), 100_000)
  .option('--runs <count>', 'broadcasts for each fault', whole(1, 1_000), 1)
  .option(
    '--seed <number>',
    'repeats the moments of an earlier run',
    whole(0, SEEDS),
    Math.floor(Math.random() * SEEDS),
  )
  .option('--json <file>', 'also writes a row for each fault there')
  .option('--list', 'tells the faults, and ends')
  .addHelpText(
    'after',
    `
Moments are points in the progress of a broadcast, so the same seed repeats them whatever the machine.
It ends with status 1 when anybody is lost, or has the text twice without being listed as in doubt.

Examples:
  npm run chaos                                       all faults, some 15 minutes
  npm run chaos -- --fault dispatcher-killed --runs 5
  npm run chaos -- --seed 42 --json out.json`,
  )
  .parse();

const options = program.opts<Options>();
if (options.list) list();
else await run(options);
process.exit();

function list(): void {
  const rows = FAULTS.map(({ name, says }) => `  ${name.padEnd(22)} ${says}`);
  process.stdout.write(`${rows.join('\n')}\n`);
}

async function run({ fault: chosen, recipients, runs, seed, json }: Options): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => stop.abort(new Error(`ended by ${name}`)));
  }
  screen.say(`Seed ${seed}; ${count(recipients)} recipients in each broadcast`);
  let stage: Stage | undefined;
  const stageOf = async () => {
    stage ??= await Stage.start({
      ...{ signal: stop.signal, screen },
      segmentsPerSecond: SEGMENTS_PER_SECOND,
      responseTimeoutMs: RESPONSE_TIMEOUT_MS,
    });
    return stage;
  };
  const rows: Row[] = [];
  for (const fault of chosen.length > 0 ? chosen : FAULTS) {
    if (stop.signal.aborted) break;
    const obstacle = fault.unavailable();
    if (obstacle !== undefined) {
      screen.say(`${fault.name}: skipped, ${obstacle}`);
      continue;
    }
    try {
      const { row, wrong } = await rowOf(fault, stageOf, { seed, runs, recipients, short: false });
      rows.push(row);
      screen.say(`${fault.name}: ${wrong.length === 0 ? 'held' : 'DID NOT HOLD'}`);
      for (const line of wrong) screen.say(`  ${line}`);
      if (wrong.length > 0) process.exitCode = 1;
    } catch (error) {
      process.exitCode = 1;
      const reason = stop.signal.aborted ? stop.signal.reason : error;
      screen.say(`${fault.name}: broke off: ${reason instanceof Error ? reason.message : String(reason)}`);
      screen.say(stage?.logs() ?? '');
      rows.push(brokenOff(fault, runs, recipients));
      // Whatever state it is in, the next fault shall not inherit it.
      await stage?.close();
      stage = undefined;
    }
  }
  await stage?.close();
  report(rows, seed, json);
}

/** Nobody knows what became of its recipients: they count as lost. */
function brokenOff(fault: Fault, runs: number, recipients: number): Row {
  return {
    ...{ fault: fault.name, runs, recipients: runs * recipients, lost: runs * recipients },
    ...{ twice: 0, inDoubt: 0, secondsToRecover: Number.MAX_SAFE_INTEGER },
  };
}

function report(rows: readonly Row[], seed: number, json: string | undefined): void {
  printTable(`faults in mid-broadcast, seed ${seed}`, [
    ['fault', 'runs', 'recipients', 'lost', 'twice', 'in doubt', 's to recover'],
    ...rows.map(({ fault, runs, recipients, lost, twice, inDoubt, secondsToRecover }) => [
      ...[fault, String(runs), count(recipients), count(lost), count(twice), count(inDoubt)],
      secondsToRecover.toFixed(2),
    ]),
  ]);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);
}

function oneMore(name: string, before: readonly Fault[]): readonly Fault[] {
  const fault = FAULTS.find((known) => known.name === name);
  if (!fault) throw new InvalidArgumentError(`there is no such fault; --list tells them.`);
  return [...before, fault];
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll('_', ''));
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}.`);
  };
}

/**
 * The demo: an exercise for the whole country on one machine, played through the HTTP API against a simulated SMSC. It
 * ends with 0 when everybody is accounted for and was told once, with 1 when not, and leaves nothing running.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { playCorrection } from './correction.ts';
import { type Exercise, type ExerciseSetup, follow, prepareAndLaunch } from './exercise.ts';
import { type Figures, faultsOf, figuresOf, figureTable, type SmscRecord } from './figures.ts';
import type { DemoOptions } from './options.ts';
import { count, Screen, type Terminal } from './screen.ts';
import { Setting } from './setting.ts';

export interface DemoSurroundings {
  readonly terminal: Terminal;
  /** Path of the node program. */
  readonly node: string;
  /** The environment without Tocsin's own settings. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dataFolder: string;
  /** Aborted when the demo shall end. */
  readonly signal: AbortSignal;
}

/** Returns the exit code. Throws what kept the demo from its end, after everything was ended. */
export async function runDemo(options: DemoOptions, around: DemoSurroundings): Promise<number> {
  const screen = new Screen(around.terminal);
  const folder = join(around.dataFolder, 'demo', new Date().toISOString().slice(0, 19).replaceAll(':', '-'));
  const { node, env, signal } = around;
  const rate = options.rate === undefined ? {} : { rate: options.rate };
  const setting = new Setting({ node, env, folder, seed: options.seed, signal, ...rate }, screen);
  screen.say(
    `Tocsin demo: ${count(options.recipients)} people, ${options.regions.length} regions. Everything stays on this machine.`,
  );
  try {
    screen.step('The programs start, each as it runs in production.');
    await setting.start();
    const setup = { setting, options, screen, signal };
    if (options.story === 'correction') return await concludeCorrection(setup);
    const exercise = await prepareAndLaunch(setup);
    const figures = await conclude(exercise, setup);
    if (options.keep) await stay(setting, exercise, screen, signal);
    return figures.faults.length === 0 ? 0 : 1;
  } finally {
    await setting.stop();
  }
}

async function concludeCorrection(setup: ExerciseSetup): Promise<number> {
  const { screen, options } = setup;
  const { figures, faults } = await playCorrection(setup);
  screen.say(
    faults.length === 0
      ? 'Corrected in time, and told to those only who had the first text.'
      : 'The promise was not kept:',
  );
  for (const fault of faults) screen.say(`  ${fault}`);
  writeFigures(figures, options, screen);
  return faults.length === 0 ? 0 : 1;
}

function writeFigures(figures: object, { json }: DemoOptions, screen: Screen): void {
  if (json === undefined) return;
  writeFileSync(json, `${JSON.stringify(figures, undefined, 2)}\n`);
  screen.say(`The figures are in ${json}`);
}

async function conclude(exercise: Exercise, setup: ExerciseSetup): Promise<{ figures: Figures; faults: string[] }> {
  const { screen, setting, options } = setup;
  screen.step('Messages leave, receipts come back.');
  const progress = await follow(exercise, setup);

  screen.step('The broadcast is closed: its evidence is exported, and the SMSC is asked what it saw.');
  const evidence = join(setting.folder, `evidence-${exercise.broadcast}.tar.gz`);
  await exercise.cell.download(`/v1/broadcasts/${exercise.broadcast}/evidence`, evidence);
  const smsc = (await (await fetch(`${setting.simulator}/record`)).json()) as SmscRecord;
  const figures = figuresOf(progress, smsc, exercise.launchSentAt, evidence);
  const faults = faultsOf(figures, smsc);
  screen.say(...figureTable(figures), `Evidence: ${evidence}`);
  screen.say(
    faults.length === 0 ? 'Everybody is accounted for, and nobody was told twice.' : 'The promise was not kept:',
  );
  for (const fault of faults) screen.say(`  ${fault}`);
  writeFigures(figures, options, screen);
  return { figures, faults };
}

/** Holds everything up until the signal comes. */
async function stay(
  setting: Setting,
  { cellSecret, notice, broadcast }: Exercise,
  screen: Screen,
  signal: AbortSignal,
) {
  screen.step('Everything is left running. Look around, from another terminal:');
  screen.say(
    `   calls and their shapes: ${setting.api}/docs`,
    `   what the SMSC saw:      curl ${setting.simulator}/record`,
    `   the store:              TOCSIN_REDIS_URL=${setting.redisUrl}`,
    '',
    '   With the key of the crisis cell:',
    `   KEY=${cellSecret}`,
    `   get() { curl -H "Authorization: Bearer $KEY" ${setting.api}/v1/$1; }`,
    `   get notices/${notice}`,
    `   get broadcasts/${broadcast}`,
    '',
    '   Ctrl-C ends it all.',
  );
  // Only the signal ends the wait; the timer keeps the program alive for it.
  const alive = setInterval(() => {}, 60_000);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(alive);
}

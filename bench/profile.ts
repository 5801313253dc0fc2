/** Where the time goes: the dispatcher's functions and files by their own time, and Redis's commands by theirs. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Bed } from './bed.ts';
import { readProfile, type Share, sharesOf } from './cpu-profile.ts';
import { runDurable } from './durable.ts';
import { runFloor } from './floor.ts';
import { printTable } from './table.ts';
import { ONE_SEGMENT, TWO_SEGMENTS } from './texts.ts';

const WARM_UP_MESSAGES = 150_000;
const SHOWN = 20;

export interface ProfileOptions {
  readonly messages: number;
  readonly links: number;
  readonly window: number;
  readonly segments: 1 | 2;
}

export async function measureProfile(bed: Bed, options: ProfileOptions): Promise<void> {
  const { messages, segments } = options;
  await bed.startSimulator();
  const common = { ...options, text: segments === 1 ? ONE_SEGMENT : TWO_SEGMENTS };
  await runFloor(bed, { ...common, messages: WARM_UP_MESSAGES, title: 'warm-up of the simulator' });
  const folder = mkdtempSync(join(bed.folder, 'profile-'));
  let commands: string[][] = [];
  await runDurable(bed, {
    ...common,
    dispatchers: 1,
    title: 'profiled run',
    nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${folder}`],
    afterwards: async (redis) => {
      const spent = await redis.commands();
      commands = spent
        .slice(0, SHOWN)
        .map(({ command, calls, micros }) => [command, (micros / messages).toFixed(3), String(calls)]);
    },
  });
  const { functions, files } = sharesOf(readProfile(folder));
  const rows = (shares: readonly Share[]) =>
    shares.slice(0, SHOWN).map(({ name, share }) => [name, `${(share * 100).toFixed(1)} %`]);
  printTable('dispatcher: own time by function, of the time it was not idle', [['', 'share'], ...rows(functions)]);
  printTable('dispatcher: own time by file', [['', 'share'], ...rows(files)]);
  printTable('Redis: time inside commands (scripts hold the commands they call)', [
    ['', 'µs/message', 'calls'],
    ...commands,
  ]);
}

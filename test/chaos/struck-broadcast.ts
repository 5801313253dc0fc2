/** One broadcast with one kind of fault in it: launched, struck at its moments, followed to its end, and judged. */
import { setTimeout as pause } from 'node:timers/promises';
import { groupOf, seedGroups } from '../../bench/seeding.ts';
import { ONE_SEGMENT } from '../../bench/texts.ts';
import { type Progress, ProgressReader } from '../../src/broadcasts/progress.ts';
import { REGIONS } from '../../src/directory/regions.ts';
import type { StrikingFault } from './faults.ts';
import { momentsOf, type Random } from './moments.ts';
import { judge, type Outcome, parkedReceipts } from './outcome.ts';
import { type Strike, secondsToRecover } from './recovery.ts';
import type { Stage } from './stage.ts';
import { Watch } from './watch.ts';

/** Less than the hour that clocks jump by: whoever believes them lapses the broadcast. */
const EXPIRES_IN_MS = 40 * 60_000;
const FIRST_NUMBER = 999_100_000_000;
const NUMBERS_EACH = 10_000_000;
const BATCHES_EACH = 5;
/** With nothing moving for so long, whatever is left will not come. */
const STANDSTILL_MS = 75_000;
const CLOSED_POLL_MS = 100;

export interface RunPlan {
  readonly recipients: number;
  readonly random: Random;
  /** A short run: one strike, and short ones. */
  readonly short: boolean;
  readonly title: string;
}

export async function runStruck(stage: Stage, fault: StrikingFault, plan: RunPlan): Promise<Outcome> {
  const { recipients, random, short, title } = plan;
  await stage.untilWhole();
  await stage.behave();
  await stage.smsc.reset();
  const parkedBefore = await parkedReceipts(stage);
  const seeded = await seedAudience(stage, recipients);
  const watch = new Watch(stage, (accepted) =>
    stage.screen.progress(`${title}: ${accepted} of ${recipients} accepted`),
  );
  watch.start();
  const strikes: Strike[] = [];
  try {
    const { id } = await seeded.launch();
    for (const moment of momentsOf(random, short ? Math.min(fault.strikes, 1) : fault.strikes, recipients)) {
      await watch.reach(moment);
      stage.screen.progress(`${title}: strikes after ${moment} submissions`);
      let from = Date.now();
      const begins = () => {
        from = Date.now();
      };
      const forMs = short ? (fault.shortMs ?? fault.forMs) : fault.forMs;
      await fault.strike({ stage, random, forMs, begins });
      strikes.push({ from, until: Date.now() });
    }
    const progress = await untilClosed(stage, id, title);
    await watch.stop();
    stage.requireRunning();
    const judged = await judge({ stage, broadcast: id, progress, parkedBefore, program: !short });
    const seconds = strikes.map((strike) => secondsToRecover(watch.samples, strike, recipients));
    return { ...judged, secondsToRecover: Math.max(...seconds) };
  } finally {
    await watch.stop();
    await fault.mend?.(stage);
  }
}

async function seedAudience(stage: Stage, recipients: number) {
  const no = stage.nextBroadcast();
  const regions = Math.max(2, Math.min(REGIONS.length, Math.ceil(recipients / (BATCHES_EACH * 1_000))));
  const groups = REGIONS.slice(0, regions).map(({ code }, i) =>
    groupOf(code, 'fr', Math.floor(recipients / regions) + (i < recipients % regions ? 1 : 0)),
  );
  return seedGroups({
    store: stage.store,
    route: stage.route,
    groups,
    textOf: () => ONE_SEGMENT,
    name: `chaos${no}`,
    firstNumber: FIRST_NUMBER + no * NUMBERS_EACH,
    expiresInMs: EXPIRES_IN_MS,
  });
}

/** Follows a broadcast until it is closed; gives back how it stands when nothing moves any more. */
export async function untilClosed(stage: Stage, id: string, title: string): Promise<Progress> {
  const reader = new ProgressReader({ store: stage.store });
  let moved = { left: -1, at: performance.now() };
  for (;;) {
    stage.signal.throwIfAborted();
    const progress = await reader.read(id);
    const left = progress.unaccounted;
    stage.screen.progress(`${title}: ${left} left`);
    if (progress.state === 'closed') return progress;
    stage.requireRunning();
    if (left !== moved.left) moved = { left, at: performance.now() };
    if (performance.now() - moved.at > STANDSTILL_MS) return progress;
    await pause(CLOSED_POLL_MS);
  }
}

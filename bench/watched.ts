/** One broadcast in real dispatchers, watched at the SMSC until everybody has had it, or nothing moves any more. */
import { setTimeout as pause } from 'node:timers/promises';
import type { AudienceGroup } from '../src/audience/snapshot.ts';
import type { Route } from '../src/broadcasts/routes.ts';
import type { RecordSnapshot } from '../src/simulator/record.ts';
import type { TextCount } from '../src/simulator/text-register.ts';
import { sha256Of } from './approved-notice.ts';
import type { Bed, RouteChoice } from './bed.ts';
import type { PrivateRedis } from './private-redis.ts';
import { cleanRecord } from './run-clock.ts';
import { count } from './screen.ts';
import { FIRST_NUMBER, seedGroups, spreadOver } from './seeding.ts';
import { ONE_SEGMENT } from './texts.ts';

const POLL_MS = 200;
const STALLED_MS = 15_000;
/** Messages of each dispatcher, in so many lanes, to numbers that far behind the others. */
const WARM_UP_EACH = 40_000;
const WARM_UP_LANES = 60;
const WARM_UP_NUMBERS = 90_000_000;

export interface WatchedWork {
  readonly groups: readonly AudienceGroup[];
  readonly textOf: (group: AudienceGroup) => string;
  readonly route: RouteChoice;
  readonly dispatchers: number;
  readonly title: string;
  /** Dispatchers are new: an SMSC that allows less would still be busy with what they were warmed up by. */
  readonly cold?: boolean;
}

export interface Watched {
  readonly recipients: number;
  /** Milliseconds since the epoch. */
  readonly launchedAt: number;
  readonly record: RecordSnapshot;
  /** What the SMSC had of each group; undefined where nothing came. */
  readonly textOf: (group: AudienceGroup) => TextCount | undefined;
  readonly redisVersion: string;
}

export async function runWatched(bed: Bed, work: WatchedWork): Promise<Watched> {
  const { groups, textOf, title } = work;
  await cleanRecord(bed.smsc, bed.signal);
  const redis = await bed.startRedis();
  const warmUpLinks = work.cold ? 0 : 1;
  const { route, warmUp, file } = bed.route({ ...work.route, warmUpLinks });
  const seeded = await seedGroups({ store: redis.store, groups, textOf, route });
  const dispatchers = await bed.startDispatchers(work.dispatchers, {
    redis,
    routesFile: file,
    links: work.route.links + warmUpLinks,
  });
  if (!work.cold) await warm(bed, redis, warmUp, work.dispatchers);
  const recipients = groups.reduce((sum, group) => sum + group.recipients, 0);
  const launchedAt = Date.now();
  await seeded.launch();
  const record = await untilAccepted(bed, recipients, title);
  const texts = await bed.smsc.texts();
  bed.requireRunning(dispatchers);
  const redisVersion = await redis.version();
  await bed.stopChildren(dispatchers);
  await bed.stopRedis(redis);
  return { recipients, launchedAt, record, textOf: (group) => texts.get(sha256Of(textOf(group))), redisVersion };
}

/**
 * A broadcast of its own, on a route of its own: dispatchers run for months, and what a new process compiles in its first
 * second is not what is asked here.
 */
async function warm(bed: Bed, redis: PrivateRedis, route: Route, dispatchers: number): Promise<void> {
  const recipients = dispatchers * WARM_UP_EACH;
  const firstNumber = FIRST_NUMBER + WARM_UP_NUMBERS;
  const groups = spreadOver(recipients, WARM_UP_LANES);
  const { launch } = await seedGroups({
    store: redis.store,
    groups,
    textOf: () => ONE_SEGMENT,
    route,
    name: 'warm',
    firstNumber,
  });
  await launch();
  await untilAccepted(bed, recipients, 'warm-up of the dispatchers');
  await bed.smsc.reset();
}

/** Waits until so many submissions of one segment are accepted and receipted; ends early when nothing moves any more. */
async function untilAccepted(bed: Bed, wanted: number, title: string): Promise<RecordSnapshot> {
  let moved = { done: -1, at: performance.now() };
  for (;;) {
    const record = await bed.smsc.record();
    const done = record.accepted + record.receipts.acknowledged;
    if (done > moved.done) moved = { done, at: performance.now() };
    bed.screen.progress(`${title}: ${count(record.accepted)} of ${count(wanted)}`);
    const stalled = performance.now() - moved.at > STALLED_MS;
    // Receipts of the run before may still come: they must not make up for who was not told yet.
    if ((record.recipients >= wanted && done >= 2 * wanted) || stalled) return record;
    await pause(POLL_MS, undefined, { signal: bed.signal });
  }
}

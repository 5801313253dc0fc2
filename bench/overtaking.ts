/** An Extreme notice is launched while a Minor one holds the route: how soon it has the route for itself, at the SMSC. */
import { setTimeout as pause } from 'node:timers/promises';
import { sha256Of } from './approved-notice.ts';
import type { Bed } from './bed.ts';
import { OVERTAKEN_MS, type Overtaking, overtakingOf, type PairSample } from './lane-figures.ts';
import { cleanRecord } from './run-clock.ts';
import { count } from './screen.ts';
import { FIRST_NUMBER, seedGroups, spreadOver } from './seeding.ts';
import { ONE_SEGMENT } from './texts.ts';
import { until } from './waiting.ts';

const REGIONS_OF_EACH = 101;
const LOOK_MS = 20;
/** The Minor one is well under way by then. */
const LAUNCHED_AT = 0.2;
/** Enough for the Extreme one to last two seconds, and for the Minor one not to end before it. */
const EXTREME_SECONDS = 2;
const MINOR_SECONDS = 8;
/** What the machine may reach without a limit. */
const UNLIMITED_PER_SECOND = 60_000;

const TEXT = { minor: `MINEUR ${ONE_SEGMENT}`, extreme: `EXTREME ${ONE_SEGMENT}` } as const;

export interface OvertakingCase {
  readonly limit: number;
  readonly dispatchers: number;
  readonly links: number;
  readonly window: number;
}

export interface Overtaken extends Overtaking {
  readonly limit: number;
  readonly dispatchers: number;
  readonly firstSubmitMs: number;
  readonly holds: boolean;
  readonly missing: number;
}

export async function measureOvertaking(
  bed: Bed,
  { limit, dispatchers, ...route }: OvertakingCase,
): Promise<Overtaken> {
  const { signal, smsc } = bed;
  await cleanRecord(smsc, signal);
  const redis = await bed.startRedis();
  const given = bed.route({ ...route, segmentsPerSecond: limit === 0 ? null : limit });
  const perSecond = limit === 0 ? UNLIMITED_PER_SECOND : limit;
  const [minors, extremes] = [perSecond * MINOR_SECONDS, perSecond * EXTREME_SECONDS];
  const seedOne = (name: keyof typeof TEXT, recipients: number, firstNumber: number) =>
    seedGroups({
      store: redis.store,
      route: given.route,
      groups: spreadOver(recipients, REGIONS_OF_EACH),
      textOf: () => TEXT[name],
      severity: name === 'minor' ? 'Minor' : 'Extreme',
      name,
      firstNumber,
    });
  const minor = await seedOne('minor', minors, FIRST_NUMBER);
  const extreme = await seedOne('extreme', extremes, FIRST_NUMBER + minors);
  const processes = await bed.startDispatchers(dispatchers, { redis, routesFile: given.file, links: route.links });

  await minor.launch();
  const patience = { deadlineMs: 60_000, pollMs: LOOK_MS, signal };
  await until({ ...patience, what: 'the Minor notice is under way' }, async () =>
    (await smsc.record()).accepted >= minors * LAUNCHED_AT ? true : undefined,
  );
  const launchedAt = Date.now();
  const [, samples] = await Promise.all([extreme.launch(), lookUntil(bed, extremes)]);
  await until({ ...patience, what: 'both are through', pollMs: 200 }, async () => {
    const { accepted } = await smsc.record();
    bed.screen.progress(`overtaking: ${count(accepted)} of ${count(minors + extremes)}`);
    return accepted >= minors + extremes ? true : undefined;
  });
  const { firstAt } = (await smsc.texts()).get(sha256Of(TEXT.extreme))!;
  const missing = minors + extremes - (await smsc.record()).recipients;
  bed.requireRunning(processes);
  await bed.stopChildren(processes);
  await bed.stopRedis(redis);
  const figures = overtakingOf(samples, launchedAt, extremes);
  const firstSubmitMs = firstAt - launchedAt;
  bed.screen.say(`overtaking: first submission ${count(firstSubmitMs)} ms, Minor quiet ${count(figures.quietMs)} ms`);
  const holds = firstSubmitMs <= OVERTAKEN_MS && figures.quietMs <= OVERTAKEN_MS;
  return { limit, dispatchers, firstSubmitMs, ...figures, holds, missing };
}

/** Samples both until the Extreme one is through. */
async function lookUntil(bed: Bed, extremes: number): Promise<PairSample[]> {
  const samples: PairSample[] = [];
  for (;;) {
    const texts = await bed.smsc.texts();
    const extreme = texts.get(sha256Of(TEXT.extreme))?.count ?? 0;
    const minor = texts.get(sha256Of(TEXT.minor));
    samples.push({ at: Date.now(), extreme, minor: minor?.count ?? 0, minorLastAt: minor?.lastAt ?? 0 });
    if (extreme >= extremes) return samples;
    await pause(LOOK_MS, undefined, { signal: bed.signal });
  }
}

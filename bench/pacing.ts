/** Whether a limit is kept and used: of a route, and of one region of a route, by one process and several. */
import { writeFileSync } from 'node:fs';
import type { AudienceGroup } from '../src/audience/snapshot.ts';
import { REGIONS } from '../src/directory/regions.ts';
import type { Bed } from './bed.ts';
import { runFloor } from './floor.ts';
import { describeMachine } from './machine.ts';
import { LEAST_MEAN_PERCENT, MOST_PEAK_PERCENT, type Pace, paceOf } from './pace.ts';
import { count } from './screen.ts';
import { groupOf, spreadOver } from './seeding.ts';
import { rounded } from './statistics.ts';
import { printTable } from './table.ts';
import { ONE_SEGMENT, textOfGroup } from './texts.ts';
import { runWatched } from './watched.ts';

const WARM_UP_MESSAGES = 150_000;
const CAPPED_REGION = '75';
const FREE_REGIONS = 20;

export interface PacingOptions {
  readonly limits: readonly number[];
  readonly regionLimits: readonly number[];
  /** What the whole route may do beside a capped region; 0 for no limit: then the machine is busy to its limit. */
  readonly regionRoutes: readonly number[];
  readonly dispatchers: readonly number[];
  /** Recipients of each of the regions beside a capped one, for each second of its own. */
  readonly others: number;
  readonly seconds: number;
  readonly links: number;
  readonly window: number;
  readonly json?: string;
}

interface PacingCase extends Pace {
  readonly of: 'route' | 'region';
  readonly limit: number;
  /** Of a region's case: the limit of the route. */
  readonly routeLimit?: number;
  readonly dispatchers: number;
  readonly submissions: number;
  /** Those the SMSC never had. */
  readonly missing: number;
  readonly duplicates: number;
  /** The simulator's own longest pause: each 10 ms put up to 1 % into its busiest second that nobody sent in one. */
  readonly smscPauseMs: number;
  /** How fast the regions without a cap went. */
  readonly othersPerSecond?: number;
}

export async function measurePacing(bed: Bed, options: PacingOptions): Promise<void> {
  await bed.startSimulator();
  const warmUp = { ...options, segments: 1, text: ONE_SEGMENT, messages: WARM_UP_MESSAGES };
  await runFloor(bed, { ...warmUp, title: 'warm-up of the simulator' });
  const cases: PacingCase[] = [];
  let redisVersion = '';
  const measure = async (limit: number, dispatchers: number, routeLimit?: number) => {
    const of = routeLimit === undefined ? 'route' : 'region';
    const work = routeLimit === undefined ? ofRoute(limit, options) : ofRegion(limit, routeLimit, options);
    const beside =
      routeLimit === undefined
        ? ''
        : ` of a route ${routeLimit === 0 ? 'without a limit' : `at ${count(routeLimit)}/s`}`;
    const title = `${of} at ${count(limit)}/s${beside}, dispatchers: ${dispatchers}`;
    const watched = await runWatched(bed, { ...work, textOf: textOfGroup, dispatchers, title });
    const { record, recipients } = watched;
    redisVersion = watched.redisVersion;
    const counted = of === 'route' ? whole(record) : watched.textOf(work.groups[0]!);
    const pace = paceOf(counted ?? NOTHING, limit);
    const others =
      routeLimit === undefined ? {} : { routeLimit, othersPerSecond: freeRate(work.groups.slice(1), watched.textOf) };
    cases.push({
      of,
      limit,
      dispatchers,
      ...pace,
      submissions: counted?.count ?? 0,
      missing: recipients - record.recipients,
      duplicates: record.repeatedParts,
      smscPauseMs: record.longestPauseMs,
      ...others,
    });
    bed.screen.say(`${title}: mean ${pace.meanPercent.toFixed(2)} %, busiest second ${pace.peakPercent.toFixed(2)} %`);
  };
  for (const limit of options.limits) for (const n of options.dispatchers) await measure(limit, n);
  for (const routeLimit of options.regionRoutes) {
    for (const limit of options.regionLimits) for (const n of options.dispatchers) await measure(limit, n, routeLimit);
  }
  report(options, cases, redisVersion);
}

type Work = Pick<Parameters<typeof runWatched>[1], 'groups' | 'route'>;

function ofRoute(limit: number, { links, window, seconds }: PacingOptions): Work {
  const recipients = Math.max(2, Math.round(limit * seconds));
  const groups = spreadOver(recipients, Math.min(REGIONS.length, recipients));
  return { groups, route: { links, window, segmentsPerSecond: limit } };
}

/** The capped region comes first in the list; the others have no limit. */
function ofRegion(limit: number, routeLimit: number, { links, window, seconds, others }: PacingOptions): Work {
  const capped = groupOf(CAPPED_REGION, 'fr', Math.round(limit * seconds));
  const free = REGIONS.filter(({ code }) => code !== CAPPED_REGION).slice(0, FREE_REGIONS);
  const groups = [capped, ...free.map(({ code }) => groupOf(code, 'fr', others * seconds))];
  const segmentsPerSecond = routeLimit || null;
  return { groups, route: { links, window, segmentsPerSecond, regionSegmentsPerSecond: { [CAPPED_REGION]: limit } } };
}

const NOTHING = { count: 0, firstAt: 0, lastAt: 0, maxInSlidingSecond: 0 };
type Watched = Awaited<ReturnType<typeof runWatched>>;

const whole = ({ submits, firstSubmitAt, lastSubmitAt, maxSubmitsInSlidingSecond }: Watched['record']) => ({
  count: submits,
  firstAt: firstSubmitAt ?? 0,
  lastAt: lastSubmitAt ?? 0,
  maxInSlidingSecond: maxSubmitsInSlidingSecond,
});

function freeRate(groups: readonly AudienceGroup[], textOf: Watched['textOf']): number {
  const texts = groups.flatMap((group) => textOf(group) ?? []);
  const total = texts.reduce((sum, text) => sum + text.count, 0);
  const firstAt = Math.min(...texts.map((text) => text.firstAt));
  const lastAt = Math.max(...texts.map((text) => text.lastAt));
  return lastAt > firstAt ? total / ((lastAt - firstAt) / 1_000) : 0;
}

function report(options: PacingOptions, cases: readonly PacingCase[], redisVersion: string): void {
  printTable('limits as the SMSC saw them, % of the limit', [
    [
      'limit of',
      'segments/s',
      'route',
      'dispatchers',
      `mean (>= ${LEAST_MEAN_PERCENT})`,
      `busiest second (<= ${MOST_PEAK_PERCENT})`,
      'holds',
      'missing',
      'duplicates',
      'pause of the SMSC, ms',
      'others/s',
    ],
    ...cases.map((one) => [
      one.of,
      count(one.limit),
      one.routeLimit === undefined ? '' : one.routeLimit === 0 ? 'no limit' : count(one.routeLimit),
      String(one.dispatchers),
      one.meanPercent.toFixed(2),
      one.peakPercent.toFixed(2),
      one.holds ? 'yes' : 'NO',
      String(one.missing),
      String(one.duplicates),
      one.smscPauseMs.toFixed(0),
      one.othersPerSecond === undefined ? '' : count(one.othersPerSecond),
    ]),
  ]);
  if (options.json === undefined) return;
  const shown = cases.map(({ meanPercent, peakPercent, smscPauseMs, othersPerSecond, ...rest }) => ({
    ...rest,
    meanPercent: rounded(meanPercent, 2),
    peakPercent: rounded(peakPercent, 2),
    smscPauseMs: rounded(smscPauseMs, 1),
    ...(othersPerSecond === undefined ? {} : { othersPerSecond: rounded(othersPerSecond) }),
  }));
  const wanted = { leastMeanPercent: LEAST_MEAN_PERCENT, mostPeakPercent: MOST_PEAK_PERCENT };
  const json = { wanted, seconds: options.seconds, cases: shown, machine: describeMachine(redisVersion) };
  writeFileSync(options.json, `${JSON.stringify(json, null, 2)}\n`);
}

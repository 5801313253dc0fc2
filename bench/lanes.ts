/** Fairness: lanes of one broadcast end together whatever their size, and a graver broadcast overtakes a minor one. */
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { AudienceGroup } from '../src/audience/snapshot.ts';
import { REGIONS } from '../src/directory/regions.ts';
import { sha256Of } from './approved-notice.ts';
import type { Bed } from './bed.ts';
import { runFloor } from './floor.ts';
import { FINISH_PERCENT, type Finish, finishOf, OVERTAKEN_MS, type Shares, worstLag } from './lane-figures.ts';
import { describeMachine } from './machine.ts';
import { measureOvertaking, type Overtaken } from './overtaking.ts';
import { count } from './screen.ts';
import { groupOf } from './seeding.ts';
import { rounded } from './statistics.ts';
import { printTable } from './table.ts';
import { ONE_SEGMENT, textOfGroup } from './texts.ts';
import { runWatched } from './watched.ts';

const WARM_UP_MESSAGES = 150_000;
const LOOK_MS = 100;
const SMALL_LANES = 19;
const LARGE_REGION = '75';

export interface LanesOptions {
  /** Limits of the route; 0 for none. */
  readonly limits: readonly number[];
  readonly dispatchers: readonly number[];
  /** Recipients of each equal lane, of the large one and of each small one. */
  readonly equal: number;
  readonly large: number;
  readonly small: number;
  readonly links: number;
  readonly window: number;
  readonly json?: string;
}

interface LanesCase extends Finish {
  readonly lanes: 'equal' | 'unequal';
  readonly limit: number;
  readonly dispatchers: number;
  readonly holds: boolean;
  readonly missing: number;
  /** How long after the large lane the last small one ended; below 0 where it ended before. */
  readonly smallAfterLargeMs?: number;
  /** Points of a hundred. */
  readonly worstLag?: number;
}

export async function measureLanes(bed: Bed, options: LanesOptions): Promise<void> {
  await bed.startSimulator();
  const warmUp = { ...options, segments: 1, text: ONE_SEGMENT, messages: WARM_UP_MESSAGES };
  await runFloor(bed, { ...warmUp, title: 'warm-up of the simulator' });
  const cases: LanesCase[] = [];
  const overtaken: Overtaken[] = [];
  let redisVersion = '';
  for (const limit of options.limits) {
    for (const dispatchers of options.dispatchers) {
      for (const lanes of ['equal', 'unequal'] as const) {
        const done = await measureFinish(bed, lanes, limit, dispatchers, options);
        cases.push(done.measured);
        redisVersion = done.redisVersion;
      }
      overtaken.push(await measureOvertaking(bed, { ...options, limit, dispatchers }));
    }
  }
  report(options, cases, overtaken, redisVersion);
}

async function measureFinish(
  bed: Bed,
  lanes: LanesCase['lanes'],
  limit: number,
  dispatchers: number,
  options: LanesOptions,
): Promise<{ measured: LanesCase; redisVersion: string }> {
  const { links, window } = options;
  const groups = lanes === 'equal' ? equalLanes(options) : unequalLanes(options);
  const title = `${lanes} lanes at ${limit === 0 ? 'no limit' : `${count(limit)}/s`}, dispatchers: ${dispatchers}`;
  const looking = new AbortController();
  const looked = lanes === 'unequal' ? lookAtShares(bed, groups, looking.signal) : Promise.resolve([]);
  const route = { links, window, segmentsPerSecond: limit === 0 ? null : limit };
  const work = { groups, textOf: textOfGroup, route, dispatchers, title };
  const { launchedAt, record, recipients, textOf, redisVersion } = await runWatched(bed, work).finally(() =>
    looking.abort(),
  );
  const seen = groups.flatMap((group) => textOf(group) ?? []);
  if (seen.length < groups.length) throw new Error('some lane was never submitted');
  const finish = finishOf(seen, launchedAt);
  const [large, ...small] = seen;
  const unequal = lanes === 'unequal' && {
    smallAfterLargeMs: Math.max(...small.map(({ lastAt }) => lastAt)) - large!.lastAt,
    worstLag: worstLag(await looked),
  };
  const late = unequal ? (unequal.smallAfterLargeMs / finish.medianMs) * 100 : 0;
  const holds = finish.spreadPercent <= FINISH_PERCENT && late <= 1;
  bed.screen.say(`${title}: ${count(finish.medianMs)} ms, spread ${finish.spreadPercent.toFixed(1)} %`);
  const missing = recipients - record.recipients;
  return { measured: { lanes, limit, dispatchers, ...finish, holds, missing, ...unequal }, redisVersion };
}

/** Ten regions in two languages. */
const equalLanes = ({ equal }: LanesOptions): AudienceGroup[] =>
  REGIONS.slice(0, 10).flatMap(({ code }) => [groupOf(code, 'fr', equal), groupOf(code, 'en', equal)]);

/** The large one first. */
function unequalLanes({ large, small }: LanesOptions): AudienceGroup[] {
  const others = REGIONS.filter(({ code }) => code !== LARGE_REGION).slice(0, SMALL_LANES);
  return [
    groupOf(LARGE_REGION, 'fr', large),
    ...others.map(({ code }, i) => groupOf(code, i % 2 === 0 ? 'fr' : 'en', small)),
  ];
}

/** Samples from the first submission on: the first group against all others. */
async function lookAtShares(bed: Bed, groups: readonly AudienceGroup[], signal: AbortSignal): Promise<Shares[]> {
  const samples: Shares[] = [];
  while (!signal.aborted && !bed.signal.aborted) {
    const texts = await bed.smsc.texts();
    const [large = 0, ...small] = groups.map(
      (group) => (texts.get(sha256Of(textOfGroup(group)))?.count ?? 0) / group.recipients,
    );
    if (large > 0) samples.push({ large, small });
    await pause(LOOK_MS);
  }
  return samples;
}

function report(
  options: LanesOptions,
  cases: readonly LanesCase[],
  overtaken: readonly Overtaken[],
  redisVersion: string,
): void {
  const limitOf = ({ limit }: { limit: number }) => (limit === 0 ? 'none' : count(limit));
  const yes = (holds: boolean) => (holds ? 'yes' : 'NO');
  const optional = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? '';
  const head = ['lanes', 'limit/s', 'dispatchers', 'median ms', `spread % (<= ${FINISH_PERCENT})`, 'begin spread ms'];
  printTable('lanes of one broadcast, from the launch to each lane’s last submission', [
    [...head, 'last small after large ms', 'worst lag, points', 'holds', 'missing'],
    ...cases.map((one) => [
      one.lanes,
      limitOf(one),
      String(one.dispatchers),
      count(one.medianMs),
      one.spreadPercent.toFixed(2),
      count(one.beginSpreadMs),
      optional(one.smallAfterLargeMs, 0),
      optional(one.worstLag, 1),
      yes(one.holds),
      String(one.missing),
    ]),
  ]);
  const wanted = `(<= ${count(OVERTAKEN_MS)})`;
  printTable('an Extreme notice launched while a Minor one runs, ms after its launch', [
    [
      'limit/s',
      'dispatchers',
      'first submission',
      `last of the Minor ${wanted}`,
      'Minor % afterwards',
      'holds',
      'missing',
    ],
    ...overtaken.map((one) => [
      limitOf(one),
      String(one.dispatchers),
      count(one.firstSubmitMs),
      count(one.quietMs),
      one.minorPercentAfterwards.toFixed(2),
      yes(one.holds),
      String(one.missing),
    ]),
  ]);
  if (options.json === undefined) return;
  const tidy = (one: object) =>
    Object.fromEntries(
      Object.entries(one).map(([name, value]) => [name, typeof value === 'number' ? rounded(value, 2) : value]),
    );
  const { equal, large, small } = options;
  const sizes = { equal, large, small };
  const json = {
    sizes,
    lanes: cases.map(tidy),
    overtaking: overtaken.map(tidy),
    machine: describeMachine(redisVersion),
  };
  writeFileSync(options.json, `${JSON.stringify(json, null, 2)}\n`);
}

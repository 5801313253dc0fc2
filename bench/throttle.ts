/** An SMSC that allows less than it is sent: how much of what it allows is used, and how many answers are refusals. */
import { writeFileSync } from 'node:fs';
import type { Bed } from './bed.ts';
import { runFloor } from './floor.ts';
import { describeMachine } from './machine.ts';
import { count } from './screen.ts';
import { spreadOver } from './seeding.ts';
import { rounded } from './statistics.ts';
import { printTable } from './table.ts';
import { ONE_SEGMENT } from './texts.ts';
import { runWatched } from './watched.ts';

const WARM_UP_MESSAGES = 150_000;
const REGIONS = 101;
const LEAST_ACCEPTED_PERCENT = 90;
const MOST_THROTTLED_PERCENT = 2;

export interface ThrottleOptions {
  readonly allowed: number;
  /** Limits of the route; 0 for none. */
  readonly limits: readonly number[];
  readonly dispatchers: readonly number[];
  readonly messages: number;
  readonly links: number;
  readonly window: number;
  readonly json?: string;
}

interface ThrottleCase {
  readonly limit: number;
  readonly dispatchers: number;
  /** Of what the SMSC allows, from the first to the last submission. */
  readonly acceptedPercent: number;
  /** Of all answers. */
  readonly throttledPercent: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly holds: boolean;
}

export async function measureThrottle(bed: Bed, options: ThrottleOptions): Promise<void> {
  const { allowed, messages, links, window } = options;
  const smsc = await bed.startSimulator();
  const warmUp = { links, window, segments: 1, text: ONE_SEGMENT, messages: WARM_UP_MESSAGES };
  await runFloor(bed, { ...warmUp, title: 'warm-up of the simulator' });
  await smsc.allow(allowed);
  const cases: ThrottleCase[] = [];
  let version = '';
  for (const limit of options.limits) {
    for (const dispatchers of options.dispatchers) {
      const title = `route at ${limit === 0 ? 'no limit' : `${count(limit)}/s`}, dispatchers: ${dispatchers}`;
      const route = { links, window, segmentsPerSecond: limit === 0 ? null : limit };
      const work = {
        groups: spreadOver(messages, REGIONS),
        textOf: () => ONE_SEGMENT,
        route,
        dispatchers,
        title,
        cold: true,
      };
      const { record, redisVersion } = await runWatched(bed, work);
      version = redisVersion;
      const acceptedPercent = (record.meanPerSecond / allowed) * 100;
      const throttledPercent = (record.throttled / record.submits) * 100;
      const lost = Math.max(messages - record.recipients, messages - record.receipts.acknowledged);
      const isFew = throttledPercent < MOST_THROTTLED_PERCENT;
      const holds = acceptedPercent >= LEAST_ACCEPTED_PERCENT && isFew && lost === 0;
      cases.push({
        limit,
        dispatchers,
        acceptedPercent,
        throttledPercent,
        lost,
        duplicates: record.repeatedParts,
        holds,
      });
      bed.screen.say(
        `${title}: accepted ${acceptedPercent.toFixed(1)} %, throttled ${throttledPercent.toFixed(2)} %, lost ${lost}`,
      );
    }
  }
  report(options, cases, version);
}

function report(options: ThrottleOptions, cases: readonly ThrottleCase[], redisVersion: string): void {
  const head = ['limit/s', 'dispatchers', `accepted % of allowed (>= ${LEAST_ACCEPTED_PERCENT})`];
  printTable(`an SMSC that allows ${count(options.allowed)} segments a second, ${count(options.messages)} messages`, [
    [...head, `throttled % of answers (< ${MOST_THROTTLED_PERCENT})`, 'lost', 'duplicates', 'holds'],
    ...cases.map((one) => [
      one.limit === 0 ? 'none' : count(one.limit),
      String(one.dispatchers),
      one.acceptedPercent.toFixed(1),
      one.throttledPercent.toFixed(2),
      String(one.lost),
      String(one.duplicates),
      one.holds ? 'yes' : 'NO',
    ]),
  ]);
  if (options.json === undefined) return;
  const { allowed, messages } = options;
  const shown = cases.map(({ acceptedPercent, throttledPercent, ...rest }) => ({
    ...rest,
    acceptedPercent: rounded(acceptedPercent, 1),
    throttledPercent: rounded(throttledPercent, 2),
  }));
  const json = { allowed, messages, cases: shown, machine: describeMachine(redisVersion) };
  writeFileSync(options.json, `${JSON.stringify(json, null, 2)}\n`);
}

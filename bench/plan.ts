/** Planning a country: from the launch to the first submission, and to the last batch in the queue. */
import { writeFileSync } from 'node:fs';
import { countBatches, planRecords } from '../src/broadcasts/broadcast.ts';
import { BatchQueue } from '../src/queue/batch-queue.ts';
import type { Bed } from './bed.ts';
import { describeMachine } from './machine.ts';
import { count } from './screen.ts';
import { seed } from './seeding.ts';
import { rounded, spread } from './statistics.ts';
import { printTable } from './table.ts';
import { ONE_SEGMENT } from './texts.ts';
import { until } from './waiting.ts';

/** So slow that no batch is through before all are planned. */
const SEGMENTS_PER_SECOND = 500;

export interface PlanOptions {
  readonly recipients: number;
  readonly rounds: number;
  readonly json?: string;
}

interface Planned {
  readonly firstSubmitMs: number;
  readonly completeMs: number;
  readonly batches: number;
  readonly redisVersion: string;
}

export async function measurePlan(bed: Bed, options: PlanOptions): Promise<void> {
  await bed.startSimulator();
  const rounds: Planned[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    const planned = await planOnce(bed, options.recipients, `round ${round} of ${options.rounds}`);
    rounds.push(planned);
    const { firstSubmitMs, completeMs } = planned;
    bed.screen.say(
      `round ${round}: first submission ${count(firstSubmitMs)} ms, plan complete ${count(completeMs)} ms`,
    );
  }
  const first = spread(rounds.map(({ firstSubmitMs }) => firstSubmitMs));
  const complete = spread(rounds.map(({ completeMs }) => completeMs));
  const row = (name: string, { median, min, max }: typeof first) => [name, ...[median, min, max].map(count)];
  printTable(
    `planning ${count(options.recipients)} recipients, ${count(rounds[0]!.batches)} batches, ms after the launch`,
    [['', 'median', 'min', 'max'], row('first submission', first), row('plan complete', complete)],
  );
  if (options.json === undefined) return;
  const json = {
    recipients: options.recipients,
    firstSubmitMs: rounded(first.median),
    completeMs: rounded(complete.median),
    rounds: rounds.map(({ firstSubmitMs, completeMs }) => ({
      firstSubmitMs: rounded(firstSubmitMs),
      completeMs: rounded(completeMs),
    })),
    machine: describeMachine(rounds[0]!.redisVersion),
  };
  writeFileSync(options.json, `${JSON.stringify(json, null, 2)}\n`);
}

async function planOnce(bed: Bed, recipients: number, title: string): Promise<Planned> {
  const { signal, smsc } = bed;
  await smsc.reset();
  const redis = await bed.startRedis();
  const { store } = redis;
  const { route, file } = bed.route({ links: 2, window: 100, segmentsPerSecond: SEGMENTS_PER_SECOND });
  const seeded = await seed({
    store,
    recipients,
    text: ONE_SEGMENT,
    route,
    onProgress: (done, of) => bed.screen.progress(`${title}: audience, block ${count(done)} of ${count(of)}`),
  });
  const dispatchers = await bed.startDispatchers(1, { redis, routesFile: file, links: 2 });
  const queue = new BatchQueue({ store, route: route.id });
  const launchedAt = Date.now();
  const broadcast = await seeded.launch();
  const batches = countBatches((await planRecords(store).get(broadcast.id)).value);
  const patience = { what: 'the plan is complete', deadlineMs: 60_000, pollMs: 10, signal };
  const completeMs = await until(patience, async () =>
    (await queue.depth()) >= batches ? Date.now() - launchedAt : undefined,
  );
  const sending = { what: 'the first submission', deadlineMs: 60_000, pollMs: 10, signal };
  const firstSubmitAt = await until(sending, async () => (await smsc.record()).firstSubmitAt ?? undefined);
  await queue.close();
  const redisVersion = await redis.version();
  await bed.stopChildren(dispatchers);
  await bed.stopRedis(redis);
  return { firstSubmitMs: firstSubmitAt - launchedAt, completeMs, batches, redisVersion };
}

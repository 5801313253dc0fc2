/**
 * Whether size changes the price: the same product at a small and at a large audience with an AOF rewrite in its middle,
 * and what an idle and an outstanding recipient take of Redis's memory.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Bed } from './bed.ts';
import { type DurableResult, type DurableWork, runDurable } from './durable.ts';
import { runFloor } from './floor.ts';
import { describeMachine } from './machine.ts';
import { cleanRecord } from './run-clock.ts';
import { count } from './screen.ts';
import { seed } from './seeding.ts';
import { rounded, spread } from './statistics.ts';
import { longestPause, Sampler } from './submission-pauses.ts';
import { printTable } from './table.ts';
import { ONE_SEGMENT } from './texts.ts';
import { until } from './waiting.ts';

const WARM_UP_MESSAGES = 150_000;
const OUTSTANDING_MESSAGES = 1_000_000;
/** The rewrite begins when this share of the large run is submitted. */
const REWRITE_AT = 0.4;
/** Around the rewrite, pauses are looked for from so long before to so long after. */
const MARGIN_MS = 500;

export interface FlatOptions {
  readonly small: number;
  readonly recipients: number;
  readonly links: number;
  readonly window: number;
  readonly json?: string;
}

interface Rewrite {
  readonly durationMs: number;
  readonly longestPauseMs: number;
  readonly longestPauseElsewhereMs: number;
  readonly aofBytesBefore: number;
  readonly aofBytesAfter: number;
  /** From the launch to the rewrite, by the receipts that were acknowledged until then. */
  readonly aofBytesPerMessage: number;
  readonly forkMs: number;
}

export async function measureFlat(bed: Bed, options: FlatOptions): Promise<void> {
  const { links, window } = options;
  await bed.startSimulator();
  const common = { segments: 1, text: ONE_SEGMENT, links, window, dispatchers: 1 };
  await runFloor(bed, { ...common, messages: WARM_UP_MESSAGES, title: 'warm-up of the simulator' });
  const run = (messages: number, more: Partial<DurableWork> = {}) =>
    runDurable(bed, { ...common, messages, title: `${count(messages)} recipients`, ...more });

  const small: DurableResult[] = [];
  for (let i = 0; i < 3; i += 1) small.push(await run(options.small));
  let rewrite: Rewrite | undefined;
  // The rewrite is in the price of the large run: what the small ones are compared with is the worse case.
  const large = await run(options.recipients, {
    meanwhile: async ({ redis }) => {
      rewrite = await rewriteInMidRun(bed, options.recipients, redis);
    },
  });
  const outstanding = await bytesPerOutstanding(bed, Math.min(options.recipients, OUTSTANDING_MESSAGES), options);
  report(options, { small, large, rewrite: rewrite!, outstanding });
}

async function rewriteInMidRun(bed: Bed, messages: number, redis: Parts['redis']): Promise<Rewrite> {
  const atLaunch = (await redis.read()).aofBytes;
  const sampler = new Sampler(bed);
  const samples = sampler.start();
  const { signal } = bed;
  const halfWay = { what: 'the run is far enough for the rewrite', deadlineMs: 900_000, pollMs: 100, signal };
  await until(halfWay, () => ((samples.at(-1)?.submits ?? 0) >= messages * REWRITE_AT ? true : undefined));
  const { receipts } = await bed.smsc.record();
  const before = (await redis.read()).aofBytes;
  const startedAt = Date.now();
  await redis.store.redis.bgrewriteaof();
  const rewriting = { what: 'the AOF is rewritten', deadlineMs: 600_000, pollMs: 20, signal };
  await until(rewriting, async () => ((await redis.info('aof_rewrite_in_progress')) === '0' ? true : undefined));
  const endedAt = Date.now();
  const after = (await redis.read()).aofBytes;
  await pause(MARGIN_MS, undefined, { signal });
  await sampler.stop();
  const [from, to] = [startedAt - MARGIN_MS, endedAt + MARGIN_MS];
  return {
    durationMs: endedAt - startedAt,
    longestPauseMs: longestPause(samples, from, to),
    longestPauseElsewhereMs: longestPause(samples, samples[0]?.at ?? 0, from),
    aofBytesBefore: before,
    aofBytesAfter: after,
    aofBytesPerMessage: (before - atLaunch) / receipts.acknowledged,
    forkMs: Number(await redis.info('latest_fork_usec')) / 1_000,
  };
}

type Parts = Parameters<NonNullable<DurableWork['meanwhile']>>[0];

/** Redis's growth from the launch until everybody is accepted and nobody receipted, per recipient. */
async function bytesPerOutstanding(bed: Bed, messages: number, { links, window }: FlatOptions): Promise<number> {
  await cleanRecord(bed.smsc, bed.signal);
  await bed.smsc.behave({ receipts: { mix: { delivered: 0, none: 1 } } });
  const redis = await bed.startRedis();
  const { route, file } = bed.route({ links, window });
  const seeded = await seed({ store: redis.store, recipients: messages, text: ONE_SEGMENT, route });
  const dispatchers = await bed.startDispatchers(1, { redis, routesFile: file, links });
  const before = await redis.read();
  await seeded.launch();
  const patience = { what: 'everybody is accepted', deadlineMs: 300_000, pollMs: 200, signal: bed.signal };
  await until(patience, async () => {
    const { accepted } = await bed.smsc.record();
    bed.screen.progress(`outstanding recipients: ${count(accepted)} of ${count(messages)}`);
    return accepted >= messages ? true : undefined;
  });
  // The last answers are still on their way into the ledger.
  await pause(1_000, undefined, { signal: bed.signal });
  const after = await redis.read();
  await bed.stopChildren(dispatchers);
  await bed.stopRedis(redis);
  await bed.smsc.behave({});
  return (after.memoryBytes - before.memoryBytes) / messages;
}

interface Measured {
  readonly small: readonly DurableResult[];
  readonly large: DurableResult;
  readonly rewrite: Rewrite;
  readonly outstanding: number;
}

function report(options: FlatOptions, { small, large, rewrite, outstanding }: Measured): void {
  const median = (of: (result: DurableResult) => number) => spread(small.map(of)).median;
  const row = (name: string, of: (result: DurableResult) => number, digits: number) =>
    [name, median(of), of(large)].map((cell) =>
      typeof cell === 'string' ? cell : cell.toLocaleString('en-GB', { maximumFractionDigits: digits }),
    );
  const { recipients } = options;
  printTable('cost by size of the audience', [
    ['', `${count(options.small)} (median of 3)`, `${count(recipients)}, AOF rewritten on the way`],
    row('messages/s', (r) => r.messagesPerSecond, 0),
    row('node µs/message', (r) => r.nodeMicrosPerMessage, 2),
    row('redis µs/message', (r) => r.redisMicrosPerMessage, 2),
    row('dispatcher MB', (r) => r.rssMb, 0),
    row('idle bytes/recipient', (r) => r.idleBytesPerRecipient, 2),
    row('launch to first submission ms', (r) => r.launchToFirstSubmitMs, 0),
    row('lost', (r) => r.lost, 0),
    row('duplicates', (r) => r.duplicates, 0),
  ]);
  const figures = {
    aofBytesPerMessage: rounded(rewrite.aofBytesPerMessage, 1),
    outstandingBytesPerRecipient: rounded(outstanding, 1),
    idleBytesPerRecipient: rounded(large.idleBytesPerRecipient, 2),
    rssMb: rounded(large.rssMb),
    ...Object.fromEntries(Object.entries(rewrite).map(([name, value]) => [name, rounded(value, 1)])),
  };
  printTable('memory, disk and the AOF rewrite', [
    ['', 'figure'],
    ...Object.entries(figures).map(([name, value]) => [name, value.toLocaleString('en-GB')]),
  ]);
  if (options.json === undefined) return;
  const pick = (result: DurableResult) => ({
    messagesPerSecond: rounded(result.messagesPerSecond),
    nodeMicrosPerMessage: rounded(result.nodeMicrosPerMessage, 2),
    redisMicrosPerMessage: rounded(result.redisMicrosPerMessage, 2),
    lost: result.lost,
    duplicates: result.duplicates,
  });
  const runs = { small: small.map(pick), large: pick(large) };
  const json = { recipients, ...runs, ...figures, machine: describeMachine(large.redisVersion) };
  writeFileSync(options.json, `${JSON.stringify(json, null, 2)}\n`);
}

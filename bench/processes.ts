/**
 * More dispatchers on one Redis: what they reach together, that nobody gets the text twice, and how long the batches of
 * one that is killed stand still.
 */
import { writeFileSync } from 'node:fs';
import type { Bed } from './bed.ts';
import { type DurableResult, type DurableWork, runDurable } from './durable.ts';
import { runFloor } from './floor.ts';
import { describeMachine } from './machine.ts';
import { openBatches } from './open-batches.ts';
import { count } from './screen.ts';
import { rounded } from './statistics.ts';
import { printTable } from './table.ts';
import { ONE_SEGMENT } from './texts.ts';
import { until } from './waiting.ts';

const COUNTS = [1, 2, 4] as const;
const WARM_UP_MESSAGES = 150_000;
const KILLED_AT = 0.25;
/** The run must outlast the replacement by far: whatever remains is taken by the other one. */
const KILL_RUN_MESSAGES = 1_200_000;

export interface ProcessesOptions {
  readonly messages: number;
  readonly links: number;
  readonly window: number;
  readonly json?: string;
}

interface Replacement {
  readonly openBatches: number;
  /** From the kill until every batch that was open then had moved on, at the SMSC. */
  readonly lastMovedOnMs: number;
}

export async function measureProcesses(bed: Bed, options: ProcessesOptions): Promise<void> {
  await bed.startSimulator();
  const common = { ...options, segments: 1, text: ONE_SEGMENT };
  await runFloor(bed, { ...common, messages: WARM_UP_MESSAGES, title: 'warm-up of the simulator' });
  const results: DurableResult[] = [];
  for (const dispatchers of COUNTS) {
    results.push(await runDurable(bed, { ...common, dispatchers, title: `dispatchers: ${dispatchers}` }));
  }
  let replacement: Replacement | undefined;
  const killed = await runDurable(bed, {
    ...common,
    messages: KILL_RUN_MESSAGES,
    dispatchers: 2,
    title: 'two dispatchers, one is killed',
    mayEnd: true,
    meanwhile: async (parts) => {
      replacement = await killOne(bed, parts);
    },
  });
  report(options, results, killed, replacement!);
}

async function killOne(
  bed: Bed,
  { redis, dispatchers, broadcast }: Parameters<NonNullable<DurableWork['meanwhile']>>[0],
): Promise<Replacement> {
  const { signal, smsc } = bed;
  const patience = { what: 'a quarter is submitted', deadlineMs: 120_000, pollMs: 20, signal };
  await until(patience, async () =>
    (await smsc.record()).submits >= KILL_RUN_MESSAGES * KILLED_AT ? true : undefined,
  );
  dispatchers[0]!.process.kill('SIGKILL');
  const killedAt = Date.now();
  // Those of the living one too: they move on at once, and whose a batch is does not show from outside.
  const waiting = new Set(await openBatches(redis.store, broadcast));
  const found = waiting.size;
  let lastMovedOnMs = 0;
  const moving = { what: 'all batches have moved on', deadlineMs: 60_000, pollMs: 20, signal };
  await until(moving, async () => {
    for (const recipient of waiting) {
      if (!(await smsc.hasSeen(recipient))) continue;
      waiting.delete(recipient);
      lastMovedOnMs = Date.now() - killedAt;
    }
    return waiting.size === 0 ? true : undefined;
  });
  return { openBatches: found, lastMovedOnMs };
}

function report(
  options: ProcessesOptions,
  results: readonly DurableResult[],
  killed: DurableResult,
  replacement: Replacement,
): void {
  printTable('dispatchers on one Redis and one machine', [
    ['dispatchers', 'messages/s', 'node µs/message', 'redis µs/message', 'lost', 'duplicates'],
    ...results.map((result, i) => [
      String(COUNTS[i]),
      count(result.messagesPerSecond),
      result.nodeMicrosPerMessage.toFixed(2),
      result.redisMicrosPerMessage.toFixed(2),
      String(result.lost),
      String(result.duplicates),
    ]),
  ]);
  const figures = {
    openBatches: replacement.openBatches,
    lastMovedOnMs: replacement.lastMovedOnMs,
    messagesPerSecond: rounded(killed.messagesPerSecond),
    lost: killed.lost,
    inDoubt: killed.inDoubt,
    duplicates: killed.duplicates,
  };
  printTable('one of two dispatchers killed (SIGKILL) in mid-run', [
    ['', 'figure'],
    ...Object.entries(figures).map(([name, value]) => [name, count(value)]),
  ]);
  if (options.json === undefined) return;
  const runs = results.map((result, i) => ({
    dispatchers: COUNTS[i],
    messagesPerSecond: rounded(result.messagesPerSecond),
    lost: result.lost,
    duplicates: result.duplicates,
  }));
  const machine = describeMachine(killed.redisVersion);
  writeFileSync(options.json, `${JSON.stringify({ runs, killed: figures, machine }, null, 2)}\n`);
}

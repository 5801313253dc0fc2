/** The product on the same work as the floor: launch to last receipt, every step durable, in real dispatcher processes. */
import type { Broadcast } from '../src/broadcasts/broadcast.ts';
import { ProgressReader } from '../src/broadcasts/progress.ts';
import { verify } from '../src/broadcasts/verify.ts';
import type { Stored } from '../src/store/records.ts';
import type { Bed } from './bed.ts';
import { type Child, hasEnded } from './children.ts';
import { cpuMicros, peakMb } from './machine.ts';
import type { PrivateRedis } from './private-redis.ts';
import { type Clocked, cleanRecord, clockRun, lostOf } from './run-clock.ts';
import { count } from './screen.ts';
import { seed } from './seeding.ts';
import { until } from './waiting.ts';

const CLOSED_WITHIN_MS = 30_000;

export interface DurableWork {
  readonly messages: number;
  readonly segments: number;
  readonly text: string;
  readonly links: number;
  readonly window: number;
  readonly dispatchers: number;
  readonly title: string;
  readonly nodeArgs?: readonly string[];
  /** Called while the run goes on, with what takes part in it. */
  readonly meanwhile?: (parts: Parts) => Promise<void>;
  /** Whether a dispatcher may end in mid-run; its CPU time is then not known. */
  readonly mayEnd?: boolean;
  /** Called after the run, before Redis is gone. */
  readonly afterwards?: (redis: PrivateRedis) => Promise<void>;
}

interface Parts {
  readonly redis: PrivateRedis;
  readonly dispatchers: readonly Child[];
  readonly broadcast: Stored<Broadcast>;
}

export interface DurableResult extends Clocked {
  readonly nodeMicrosPerMessage: number;
  readonly redisMicrosPerMessage: number;
  /** The largest dispatcher. */
  readonly rssMb: number;
  readonly aofBytesPerMessage: number;
  /** From the start of the launch to the first submission at the SMSC. */
  readonly launchToFirstSubmitMs: number;
  readonly idleBytesPerRecipient: number;
  readonly lost: number;
  readonly duplicates: number;
  /** Recipients whose submission may or may not have reached the SMSC, by the ledger's own count. */
  readonly inDoubt: number;
  readonly appendfsync: string;
  readonly redisVersion: string;
}

export async function runDurable(bed: Bed, work: DurableWork): Promise<DurableResult> {
  const { messages, segments, text, links, window, title } = work;
  await cleanRecord(bed.smsc, bed.signal);
  const redis = await bed.startRedis();
  const { store } = redis;
  const { route, file } = bed.route({ links, window });
  const empty = await redis.read();
  const seeded = await seed({
    store,
    recipients: messages,
    text,
    route,
    onProgress: (done, of) => bed.screen.progress(`${title}: audience, block ${count(done)} of ${count(of)}`),
  });
  const choice = { redis, routesFile: file, links, ...(work.nodeArgs ? { nodeArgs: work.nodeArgs } : {}) };
  const dispatchers = await bed.startDispatchers(work.dispatchers, choice);
  await redis.resetCommands();

  const cpuOf = () => living(dispatchers).reduce((sum, { pid }) => sum + cpuMicros(pid), 0);
  const [before, cpuBefore] = [await redis.read(), cpuOf()];
  const launchedAt = Date.now();
  const broadcast = await seeded.launch();
  const [clocked] = await Promise.all([clockRun(bed, work), work.meanwhile?.({ redis, dispatchers, broadcast })]);
  const [after, cpuAfter] = [await redis.read(), cpuOf()];
  if (!work.mayEnd) bed.requireRunning(dispatchers);

  const reader = new ProgressReader({ store });
  const progress = await until(
    { what: 'the broadcast is closed', deadlineMs: CLOSED_WITHIN_MS, pollMs: 100, signal: bed.signal },
    async () => {
      const read = await reader.read(broadcast.id);
      return read.state === 'closed' || clocked.record.recipients < messages ? read : undefined;
    },
  );
  const { differences } = await verify(store, broadcast.id);
  if (differences.length > 0)
    throw new Error(`the ledger's counts differ from its slots: ${JSON.stringify(differences)}`);

  const { record } = clocked;
  const result = {
    ...clocked,
    nodeMicrosPerMessage: (cpuAfter - cpuBefore) / messages,
    redisMicrosPerMessage: (after.cpuMicros - before.cpuMicros) / messages,
    rssMb: Math.max(...living(dispatchers).map(({ pid }) => peakMb(pid))),
    aofBytesPerMessage: (after.aofBytes - before.aofBytes) / messages,
    launchToFirstSubmitMs: clocked.firstSubmitAt - launchedAt,
    idleBytesPerRecipient: (before.memoryBytes - empty.memoryBytes) / messages,
    // Whoever the ledger does not hold as delivered is lost too, whatever the SMSC says.
    lost: Math.max(lostOf(record, messages, segments), messages - progress.counts.delivered),
    duplicates: record.repeatedParts,
    inDoubt: progress.inDoubt,
    appendfsync: await redis.setting('appendfsync'),
    redisVersion: await redis.version(),
  };
  await work.afterwards?.(redis);
  await bed.stopChildren(dispatchers);
  await bed.stopRedis(redis);
  return result;
}

const living = (dispatchers: readonly Child[]): Child[] => dispatchers.filter((child) => !hasEnded(child));

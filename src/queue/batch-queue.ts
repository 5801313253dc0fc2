/** The queue of one route's batches: how jobs are added, and the settings under which workers take them. */
import { readFileSync } from 'node:fs';
import { ErrorCode, type Job, Queue, type QueueOptions, Worker, type WorkerOptions } from 'bullmq';
import type { Store } from '../store/connection.ts';
import { shortenExpiry } from '../store/expiry.ts';
import { type BatchJob, batchJobId } from './jobs.ts';

/** A killed worker's jobs are back with the others within the sum of both. */
const LOCK_MS = 3_000;
const STALLED_CHECK_MS = 1_000;
/** Jobs in one call: Redis does nothing else for the few milliseconds that it takes. */
const ADD_CHUNK = 500;
/** While Redis adds one chunk the next is being prepared. */
const CHUNKS_AT_ONCE = 2;
/** Well above the longest pause of a refused recipient. */
const PUT_OFF_MOST_MS = 120_000;
/** BullMQ's scores of delayed jobs: so many to a millisecond. */
const DELAY_UNITS = 0x1000;
const RECALL_AT_ONCE = 1_000;
const JOB_NAME = 'batch';
/** A batch is replayed from its slots, never retried from its job: a failed job leaves nothing behind either. */
const JOB_OPTIONS = { removeOnComplete: true, removeOnFail: true, attempts: 0 } as const;

export interface PrioritisedBatch extends BatchJob {
  readonly priority: number;
}

const nameOf = (route: string) => `batches-${route}`;
/** In braces: all keys of a queue must live on one node of a Cluster. The route in them: its queue may live on another. */
const bullPrefix = (store: Store, route: string) => `{${store.prefix}queue-${route}}`;

interface QueueScripts {
  queueAddBatches(
    prioritized: string,
    ids: string,
    priorities: string,
    marker: string,
    ...more: (string | number)[]
  ): Promise<number>;
}

const ADD_BATCHES = readFileSync(new URL('./add-batches.lua', import.meta.url), 'utf8');

function withScripts(redis: Store['redis']): Store['redis'] & QueueScripts {
  redis.defineCommand('queueAddBatches', { lua: ADD_BATCHES, numberOfKeys: 4 });
  return redis as Store['redis'] & QueueScripts;
}

export class BatchQueue {
  readonly #queue: Queue<BatchJob>;
  readonly #redis: Store['redis'] & QueueScripts;

  constructor({ store, route }: { store: Store; route: string }) {
    const options: QueueOptions = {
      connection: store.redis,
      prefix: bullPrefix(store, route),
      streams: { events: { maxLen: 100 } },
      skipVersionCheck: true,
    };
    this.#queue = new Queue<BatchJob>(nameOf(route), options);
    this.#queue.on('error', () => {}); // the store's own connection reports it
    this.#redis = withScripts(store.redis);
  }

  /** Adds jobs; those that are there already stay as they are. */
  async add(batches: readonly PrioritisedBatch[]): Promise<void> {
    let next = 0;
    const addRest = async () => {
      while (next < batches.length) {
        const chunk = batches.slice(next, next + ADD_CHUNK);
        next += ADD_CHUNK;
        await this.#addChunk(chunk);
      }
    };
    await Promise.all(Array.from({ length: CHUNKS_AT_ONCE }, addRest));
  }

  async #addChunk(chunk: readonly PrioritisedBatch[]): Promise<void> {
    const key = (name: string) => this.#queue.toKey(name);
    const jobs = chunk.flatMap(({ priority, ...data }) => [batchJobId(data), priority, JSON.stringify(data)]);
    const common = [key(''), JOB_NAME, JSON.stringify(JOB_OPTIONS), Date.now()];
    await this.#redis.queueAddBatches(key('prioritized'), key('id'), key('pc'), key('marker'), ...common, ...jobs);
  }

  /**
   * Undoes what a clock that was set back leaves behind: locks of dead processes that would stand for as long as the jump
   * was, and jobs that are put off for longer than anybody puts them off. Returns how many of these.
   */
  async recall(): Promise<number> {
    const key = (name: string) => this.#queue.toKey(name);
    const active = await this.#redis.lrange(key('active'), 0, RECALL_AT_ONCE - 1);
    await Promise.all([
      shortenExpiry(this.#redis, key('stalled-check'), STALLED_CHECK_MS),
      // Whoever lives renews its lock well before that.
      ...active.map((id) => shortenExpiry(this.#redis, `${key(id)}:lock`, LOCK_MS)),
    ]);
    const late = (Date.now() + PUT_OFF_MOST_MS) * DELAY_UNITS;
    const ids = await this.#redis.zrangebyscore(key('delayed'), late, '+inf', 'LIMIT', 0, RECALL_AT_ONCE);
    const jobs = await Promise.all(ids.map((id) => this.#queue.getJob(id)));
    // One that was taken meanwhile needs no recall.
    const recalled = await Promise.allSettled(jobs.map((job) => job?.promote()));
    return recalled.filter(({ status }) => status === 'fulfilled').length;
  }

  /**
   * Gives a job back for whoever has room. BullMQ wakes no idle worker for a prioritized job that comes back: it would lie
   * there until one looks by itself, up to a second.
   */
  async giveBack(job: Job<BatchJob>, token: string): Promise<void> {
    await job.moveToWait(token);
    await this.#redis.zadd(this.#queue.toKey('marker'), 0, '0');
  }

  /** Jobs that wait, are delayed or run. */
  async depth(): Promise<number> {
    const counts = await this.#queue.getJobCounts('wait', 'prioritized', 'delayed', 'active');
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  /** The batch that is next; undefined when none waits. */
  async head(): Promise<BatchJob | undefined> {
    const [head] = await this.#queue.getPrioritized(0, 0);
    return head?.data;
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}

/** Codes of what BullMQ says when a job is not this worker's any more: its lock ran out, or another has it. */
const LOST: ReadonlySet<unknown> = new Set([
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
]);

/** Whether a worker's error only says that a job went to another taker; its batch is replayed from its slots. */
export function isLostJob(error: Error): boolean {
  return LOST.has((error as Error & { code?: unknown }).code) || /^could not renew lock for job/.test(error.message);
}

export type BatchProcessor = (job: Job<BatchJob>, token: string) => Promise<void>;

/** Starts taking batches of a route. `connection` must be the worker's own: it blocks. */
export function startBatchWorker(options: {
  store: Store;
  connection: Store['redis'];
  route: string;
  concurrency: number;
  process: BatchProcessor;
  onError: (error: Error) => void;
}): Worker<BatchJob> {
  const { store, connection, route, concurrency, process, onError } = options;
  const settings: WorkerOptions = {
    connection,
    prefix: bullPrefix(store, route),
    concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    // Every restart of a process may stall a batch once more; its slots say what is left to do, so it never fails for it.
    maxStalledCount: 1_000_000,
    drainDelay: 1,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
    skipVersionCheck: true,
  };
  const worker = new Worker<BatchJob>(nameOf(route), (job, token) => process(job, token ?? ''), settings);
  worker.on('error', onError);
  return worker;
}

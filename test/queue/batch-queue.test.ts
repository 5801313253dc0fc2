import { type Job, Queue, Worker } from 'bullmq';
import { BatchQueue, type PrioritisedBatch, startBatchWorker } from '../../src/queue/batch-queue.ts';
import { type BatchJob, batchJobId } from '../../src/queue/jobs.ts';
import { duplicate, type Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

const job = (batch: number, priority: number, broadcast = 1): PrioritisedBatch => ({
  broadcast,
  batch,
  rank: 1,
  priority,
});

describe('the queue of a route', () => {
  let store: Store;
  let close: () => Promise<void>;
  let queue: BatchQueue;
  let workers: Worker<BatchJob>[];
  let routes = 0;
  let route: string;

  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());
  beforeEach(() => {
    routes += 1;
    route = `r${routes}`;
    queue = new BatchQueue({ store, route });
    workers = [];
  });
  afterEach(async () => {
    for (const worker of workers) await worker.close(true);
    await queue.close();
  });

  function work(process: (data: BatchJob) => Promise<void>, of = route): void {
    const connection = duplicate(store.redis);
    const worker = startBatchWorker({
      store,
      connection,
      route: of,
      concurrency: 1,
      process: ({ data }) => process(data),
      onError: () => {},
    });
    worker.on('closed', () => connection.disconnect());
    workers.push(worker);
  }

  test('wakes an idle worker for a batch that was given back', async () => {
    await queue.add([job(1, 5)]);
    const giver = new Worker<BatchJob>(`batches-${route}`, null, {
      connection: store.redis,
      prefix: `{${store.prefix}queue-${route}}`,
    });
    workers.push(giver);
    const given = (await giver.getNextJob('token')) as Job<BatchJob>;
    // What woke a worker for it is used up, as it would be by a worker that waits.
    await store.redis.del(`{${store.prefix}queue-${route}}:batches-${route}:marker`);
    const taken: number[] = [];
    work(async () => {
      taken.push(performance.now());
    });
    // It has looked, found nothing, and waits now: for a second, where nothing wakes it.
    await new Promise<void>((resolve) => workers[1]!.on('drained', () => resolve()));
    const givenAt = performance.now();
    await queue.giveBack(given, 'token');
    await waitFor(() => taken.length === 1);
    expect(taken[0]! - givenAt).toBeLessThan(500);
  });

  test('hands out batches by their priority, not by the order they were added in', async () => {
    await queue.add([job(3, 900), job(1, 5), job(4, 800_001), job(2, 6)]);
    const taken: number[] = [];
    work(async ({ batch }) => {
      taken.push(batch);
    });
    await waitFor(() => taken.length === 4);
    expect(taken).toEqual([1, 2, 3, 4]);
  });

  test('a graver broadcast that comes later is next', async () => {
    await queue.add([job(1, 400_001), job(2, 400_002), job(3, 400_003)]);
    const taken: string[] = [];
    work(async ({ broadcast, batch }) => {
      if (taken.length === 0) await queue.add([job(0, 1, 2)]);
      taken.push(`${broadcast}-${batch}`);
    });
    await waitFor(() => taken.length === 4);
    expect(taken).toEqual(['1-1', '2-0', '1-2', '1-3']);
  });

  test('adding a batch again while its job is there changes nothing', async () => {
    await queue.add([job(1, 5), job(2, 6)]);
    await queue.add([job(1, 5), job(2, 6), job(3, 7)]);
    expect(await queue.depth()).toBe(3);
  });

  test('a batch can be added again once its job is done, or failed', async () => {
    let runs = 0;
    work(async () => {
      runs += 1;
      if (runs === 2) throw new Error('the link broke');
    });
    for (const expected of [1, 2, 3]) {
      await queue.add([job(1, 5)]);
      await waitFor(async () => runs === expected && (await queue.depth()) === 0);
    }
    expect(runs).toBe(3);
  });

  test('brings back what a clock that jumped has put off for an hour, and nothing that is put off as it should be', async () => {
    const asBullMq = new Queue<BatchJob>(`batches-${route}`, {
      connection: store.redis,
      prefix: `{${store.prefix}queue-${route}}`,
      skipVersionCheck: true,
    });
    for (const [batch, delay] of [
      [1, 3_600_000],
      [2, 60_000],
    ] as const) {
      const { priority, ...data } = job(batch, 5);
      await asBullMq.add('batch', data, { jobId: batchJobId(data), priority, delay });
    }
    expect(await queue.recall()).toBe(1);
    expect(await queue.recall()).toBe(0);
    const taken: number[] = [];
    work(async ({ batch }) => {
      taken.push(batch);
    });
    // One that was taken counts until it is done.
    await waitFor(async () => taken.length > 0 && (await queue.depth()) === 1);
    expect(taken).toEqual([1]);
    await asBullMq.close();
  });

  test('takes over from a dead worker though the clock of Redis was set back since, and its locks would stand for an hour', async () => {
    await queue.add([job(1, 5)]);
    const { redis } = store;
    const taken: string[] = [];
    const stuck = new Promise<void>(() => {});
    const dead = startBatchWorker({
      store,
      connection: duplicate(redis),
      route,
      concurrency: 1,
      process: async () => {
        taken.push('dead');
        await stuck;
      },
      onError: () => {},
    });
    await waitFor(() => taken.length === 1);
    await dead.close(true);
    const prefix = `{${store.prefix}queue-${route}}:batches-${route}:`;
    await redis.pexpire(`${prefix}${batchJobId(job(1, 5))}:lock`, 3_600_000);
    await redis.set(`${prefix}stalled-check`, '1', 'PX', 3_600_000);
    await queue.recall();
    work(async () => {
      taken.push('living');
    });
    await waitFor(() => taken.length === 2, 10_000);
    expect(taken).toEqual(['dead', 'living']);
  });

  test('a job is in the store as BullMQ itself would have put it there', async () => {
    const given = [job(7, 1), job(8, 2_000_000), job(9, 400_001)];
    const theirs = new Queue<BatchJob>(`batches-${route}`, {
      connection: store.redis,
      prefix: `{${store.prefix}theirs}`,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
      streams: { events: { maxLen: 100 } },
      skipVersionCheck: true,
    });
    for (const { priority, ...data } of given) await theirs.add('batch', data, { jobId: batchJobId(data), priority });
    await queue.add(given);
    const ours = new Queue<BatchJob>(`batches-${route}`, {
      connection: store.redis,
      prefix: `{${store.prefix}queue-${route}}`,
      skipVersionCheck: true,
      skipMetasUpdate: true,
    });
    const kept = async (of: Queue<BatchJob>) => {
      const { redis } = store;
      const jobs = given.map(async (each) => {
        const { opts, timestamp, ...rest } = await redis.hgetall(of.toKey(batchJobId(each)));
        const { jobId, ...options } = JSON.parse(opts!) as Record<string, unknown>;
        expect(Math.abs(Date.now() - Number(timestamp))).toBeLessThan(60_000);
        return { ...rest, options };
      });
      return {
        jobs: await Promise.all(jobs),
        waiting: await redis.zrange(of.toKey('prioritized'), '0', '-1', 'WITHSCORES'),
        marker: await redis.zrange(of.toKey('marker'), '0', '-1', 'WITHSCORES'),
        counters: await Promise.all(['id', 'pc'].map((name) => redis.get(of.toKey(name)))),
      };
    };
    expect(await kept(ours)).toEqual(await kept(theirs));
    await ours.close();
    await theirs.close();
  });

  test('of equal priority, who came first goes first', async () => {
    await queue.add([job(5, 9), job(2, 9)]);
    await queue.add([job(1, 9), job(5, 9), job(0, 9)]);
    const taken: number[] = [];
    work(async ({ batch }) => {
      taken.push(batch);
    });
    await waitFor(() => taken.length === 4);
    expect(taken).toEqual([5, 2, 1, 0]);
  });

  test('an idle worker takes what is added, at once', async () => {
    const taken: number[] = [];
    work(async ({ batch }) => {
      taken.push(batch);
    });
    for (const batch of [1, 2, 3]) {
      await queue.add([job(batch, 1)]);
      await waitFor(() => taken.length === batch);
    }
  });

  test('takes more jobs at once than one call holds', async () => {
    await queue.add(Array.from({ length: 2_500 }, (_, i) => job(i, i + 1)));
    expect(await queue.depth()).toBe(2_500);
  });

  test('routes do not take one another’s batches', async () => {
    const taken: number[] = [];
    work(async ({ batch }) => {
      taken.push(batch);
    }, `${route}-other`);
    const other = new BatchQueue({ store, route: `${route}-other` });
    await queue.add([job(1, 5)]);
    await other.add([job(2, 5)]);
    await waitFor(() => taken.length > 0);
    expect([taken, await queue.depth()]).toEqual([[2], 1]);
    await other.close();
  });

  test('keeps all its keys in one hash tag, under the prefix of the store', async () => {
    await queue.add([job(1, 5)]);
    const keys = await store.redis.keys(`*${store.prefix}queue*`);
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(key).toMatch(new RegExp(`^\\{${store.prefix}queue-[^}]+\\}:`));
  });
});

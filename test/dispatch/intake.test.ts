/** The jobs of a queue, with routes that a test holds in its hands: none is lost, whatever comes of a batch. */
import { pino } from 'pino';
import type { Processed } from '../../src/dispatch/batch-processor.ts';
import { BroadcastIndex } from '../../src/dispatch/broadcast-index.ts';
import type { Carriers } from '../../src/dispatch/carriers.ts';
import { Intake } from '../../src/dispatch/intake.ts';
import type { RouteDispatch } from '../../src/dispatch/route-dispatch.ts';
import { batchNumber, batchOf } from '../../src/ledger/address.ts';
import { BatchQueue } from '../../src/queue/batch-queue.ts';
import { type BatchJob, batchPriority } from '../../src/queue/jobs.ts';
import { duplicate, type Store } from '../../src/store/connection.ts';
import { storeBroadcast } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

const BATCHES = 80;
const GROUPS = [{ region: '35', language: 'fr', recipients: BATCHES * 1_000 }];

/** A batch that runs on a route, until the test says what came of it. */
interface Begun {
  readonly on: string;
  readonly payload: BatchJob;
  readonly probing: boolean;
  end(processed: Processed): void;
}

describe('an intake', () => {
  let store: Store;
  let close: () => Promise<void>;
  const endings: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    ({ store, close } = await testStore());
  });
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
    await close();
  });

  /** The intake of route `a`, beside which there is `b`. What is stopped goes back to wait. */
  async function anIntake() {
    await storeBroadcast(store, { no: 1, groups: GROUPS });
    const begun: Begun[] = [];
    const stopped: string[] = [];
    const here = { serves: true, carrier: 'a' as string | undefined, sure: undefined as string | undefined, asked: 0 };
    const marks = {
      waiting: new Set<number>(),
      doubtful: new Set<number>(),
      progress: new Map<number, number>(),
      left: new Map<number, number>(),
    };
    const route = (id: string) => ({
      id,
      batches: {
        process: (payload: BatchJob, probing: boolean) =>
          new Promise<Processed>((resolve) => {
            const one: Begun = {
              on: id,
              payload,
              probing,
              end: (processed) => {
                begun.splice(begun.indexOf(one), 1);
                resolve(processed);
              },
            };
            begun.push(one);
          }),
        runOf: (batchNo: number) => ({
          progress: marks.progress.get(batchOf(batchNo)) ?? 0,
          left: marks.left.get(batchOf(batchNo)) ?? 1_000,
          nextDue: marks.waiting.has(batchOf(batchNo)) ? 5 : undefined,
          ending: stopped.includes(`${id} ${batchOf(batchNo)}`),
        }),
        isDoubtful: (batchNo: number) => marks.doubtful.has(batchOf(batchNo)),
        giveBack: (batchNo: number) => {
          stopped.push(`${id} ${batchOf(batchNo)}`);
          begun.find((each) => batchNumber(1, each.payload.batch) === batchNo)?.end('again');
        },
      },
    });
    const routes = { a: route('a'), b: route('b') } as unknown as Record<string, RouteDispatch>;
    const carriers = {
      serves: () => here.serves,
      choose: (_lane: unknown, _batch: number, probing = true) => {
        here.asked += 1;
        const id = probing ? here.carrier : (here.sure ?? here.carrier);
        return id === undefined ? undefined : routes[id];
      },
    };
    const queue = new BatchQueue({ store, route: 'a' });
    const connection = duplicate(store.redis);
    const intake = new Intake({
      store,
      connection,
      route: { id: 'a', links: 1, window: 100 },
      queue,
      index: new BroadcastIndex({ store }),
      carriers: carriers as unknown as Carriers,
      onStoreFault: () => {},
      log: pino({ level: 'silent' }),
    });
    endings.push(async () => {
      // One that it was just taking may still come in.
      const ending = setInterval(() => begun[0]?.end('over'), 1);
      await intake.close();
      clearInterval(ending);
      await queue.close();
      connection.disconnect();
    });
    const add = (count: number, rank = 1, from = 0) =>
      queue.add(
        Array.from({ length: count }, (_, i) => ({
          broadcast: 1,
          batch: from + i,
          rank,
          priority: batchPriority(rank, i, count),
        })),
      );
    const runs = (count: number) => waitFor(() => begun.length === count, 10_000, `${count} batches at hand`);
    return { intake, queue, begun, stopped, here, marks, add, runs };
  }

  test('is done with a job whose batch is over, and with none before', async () => {
    const { intake, queue, begun, add, runs } = await anIntake();
    await add(2);
    intake.follow();
    await runs(2);
    expect(begun.map(({ on, probing, payload }) => [on, probing, payload.broadcast])).toEqual([
      ['a', false, 1],
      ['a', false, 1],
    ]);
    begun[0]!.end('over');
    await waitFor(async () => (await queue.depth()) === 1);
    begun[0]!.end('over');
    await waitFor(async () => (await queue.depth()) === 0);
  });

  test('rule 7: takes a batch again that was stopped with something left', async () => {
    const { intake, queue, begun, add, runs } = await anIntake();
    await add(1);
    intake.follow();
    await runs(1);
    begun[0]!.end('again');
    await runs(1);
    expect(await queue.depth()).toBe(1);
  });

  test('rule 7: takes a batch that rests again when its time has come, and tells it how often it was refused', async () => {
    const { intake, begun, add, runs } = await anIntake();
    await add(1);
    intake.follow();
    await runs(1);
    const since = performance.now();
    begun[0]!.end({ inMs: 400, refused: 3 });
    await runs(1);
    expect(performance.now() - since).toBeGreaterThan(380);
    expect(begun[0]!.payload).toEqual({ broadcast: 1, batch: 0, rank: 1, refused: 3 });
    begun[0]!.end({ inMs: 0 });
    await runs(1);
    expect(begun[0]!.payload.refused).toBe(3);
  });

  test('rule 7: keeps a batch that no route can carry, and takes it again when one can', async () => {
    const { intake, queue, begun, here, add, runs } = await anIntake();
    here.carrier = undefined;
    await add(1);
    intake.follow();
    await waitFor(() => here.asked > 0);
    await waitFor(async () => (await queue.head()) === undefined);
    expect([begun.length, await queue.depth()]).toEqual([0, 1]);
    // It comes again after a while, not in haste.
    expect(here.asked).toBe(2);
    here.carrier = 'b';
    await runs(1);
    expect(begun[0]!.on).toBe('b');
  });

  test('rule 5: has a batch in which somebody may have the text already carried by a route that is not only tried', async () => {
    const { intake, begun, here, add, runs } = await anIntake();
    [here.carrier, here.sure] = ['a', 'b'];
    await add(1);
    intake.follow();
    await runs(1);
    expect(begun[0]).toMatchObject({ on: 'a', probing: true });
    begun[0]!.end('unfit');
    await runs(1);
    expect(begun[0]).toMatchObject({ on: 'b', probing: false });
  });

  test('is done with a job whose broadcast was purged', async () => {
    const { intake, queue, begun } = await anIntake();
    await queue.add([{ broadcast: 9, batch: 0, rank: 1, priority: 1 }]);
    intake.follow();
    await waitFor(async () => (await queue.depth()) === 0);
    expect(begun).toEqual([]);
  });

  test('takes nothing while this process can send nothing: jobs stay for those that can', async () => {
    const { intake, queue, begun, here, add, runs } = await anIntake();
    here.serves = false;
    await add(1);
    intake.follow();
    const nothingUntil = performance.now() + 300;
    await waitFor(() => performance.now() > nothingUntil);
    expect([begun.length, (await queue.head())?.rank]).toEqual([0, 1]);
    here.serves = true;
    intake.follow();
    await runs(1);
    here.serves = false;
    intake.follow();
    begun[0]!.end('over');
    // A worker that waits for a job when it is paused may take that one.
    await add(2, 1, 1);
    await waitFor(async () => (await queue.depth()) === 2);
    const heldUntil = performance.now() + 1_500;
    await waitFor(() => performance.now() > heldUntil);
    expect(begun.length).toBeLessThan(2);
    here.serves = true;
    intake.follow();
    await runs(2);
  });

  test('takes nothing more once it closes, and waits for what is at hand', async () => {
    const { intake, queue, begun, add, runs } = await anIntake();
    await add(1);
    intake.follow();
    await runs(1);
    let isClosed = false;
    const closed = intake.close().then(() => {
      isClosed = true;
    });
    const waitsUntil = performance.now() + 100;
    await waitFor(() => performance.now() > waitsUntil);
    expect([isClosed, begun.length]).toEqual([false, 1]);
    begun[0]!.end('over');
    await closed;
    await add(1, 1, 1);
    intake.follow();
    const nothingUntil = performance.now() + 300;
    await waitFor(() => performance.now() > nothingUntil);
    expect([begun.length, await queue.depth()]).toEqual([0, 1]);
  });

  test('takes nothing when it is closed before it began', async () => {
    const { intake, begun, queue, add } = await anIntake();
    await intake.settle(1);
    await intake.close();
    await add(1);
    intake.follow();
    const nothingUntil = performance.now() + 300;
    await waitFor(() => performance.now() > nothingUntil);
    expect([begun.length, await queue.depth()]).toEqual([0, 1]);
  });

  test('R11: gives back what is less grave, and only that, where graver batches wait and all hands are full', async () => {
    const { intake, stopped, add, runs } = await anIntake();
    await add(60, 3);
    await add(4, 1, 60);
    intake.follow();
    await runs(64);
    await add(4, 2, 70);
    await intake.settle(1);
    expect(stopped.toSorted()).toEqual(Array.from({ length: 60 }, (_, i) => `a ${i}`).toSorted());
  });

  /** An idle intake that is not alone has as many hands as fill its windows; these take `count` batches of a lane. */
  async function withFullHands(given: Awaited<ReturnType<typeof anIntake>>, count = 4, rank = 1) {
    await given.intake.settle(2);
    given.intake.follow();
    await given.intake.settle(2);
    await given.add(count, rank);
    await given.runs(4);
  }

  test('R11: takes graver batches beside those it has, and does not wait for one of them to end', async () => {
    const given = await anIntake();
    await withFullHands(given, 4, 3);
    await given.add(20, 1, 10);
    await given.intake.settle(2);
    await given.runs(8);
    expect(given.stopped).toEqual([]);
  });

  test('takes what is behind all it has, and what takes the place of those that are submitted', async () => {
    const given = await anIntake();
    await withFullHands(given, 30);
    await given.intake.settle(2);
    const nothingUntil = performance.now() + 200;
    await waitFor(() => performance.now() > nothingUntil);
    expect(given.begun).toHaveLength(4);
    for (const batch of [0, 1]) given.marks.progress.set(batch, 0.9);
    given.marks.left.set(2, 0);
    await given.intake.settle(2);
    await given.runs(7);
    expect(given.stopped).toEqual([]);
  });

  test('leaves other processes their share: what is furthest goes back, but nothing of which somebody waits for a try', async () => {
    const { intake, begun, marks, stopped, add, runs } = await anIntake();
    await add(3, 1, 30);
    intake.follow();
    await runs(3);
    // Those that are over are nobody's share.
    for (const one of [...begun]) one.end('over');
    await add(9);
    await runs(9);
    for (const batch of [1, 4, 7]) marks.progress.set(batch, 0.5 + batch / 100);
    marks.waiting.add(4);
    await intake.settle(3);
    expect(stopped.slice(0, 2)).toEqual(['a 7', 'a 1']);
    expect(stopped).toHaveLength(6);
    expect(stopped).not.toContain('a 4');
  });

  test('has all hands free while it is the only one: it keeps lanes level by itself', async () => {
    const { intake, add, runs } = await anIntake();
    await intake.settle(1);
    intake.follow();
    await intake.settle(1);
    await add(40);
    await runs(40);
  });

  test('leaves them nothing that is nearly done, and nothing twice', async () => {
    const { intake, marks, stopped, add, runs } = await anIntake();
    await add(8);
    intake.follow();
    await runs(8);
    for (const batch of [0, 1, 2, 3, 4]) marks.left.set(batch, 199);
    await intake.settle(4);
    await intake.settle(4);
    expect(stopped.toSorted()).toEqual(['a 5', 'a 6', 'a 7']);
  });

  test('lets batches return to their own route one at a time, but none in which somebody may have the text', async () => {
    const { intake, begun, here, marks, stopped, add, runs } = await anIntake();
    here.carrier = 'b';
    await add(4);
    intake.follow();
    await runs(4);
    await intake.settle(1);
    expect(stopped).toEqual([]);
    here.carrier = undefined;
    await intake.settle(1);
    expect(stopped).toEqual([]);
    here.carrier = 'a';
    marks.doubtful.add(begun[0]!.payload.batch);
    const [, second, third] = begun.map(({ payload }) => payload.batch);
    await intake.settle(1);
    expect(stopped).toEqual([`b ${second}`]);
    await waitFor(() => begun.filter(({ on }) => on === 'a').length === 1);
    await intake.settle(1);
    expect(stopped).toEqual([`b ${second}`, `b ${third}`]);
  });
});

/** An intake on a real queue, with routes that a test holds in its hands. */
import { pino } from 'pino';
import type { Processed } from '../../src/dispatch/batch-processor.ts';
import { BroadcastIndex } from '../../src/dispatch/broadcast-index.ts';
import type { Carriers } from '../../src/dispatch/carriers.ts';
import { Intake } from '../../src/dispatch/intake.ts';
import type { RouteDispatch } from '../../src/dispatch/route-dispatch.ts';
import { WorkLeft } from '../../src/dispatch/work-left.ts';
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

/** Registers a store for each test, and what ends with it; returns what makes the intake. */
export function intakeFixture() {
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
  return async function anIntake() {
    await storeBroadcast(store, { no: 1, groups: GROUPS });
    const begun: Begun[] = [];
    const stopped: string[] = [];
    const weights: string[] = [];
    const here = { serves: true, carrier: 'a' as string | undefined, sure: undefined as string | undefined, asked: 0 };
    const marks = {
      waiting: new Set<number>(),
      doubtful: new Set<number>(),
      progress: new Map<number, number>(),
      left: new Map<number, number>(),
      slow: false,
    };
    const route = (id: string) => ({
      id,
      weigh: (weight: number) => weights.push(`${id} ${weight}`),
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
          if (marks.slow) return; // what is out of it is not answered yet
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
    const workLeft = (process: string) =>
      new WorkLeft({ store, route: { id: 'a' }, process, now: () => performance.now() });
    const queue = new BatchQueue({ store, route: 'a' });
    const connection = duplicate(store.redis);
    const intake = new Intake({
      store,
      connection,
      route: { id: 'a', links: 1, window: 100 },
      queue,
      index: new BroadcastIndex({ store }),
      carriers: carriers as unknown as Carriers,
      workLeft: workLeft('one'),
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
    return { intake, queue, begun, stopped, weights, here, marks, add, runs, otherProcess: workLeft('other') };
  };
}

export type AnIntake = Awaited<ReturnType<ReturnType<typeof intakeFixture>>>;

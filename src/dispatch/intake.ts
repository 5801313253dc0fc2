/**
 * Takes the jobs of one route's queue, and has each batch run on the route that may carry it now: the queue's own, or
 * another of its lane's. So nothing has to be moved when a route is down, nor when it is back.
 */
import { DelayedError, type Job, WaitingError, type Worker } from 'bullmq';
import { BATCH_SIZE, laneOfBatch } from '../broadcasts/broadcast.ts';
import type { Route } from '../broadcasts/routes.ts';
import { batchNumber } from '../ledger/address.ts';
import type { Logger } from '../log.ts';
import { type BatchQueue, isLostJob, startBatchWorker } from '../queue/batch-queue.ts';
import { type BatchJob, batchJobSchema } from '../queue/jobs.ts';
import type { Store } from '../store/connection.ts';
import type { Processed } from './batch-processor.ts';
import type { BroadcastIndex } from './broadcast-index.ts';
import type { Carriers } from './carriers.ts';
import type { RouteDispatch } from './route-dispatch.ts';

export interface IntakeDeps {
  readonly store: Store;
  /** The worker's own connection: it blocks. */
  readonly connection: Store['redis'];
  /** Whose queue. */
  readonly route: Pick<Route, 'id' | 'links' | 'window'>;
  readonly queue: BatchQueue;
  readonly index: BroadcastIndex;
  readonly carriers: Carriers;
  readonly onStoreFault: (error: Error) => void;
  readonly log: Logger;
}

/** A batch that no route of this process can carry comes again after this time. */
const NOBODY_MS = 1_000;

/** Fewer too many are let be: each that moves costs a few calls. */
const SURPLUS = 2;
/** Batches that return to their own route in one look: what is in doubt of them is sent again, so few. */
const RETURN_AT_ONCE = 1;

/** Batches that each of some processes has at hand, where `left` are left. */
export const shareOf = (left: number, processes: number, most: number): number =>
  Math.max(1, Math.min(most, Math.ceil(left / Math.max(1, processes))));

/** How many batches a process gives back of those that run: `left` are left in all, of which some wait or none. */
export function givenBack(at: { left: number; running: number; share: number; waits: boolean }): number {
  const { left, running, share, waits } = at;
  // Read before the last jobs came: it says nothing of them.
  if (left < running) return 0;
  // A worker whose jobs all run looks at the queue only when one of them ends.
  if (running < share) return waits ? 1 : 0;
  return running - share >= SURPLUS ? running - share : 0;
}

/** Batches that a process has at hand at most: enough to fill its windows while others drain, and one of most lanes. */
function mostAtHand({ links, window }: IntakeDeps['route']): number {
  return Math.max(64, Math.min(128, Math.ceil((2 * links * window) / BATCH_SIZE)));
}

interface Running {
  readonly rank: number;
  readonly on: RouteDispatch;
  /** The route that would carry it if it began now. */
  readonly better: () => RouteDispatch | undefined;
}

export class Intake {
  readonly #deps: IntakeDeps;
  /** Batches that run now, on whichever route. */
  readonly #running = new Map<number, Running>();
  #worker: Worker<BatchJob> | undefined;
  #closing = false;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  /** Jobs are taken only while something can be sent: else they stay for processes that can. */
  follow(): void {
    if (this.#closing) return;
    const serves = this.#deps.carriers.serves(this.#deps.route.id);
    if (serves && !this.#worker) this.#worker = this.#start();
    else if (serves && this.#worker?.isPaused()) this.#worker.resume();
    else if (!serves && this.#worker && !this.#worker.isPaused()) void this.#worker.pause(true);
  }

  #start(): Worker<BatchJob> {
    const { store, connection, route, onStoreFault, log } = this.#deps;
    return startBatchWorker({
      store,
      connection,
      route: route.id,
      concurrency: mostAtHand(route),
      process: this.#process,
      onError: (error) => {
        // Its lock ran out while the store was gone: the batch comes again, and its slots say what is left.
        if (isLostJob(error)) log.debug({ err: error }, 'a job was lost to its next taker');
        else onStoreFault(error);
      },
    });
  }

  /** Resolves when the job is over; throws what tells BullMQ that it goes back to wait. */
  readonly #process = async (job: Job<BatchJob>, token: string): Promise<void> => {
    const payload = batchJobSchema.parse(job.data);
    const known = await this.#deps.index.load(payload.broadcast);
    if (!known) return;
    const lane = laneOfBatch(known.plan, payload.batch);
    const better = () => this.#deps.carriers.choose(lane, payload.batch);
    const [on, sure] = [better(), this.#deps.carriers.choose(lane, payload.batch, false)];
    if (!on || !sure) {
      await job.moveToDelayed(Date.now() + NOBODY_MS, token);
      throw new DelayedError();
    }
    const { rank } = payload;
    let processed = await this.#run(payload, { rank, on, better }, on !== sure);
    if (processed === 'unfit') processed = await this.#run(payload, { rank, on: sure, better });
    if (processed === 'over' || processed === 'unfit') return;
    if (processed === 'again') {
      await this.#deps.queue.giveBack(job, token);
      throw new WaitingError();
    }
    if (processed.refused !== undefined) await job.updateData({ ...payload, refused: processed.refused });
    await job.moveToDelayed(Date.now() + processed.inMs, token);
    throw new DelayedError();
  };

  async #run(payload: BatchJob, running: Running, probing = false): Promise<Processed> {
    const batchNo = batchNumber(payload.broadcast, payload.batch);
    this.#running.set(batchNo, running);
    try {
      return await running.on.batches.process(payload, probing);
    } finally {
      if (this.#running.get(batchNo) === running) this.#running.delete(batchNo);
    }
  }

  /**
   * Settles what is at hand, by a look at the queue itself, so it does not matter why something came or went. Batches of
   * lower rank go back to wait where graver ones wait and all hands are full (R11). No process has more than its share of
   * what is left, so that processes end together, however unevenly they came to their batches.
   */
  async settle(processes: number): Promise<void> {
    this.#giveBackToRoutes();
    const { queue, route } = this.#deps;
    const worker = this.#worker;
    if (!worker || worker.isPaused()) return;
    const [left, head] = await Promise.all([queue.depth(), queue.headRank()]);
    const share = shareOf(Math.max(left, this.#running.size), processes, mostAtHand(route));
    worker.concurrency = share;
    const running = [...this.#running]
      .map(([batchNo, { rank, on }]) => ({ batchNo, rank, on, progress: on.batches.progressOf(batchNo) }))
      .sort((a, b) => b.rank - a.rank || b.progress - a.progress);
    if (head !== undefined && running.length >= share) {
      for (const { rank, on, batchNo } of running) if (rank > head) on.batches.giveBack(batchNo);
    }
    const back = givenBack({ left, running: running.length, share, waits: head !== undefined });
    const free = running.filter(({ batchNo, on }) => !on.batches.hasWaiting(batchNo));
    for (const { on, batchNo } of free.slice(0, back)) on.batches.giveBack(batchNo);
  }

  /** A few batches at a time return to the route that is theirs, when it is tried again or healthy. */
  #giveBackToRoutes(): void {
    let back = 0;
    for (const [batchNo, { on, better }] of this.#running) {
      if (on.id === this.#deps.route.id || on.batches.isDoubtful(batchNo)) continue;
      if (better()?.id !== this.#deps.route.id) continue;
      on.batches.giveBack(batchNo);
      back += 1;
      if (back === RETURN_AT_ONCE) return;
    }
  }

  /** Takes no more jobs; resolves when those at hand are over. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#worker?.close();
  }
}

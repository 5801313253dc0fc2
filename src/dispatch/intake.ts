/**
 * Takes the jobs of one route's queue, and has each batch run on the route that may carry it now: the queue's own, or
 * another of its lane's. So nothing has to be moved when a route is down, nor when it is back.
 */
import { DelayedError, type Job, WaitingError, type Worker } from 'bullmq';
import { laneOfBatch } from '../broadcasts/broadcast.ts';
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
  readonly route: string;
  readonly queue: BatchQueue;
  /** Batches at a time. */
  readonly concurrency: number;
  readonly index: BroadcastIndex;
  readonly carriers: Carriers;
  readonly onStoreFault: (error: Error) => void;
  readonly log: Logger;
}

/** A batch that no route of this process can carry comes again after this time. */
const NOBODY_MS = 1_000;

export class Intake {
  readonly #deps: IntakeDeps;
  /** Batches that run now, on whichever route. */
  readonly #running = new Map<number, { readonly rank: number; readonly on: RouteDispatch }>();
  #worker: Worker<BatchJob> | undefined;
  #closing = false;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  /** Jobs are taken only while something can be sent: else they stay for processes that can. */
  follow(): void {
    if (this.#closing) return;
    const serves = this.#deps.carriers.serves(this.#deps.route);
    if (serves && !this.#worker) this.#worker = this.#start();
    else if (serves && this.#worker?.isPaused()) this.#worker.resume();
    else if (!serves && this.#worker && !this.#worker.isPaused()) void this.#worker.pause(true);
  }

  #start(): Worker<BatchJob> {
    const { store, connection, route, concurrency, onStoreFault, log } = this.#deps;
    return startBatchWorker({
      store,
      connection,
      route,
      concurrency,
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
    const on = this.#deps.carriers.choose(laneOfBatch(known.plan, payload.batch), payload.batch);
    if (!on) {
      await job.moveToDelayed(Date.now() + NOBODY_MS, token);
      throw new DelayedError();
    }
    const processed = await this.#run(payload, on);
    if (processed === 'over') return;
    if (processed === 'again') {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    if (processed.refused !== undefined) await job.updateData({ ...payload, refused: processed.refused });
    await job.moveToDelayed(Date.now() + processed.inMs, token);
    throw new DelayedError();
  };

  async #run(payload: BatchJob, on: RouteDispatch): Promise<Processed> {
    const batchNo = batchNumber(payload.broadcast, payload.batch);
    const running = { rank: payload.rank, on };
    this.#running.set(batchNo, running);
    try {
      return await on.batches.process(payload);
    } finally {
      if (this.#running.get(batchNo) === running) this.#running.delete(batchNo);
    }
  }

  /**
   * Makes room where batches of a graver broadcast wait and all hands are full: batches of lower rank go back to wait
   * behind them (R11). It looks at the queue itself, so it does not matter why they come now: launch, resume, approval.
   */
  async yieldToGraver(): Promise<void> {
    const { concurrency, queue } = this.#deps;
    const running = [...this.#running];
    if (running.length < concurrency || running.every(([, { rank }]) => rank === 0)) return;
    const graver = await queue.headRank();
    if (graver === undefined) return;
    for (const [batchNo, { rank, on }] of running) if (rank > graver) on.batches.stopBatch(batchNo);
  }

  /** Takes no more jobs; resolves when those at hand are over. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#worker?.close();
  }
}

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
import type { WorkLeft } from './work-left.ts';

export interface IntakeDeps {
  readonly store: Store;
  /** The worker's own connection: it blocks. */
  readonly connection: Store['redis'];
  /** Whose queue. */
  readonly route: Pick<Route, 'id' | 'links' | 'window'>;
  readonly queue: BatchQueue;
  readonly index: BroadcastIndex;
  readonly carriers: Carriers;
  readonly workLeft: WorkLeft;
  readonly onStoreFault: (error: Error) => void;
  readonly log: Logger;
}

/** A batch that no route of this process can carry comes again after this time. */
const NOBODY_MS = 1_000;

/** Fewer too many are let be: each that moves costs a few calls. */
const SURPLUS = 2;
/** Nor is a batch moved of which fewer are left: whoever has it is done with it before another has begun. */
const WORTH_MOVING = 200;
/** Batches that return to their own route in one look: what is in doubt of them is sent again, so few. */
const RETURN_AT_ONCE = 1;
/** Until a process has looked at its queue again, and has begun with what it takes then. */
const SOON_MS = 300;

/** Batches that each of some processes has at hand at most, where `left` are left. */
export const shareOf = (left: number, processes: number, most: number): number =>
  Math.max(1, Math.min(most, Math.ceil(left / Math.max(1, processes))));

/** How many batches a process gives back of those that run, where none waits: `left` run in all processes. */
export function givenBack({ left, running, share }: { left: number; running: number; share: number }): number {
  // A count below what runs was read before the last jobs came: it says nothing of them.
  return left >= running && running - share >= SURPLUS ? running - share : 0;
}

/** Batches that fill the windows of the links, while others drain. */
const enoughFor = ({ links, window }: IntakeDeps['route']): number =>
  Math.max(4, Math.ceil((2 * links * window) / BATCH_SIZE));

/** Batches that a process has at hand at most: those, and one of most lanes. */
const mostAtHand = (route: IntakeDeps['route']): number => Math.max(64, Math.min(128, enoughFor(route)));

interface Running {
  readonly rank: number;
  readonly on: RouteDispatch;
  /** The route that would carry it if it began now. */
  readonly better: () => RouteDispatch | undefined;
}

/** A batch that runs, at one look. */
interface Seen {
  readonly rank: number;
  readonly progress: number;
  /** Slots that are still to be submitted. */
  readonly left: number;
}

export class Intake {
  readonly #deps: IntakeDeps;
  /** Batches that run now, on whichever route. */
  readonly #running = new Map<number, Running>();
  #worker: Worker<BatchJob> | undefined;
  #closing = false;
  /** Batches that ended here since the last look, and how many did in a millisecond of late. */
  #ended = 0;
  #endingPerMs = 0;
  #lookedAt = 0;

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

  get busy(): boolean {
    return this.#running.size > 0;
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
      this.#ended += 1;
      if (this.#running.get(batchNo) === running) this.#running.delete(batchNo);
    }
  }

  /**
   * Settles what is at hand, by a look at the queue itself, so it does not matter why something came or went. Batches of
   * lower rank go back to wait where graver ones wait and all hands are full (R11). Where none waits, no process keeps more
   * than its share of what is left, so that processes end together, however unevenly they came to their batches.
   */
  async settle(processes: number): Promise<void> {
    this.#giveBackToRoutes();
    const { queue, route } = this.#deps;
    const worker = this.#worker;
    if (!worker || worker.isPaused()) return;
    const [left, head] = await Promise.all([queue.depth(), queue.head()]);
    const most = mostAtHand(route);
    const running = [...this.#running]
      .map(([batchNo, { rank, on }]) => ({ batchNo, rank, on, run: on.batches.runOf(batchNo) }))
      .filter(({ run }) => !run?.ending)
      .map((one) => ({ ...one, progress: one.run?.progress ?? 0, left: one.run?.left ?? 0 }))
      .sort((a, b) => b.rank - a.rank || b.progress - a.progress);
    const enough = Math.max(enoughFor(route), Math.ceil(this.#endingSoon()));
    const share = shareOf(left, processes, most);
    await this.#weigh(running, processes > 1 && head === undefined);
    // Alone, a process keeps all lanes level by itself, whatever it has at hand.
    const atHand =
      processes <= 1 ? most : head ? Math.min(enough, share) + (await this.#aheadOf(head, running)) : enough;
    await this.#widen(worker, Math.min(most, atHand));
    if (!head) {
      const movable = running.filter(({ run, left }) => left >= WORTH_MOVING && run?.nextDue === undefined);
      const back = givenBack({ left, running: running.length, share });
      for (const { on, batchNo } of movable.slice(0, back)) on.batches.giveBack(batchNo);
    } else if (running.length >= most) {
      for (const { rank, on, batchNo } of running) if (rank > head.rank) on.batches.giveBack(batchNo);
    }
  }

  /**
   * Where no batch waits, a process leases as many times the average of the rate as it has left to submit: so processes,
   * and with them all lanes, end together, however unevenly they came to their batches.
   */
  async #weigh(running: readonly (Seen & Pick<Running, 'on'>)[], ending: boolean): Promise<void> {
    const ours = running.filter(({ on }) => on.id === this.#deps.route.id);
    const left = ours.reduce((sum, run) => sum + run.left, 0);
    const average = ending ? await this.#deps.workLeft.tell(left) : left;
    ours[0]?.on.weigh(average > 0 ? left / average : 1);
  }

  /**
   * How many runs are no reason not to take the batch that is next: those of which all is submitted, and those that are
   * further, which wait for it, as lanes advance together. So whoever has nothing but lanes that are far takes from others.
   */
  async #aheadOf(head: BatchJob, running: readonly Seen[]): Promise<number> {
    const known = await this.#deps.index.load(head.broadcast);
    if (!known) return running.length;
    const { firstBatch, batches } = laneOfBatch(known.plan, head.batch);
    const begins = (head.batch - firstBatch) / batches;
    const isAhead = ({ rank, progress, left }: Seen) =>
      left === 0 || rank > head.rank || (rank === head.rank && progress > begins);
    return running.filter(isAhead).length;
  }

  /** Batches that this process is done with before it has looked again and taken others, by how many it was of late. */
  #endingSoon(): number {
    const now = performance.now();
    const ms = Math.max(1, now - this.#lookedAt);
    this.#endingPerMs += ((this.#ended / ms - this.#endingPerMs) * Math.min(ms, SOON_MS)) / SOON_MS;
    this.#lookedAt = now;
    this.#ended = 0;
    return this.#endingPerMs * SOON_MS;
  }

  /** A worker whose jobs all run looks at the queue only when one of them ends, or when it is resumed. */
  async #widen(worker: Worker<BatchJob>, atHand: number): Promise<void> {
    const before = worker.concurrency;
    worker.concurrency = atHand;
    if (atHand <= before || this.#running.size < before) return;
    await worker.pause(true);
    // What can send nothing any more stays paused.
    if (!this.#closing && this.#deps.carriers.serves(this.#deps.route.id)) worker.resume();
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

/**
 * Processes one job: takes its batch, runs it on the route until nothing is left to submit, and gives back what was
 * stopped. The slots say what is left, so a job may come twice, late, or after its batch is done.
 */
import { type Job, WaitingError } from 'bullmq';
import { type Broadcast, type Lane, laneOfBatch } from '../broadcasts/broadcast.ts';
import type { Route } from '../broadcasts/routes.ts';
import { batchNumber } from '../ledger/address.ts';
import type { Slots } from '../ledger/slots.ts';
import type { Logger } from '../log.ts';
import { type BatchJob, batchJobSchema } from '../queue/jobs.ts';
import type { SubmitTemplate } from '../smpp/submit-template.ts';
import { BatchRun } from './batch-run.ts';
import type { BroadcastIndex } from './broadcast-index.ts';
import type { Feed } from './feed.ts';
import { laneTemplates } from './lane-texts.ts';
import type { Outcomes } from './outcomes.ts';

export interface BatchProcessorDeps {
  readonly route: Route;
  readonly index: BroadcastIndex;
  readonly slots: Slots;
  readonly feed: Feed;
  readonly outcomes: Outcomes;
  /** The packed recipients of one block of an audience. */
  readonly block: (audience: string, region: string, language: string, block: number) => Promise<Buffer>;
  readonly onWork: () => void;
  readonly log: Logger;
  readonly now: () => number;
}

const ignore = (): void => {};

export class BatchProcessor {
  readonly #deps: BatchProcessorDeps;
  /** By broadcast and lane: encoded once, used by every batch. */
  readonly #templates = new Map<string, readonly SubmitTemplate[]>();

  /** Batches at hand, each until its last run here is over. */
  readonly #turns = new Map<number, Promise<void>>();

  constructor(deps: BatchProcessorDeps) {
    this.#deps = deps;
  }

  /** Resolves when the job is over; throws WaitingError when it goes back to wait. */
  readonly process = async (job: Job<BatchJob>, token: string): Promise<void> => {
    const payload = batchJobSchema.parse(job.data);
    if (await this.#inTurn(batchNumber(payload.broadcast, payload.batch), () => this.#run(payload))) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
  };

  /**
   * A job that lost its lock (the store was gone for a while) comes again while its first run has submissions out. That
   * run ends before the next takes the batch: what is out is known here, so it must not pass for in doubt.
   */
  async #inTurn(batchNo: number, run: () => Promise<boolean>): Promise<boolean> {
    this.#deps.outcomes.runOf(batchNo)?.stop('lost');
    const earlier = this.#turns.get(batchNo);
    const turn = earlier ? earlier.then(run) : run();
    const over = turn.then(ignore, ignore);
    this.#turns.set(batchNo, over);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(batchNo) === over) this.#turns.delete(batchNo);
    }
  }

  /** Runs what is left of a batch; true when it was stopped and should wait for its turn again. */
  async #run({ broadcast: no, batch: position, rank }: BatchJob): Promise<boolean> {
    const { index, log } = this.#deps;
    try {
      const known = await index.load(no);
      if (!known) return false;
      const lane = laneOfBatch(known.plan, position);
      // Not now: the keeper adds the job again when its time comes.
      if (!(await this.#mayRunNow(no, lane))) return false;
      const run = await this.#take(known.broadcast, lane, position, rank);
      const end = run.over ? 'done' : await this.#runToEnd(run);
      return end === 'stopped' && (await this.#mayRunNow(no, lane));
    } catch (error) {
      log.error({ err: error, broadcast: no, batch: position }, 'batch not run; it will be tried again');
      throw error;
    }
  }

  /** Asks the store before it says no: a job must not be dropped for a resume or an approval not heard of here yet. */
  async #mayRunNow(no: number, lane: Lane): Promise<boolean> {
    const known = this.#deps.index.peek(no);
    if (known && this.mayRun(known.broadcast, lane)) return true;
    const [current] = await Promise.all([this.#deps.index.reload(no), this.#deps.index.reloadHalt()]);
    return current !== undefined && this.mayRun(current, lane);
  }

  mayRun(broadcast: Broadcast, lane: Lane): boolean {
    if (this.#deps.index.halted) return false;
    const current = this.#deps.index.peek(broadcast.no)?.broadcast ?? broadcast;
    const running = current.state === 'running' && current.released.includes(lane.region);
    return running && this.#deps.now() < Date.parse(current.expires);
  }

  async #take(broadcast: Broadcast, lane: Lane, position: number, rank: number): Promise<BatchRun> {
    const { index, slots, block } = this.#deps;
    const batch = index.batch(batchNumber(broadcast.no, position))!;
    const templates = this.#templatesOf(broadcast, lane);
    const [packed, taken] = await Promise.all([
      block(broadcast.audience, lane.region, lane.language, position - lane.firstBatch),
      slots.take(batch),
    ]);
    return new BatchRun({ batch, broadcast, lane, rank, block: packed, ...taken, templates });
  }

  #templatesOf(broadcast: Broadcast, lane: Lane): readonly SubmitTemplate[] {
    const key = `${broadcast.no}:${lane.no}`;
    const held = this.#templates.get(key);
    if (held) return held;
    const made = laneTemplates(broadcast, lane, this.#deps.route);
    this.#templates.set(key, made);
    return made;
  }

  /** Forgets the texts of broadcasts that are closed. */
  forget(isOpen: (broadcastNo: number) => boolean): void {
    for (const key of this.#templates.keys()) if (!isOpen(Number.parseInt(key, 10))) this.#templates.delete(key);
  }

  async #runToEnd(run: BatchRun): Promise<'done' | 'stopped' | 'lost'> {
    const { feed, outcomes, onWork, route } = this.#deps;
    outcomes.add(run);
    feed.add(run);
    // It was paused, cancelled or halted while the batch was taken: nobody told a run that was not there.
    if (!this.mayRun(run.broadcast, run.lane)) run.stop('stopped');
    onWork();
    // Slots that an earlier taker claimed: if it lives, it records their outcome within its own deadline.
    const timer =
      run.inherited.length > 0 ? setTimeout(() => this.#decideInherited(run), route.responseTimeoutMs) : undefined;
    try {
      return await run.ended;
    } finally {
      clearTimeout(timer);
      feed.remove(run);
      outcomes.remove(run);
    }
  }

  #decideInherited(run: BatchRun): void {
    for (const slot of run.inherited) {
      if (run.adopt()) this.#deps.outcomes.doubt(run.batch, slot, run, run.broadcast.no);
    }
  }
}

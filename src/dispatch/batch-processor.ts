/**
 * Processes one job: takes its batch, runs it on the route until nothing is left to submit, and gives back what was
 * stopped. The slots say what is left, so a job may come twice, late, or after its batch is done.
 */
import { blockLength } from '../audience/blocks.ts';
import { type Broadcast, type Lane, laneOfBatch } from '../broadcasts/broadcast.ts';
import { capOf, type Route } from '../broadcasts/routes.ts';
import { batchNumber } from '../ledger/address.ts';
import type { Slots } from '../ledger/slots.ts';
import { isInDoubt, stateOf } from '../ledger/states.ts';
import type { Logger } from '../log.ts';
import type { BatchJob } from '../queue/jobs.ts';
import type { SubmitTemplate } from '../smpp/submit-template.ts';
import { BatchRun, type RunEnd } from './batch-run.ts';
import type { BroadcastIndex } from './broadcast-index.ts';
import { waitOfCapped } from './capped.ts';
import type { Feed } from './feed.ts';
import { FollowUps } from './follow-ups.ts';
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
  /** Longest that any route waits for a response: a slot that another taker claimed is decided by then. */
  readonly inheritedMs: number;
  readonly log: Logger;
  readonly now: () => number;
}

/** A batch that another route is to carry is let go after this time, even if not all of it is answered. */
const HAND_OVER_MS = 300;

/** How long parts of texts that were begun may still leave after a stop was heard of, and after it was said. */
const FINISH_TEXTS_MS = 400;
const IN_FORCE_MS = 900;
const GIVE_UP_AGAIN_MS = 100;

const ignore = (): void => {};

/** A batch of which only recipients are left that wait for longer than this leaves its place to others. */
const REST_MS = 5_000;

/**
 * What was stopped is not done: its job goes back to wait. One that rests is to come again after a pause. `unfit`: not for
 * a route that is only tried again, since some of its recipients may have the text already.
 */
export type Processed = 'over' | 'again' | 'unfit' | { readonly inMs: number; readonly refused?: number };

/** A batch on its way: its job is let go when it is handed over, which may be before its last submission is answered. */
interface Started {
  readonly job: Promise<Processed>;
  readonly ended: Promise<unknown>;
}

/** What a follow-up is about is being stopped: that takes a moment. */
const STOPPING_MS = 500;
const againIn = (inMs: number): Started => ({ job: Promise.resolve({ inMs }), ended: Promise.resolve() });
const over: Started = { job: Promise.resolve('over'), ended: Promise.resolve() };
const unfit: Started = { job: Promise.resolve('unfit'), ended: Promise.resolve() };

const mayBeTwice = (byte: number): boolean =>
  stateOf(byte) === 'sending' || (stateOf(byte) === 'pending' && isInDoubt(byte));

export class BatchProcessor {
  readonly #deps: BatchProcessorDeps;
  readonly #followUps: FollowUps;
  /** By broadcast and lane: encoded once, used by every batch. */
  readonly #templates = new Map<string, readonly SubmitTemplate[]>();
  /** Runs of long texts that were told to stop. */
  readonly #obeying = new WeakSet<BatchRun>();
  /** Runs of batches in which somebody may be sent the text twice. */
  readonly #doubtful = new WeakSet<BatchRun>();

  /** Batches at hand, each until its last run here is over. */
  readonly #turns = new Map<number, Promise<void>>();
  /** What lets the job of a run go before the run is over. */
  readonly #letGo = new Map<BatchRun, () => void>();
  #atHand = 0;

  constructor(deps: BatchProcessorDeps) {
    this.#deps = deps;
    this.#followUps = new FollowUps(deps);
  }

  /** Jobs under way. */
  get atHand(): number {
    return this.#atHand;
  }

  /** Resolves when the job is over or goes back to wait. `probing`: the route is only tried again, and others could carry. */
  async process(payload: BatchJob, probing = false): Promise<Processed> {
    this.#atHand += 1;
    try {
      return await this.#inTurn(batchNumber(payload.broadcast, payload.batch), () => this.#run(payload, probing));
    } finally {
      this.#atHand -= 1;
    }
  }

  /**
   * A job that lost its lock (the store was gone for a while) comes again while its first run has submissions out. That
   * run ends before the next takes the batch: what is out is known here, so it must not pass for in doubt.
   */
  async #inTurn(batchNo: number, run: () => Promise<Started>): Promise<Processed> {
    this.#deps.outcomes.runOf(batchNo)?.stop('lost');
    const earlier = this.#turns.get(batchNo);
    const turn = earlier ? earlier.then(run) : run();
    const ended = turn
      .then((started) => started.ended)
      .then(ignore, ignore)
      .then(() => {
        if (this.#turns.get(batchNo) === ended) this.#turns.delete(batchNo);
      });
    this.#turns.set(batchNo, ended);
    return (await turn).job;
  }

  /** Begins with what is left of a batch. */
  async #run(payload: BatchJob, probing: boolean): Promise<Started> {
    const { broadcast: no, batch: position } = payload;
    const { index, log } = this.#deps;
    try {
      const known = await index.load(no);
      if (!known) return over;
      const lane = laneOfBatch(known.plan, position);
      // Not now: the keeper adds the job again when its time comes.
      if (!(await this.#mayRunNow(no, lane))) return over;
      const cap = capOf(this.#deps.route, lane.region);
      const wait = waitOfCapped(cap, lane, position, this.#deps.feed.runs);
      if (wait > 0) return againIn(wait);
      if (!(await this.#followUps.address(known.broadcast, lane, position))) return againIn(STOPPING_MS);
      const run = await this.#take(known.broadcast, lane, payload);
      if (run.over) return over;
      if (probing && this.#doubtful.has(run)) return unfit;
      const ended = this.#runToEnd(run);
      const letGo = new Promise<'stopped'>((resolve) => this.#letGo.set(run, () => resolve('stopped')));
      const job = Promise.race([ended, letGo]).then(async (end): Promise<Processed> => {
        this.#letGo.delete(run);
        if (end === 'resting') return { inMs: (run.nextDue ?? 0) - this.#deps.now(), refused: run.refused };
        return end === 'stopped' && (await this.#mayRunNow(no, lane)) ? 'again' : 'over';
      });
      return { job, ended };
    } catch (error) {
      log.error({ err: error, broadcast: no, batch: position }, 'batch not run; it will be tried again');
      throw error;
    }
  }

  /**
   * Stops a run since another route is to carry its batch, and lets the job go soon: where the SMSC has fallen silent,
   * what is out is answered late or never, and what was never submitted must not wait for that. The run itself goes on
   * for the answers; whoever takes the batch leaves what is out alone until those can come no more.
   */
  handOver(run: BatchRun): void {
    if (run.stopping) return;
    run.stop('stopped');
    const timer = setTimeout(() => {
      this.#letGo.get(run)?.();
      // Parts of a text that was begun here would leave some day, when the whole text has gone another way.
      if (run.templates.length > 1) run.abandon();
    }, HAND_OVER_MS);
    void run.ended.then(() => clearTimeout(timer));
  }

  /** Holds a run against its broadcast as it is now, and against the clock. */
  follow(run: BatchRun): void {
    if (this.mayRun(run.broadcast, run.lane)) run.rest(this.#deps.now() + REST_MS);
    else this.#obey(run);
  }

  /**
   * Somebody said stop. Parts of texts that were begun may still leave for a moment; a text that is not whole by then is
   * in doubt, since half of it is at the SMSC.
   */
  #obey(run: BatchRun): void {
    run.stop('stopped');
    if (run.over || run.templates.length === 1 || this.#obeying.has(run)) return;
    this.#obeying.add(run);
    const giveUp = () => {
      for (const slot of run.giveUpParts()) this.#deps.outcomes.doubt(run, slot);
      if (!run.over) setTimeout(giveUp, GIVE_UP_AGAIN_MS);
    };
    // It was not in force yet when this process last looked, so it is no older than that.
    const leftMs = this.#deps.index.lookedAt + IN_FORCE_MS - performance.now();
    if (leftMs > 0) setTimeout(giveUp, Math.min(leftMs, FINISH_TEXTS_MS));
    else giveUp();
  }

  /** Reads anew whether a run may go on: after a wait in which much may have been ordered. */
  async confirm(run: BatchRun): Promise<void> {
    await Promise.all([this.#deps.index.reload(run.broadcast.no), this.#deps.index.reloadHalt()]);
    this.follow(run);
  }

  /** The run of a batch that is begun here. */
  runOf(batchNo: number): BatchRun | undefined {
    return this.#deps.outcomes.runOf(batchNo);
  }

  /** Whether some of a batch may have the text already, and will be sent it: not what to try a route with. */
  isDoubtful(batchNo: number): boolean {
    const run = this.#deps.outcomes.runOf(batchNo);
    return run !== undefined && this.#doubtful.has(run);
  }

  /** Gives back what is left of a batch, if it runs here: for another process, or after a graver one. */
  giveBack(batchNo: number): void {
    this.#deps.outcomes.runOf(batchNo)?.stop('given back');
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

  async #take(broadcast: Broadcast, lane: Lane, { batch: position, rank, refused }: BatchJob): Promise<BatchRun> {
    const { index, slots, block } = this.#deps;
    const batch = index.batch(batchNumber(broadcast.no, position))!;
    const templates = this.#templatesOf(broadcast, lane);
    const [packed, taken] = await Promise.all([
      block(broadcast.audience, lane.region, lane.language, position - lane.firstBatch),
      slots.take(batch),
    ]);
    if (blockLength(packed) !== batch.size) throw new RangeError('the block of the audience is not of this size');
    const run = new BatchRun({ batch, broadcast, lane, rank, refused, block: packed, ...taken, templates });
    if (taken.slots.some(mayBeTwice)) this.#doubtful.add(run);
    return run;
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

  async #runToEnd(run: BatchRun): Promise<RunEnd> {
    const { feed, outcomes, onWork, inheritedMs } = this.#deps;
    outcomes.add(run);
    feed.add(run);
    // It was paused, cancelled or halted while the batch was taken: nobody told a run that was not there.
    if (!this.mayRun(run.broadcast, run.lane)) this.#obey(run);
    onWork();
    // Slots that an earlier taker claimed: if it lives, it records their outcome within its own deadline.
    const timer = run.inherited.length > 0 ? setTimeout(() => this.#decideInherited(run), inheritedMs) : undefined;
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
      if (run.adopt()) this.#deps.outcomes.doubt(run, slot);
    }
  }
}

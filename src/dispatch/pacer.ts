/**
 * Meters a route's segments over all processes: small leases of the shared rate, each with the moment it is due, taken
 * ahead of that moment so that neither Redis nor a claim eats into the rate. A route without a limit costs nothing until
 * its SMSC throttles; then a limit is learned, cut at refusals and raised again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answers, Approach } from './approach.ts';
import { type Due, Dues, split, sumOf } from './dues.ts';
import { CUT, type Leased, Pace, type PaceDeps } from './pace.ts';
import type { RedisClock } from './redis-clock.ts';

/**
 * How long before their moment segments are handed out: time to claim their slots in, and, for those of a region, to get the
 * route's. The same in every process.
 */
const LEAD_MS = { route: 50, region: 100 } as const;
/**
 * Later than this nothing leaves: it would meet what is due to other processes. Its moment is forgone, and it is given a
 * new one; each time it may be later, since some process is always late.
 */
const LATE_MS = 10;
/** Leases asked for at once: time for Redis to answer in. Shares of the rate go by it: see `weight`. */
const AHEAD = 4;
/** Nobody asks for more than so many times the average ahead: it would lease too long before it sends. */
const MOST_WEIGHT = 4;
/** But no more than come due in this time, since nobody sends what a process leased that has no more work. */
const AHEAD_MS = 20;
/** No route is slower for long, so none is learned to be. */
const LEAST_LEARNED = 50;
/** What a refused route waits before it counts what it got through: SMSCs count by the second. */
const LEARN_MS = 1_000;
/** The refusals of what was submitted before a cut have all come by then, even if an answer was lost. */
const ROUND_MAX_MS = 3_000;
/** How often an unlimited route looks whether another process has learned a limit. */
const LOOK_MS = 500;
const RAMP_STEP_MS = 2;

/** Segments that may be claimed; see `use`. */
export interface Grant {
  readonly segments: number;
  readonly dues: readonly Due[];
}

/** Segments that are asked for; `due` is known when Redis has answered. */
interface Lease {
  readonly granted: Promise<Due>;
  due?: Due;
}

/** The moment of what may leave at once. */
const AT_ONCE = Number.NEGATIVE_INFINITY;

export interface PacerDeps extends PaceDeps {
  readonly answers: Answers;
  readonly clock: RedisClock;
}

const ignore = (): void => {};

export class Pacer {
  readonly #pace: Pace;
  readonly #leadMs: number;
  readonly #answers: Answers;
  readonly #clock: RedisClock;
  readonly #approach: Approach;
  /** Granted by Redis and not used yet. */
  readonly #balance = new Dues();
  /** As last seen, 0 for none. */
  #learned = 0;
  #cuts = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Asked for ahead of need, oldest first. */
  #ahead: Lease[] = [];
  #mostAhead: number = AHEAD;
  #weight = 1;
  /** Segments that were granted and did not leave at their moment; Redis has not heard of them yet. */
  #forgone = 0;
  /** Segments handed out since the process began, less what came back. */
  #taken = 0;
  /** Refusals count again when this many are answered, or at that moment: until then they are of the round of the last cut. */
  #roundEnd = { answered: 0, at: Number.NEGATIVE_INFINITY };
  #learning: Promise<void> | undefined;

  constructor({ answers, clock, ...pace }: PacerDeps) {
    this.#leadMs = LEAD_MS[pace.region === undefined ? 'route' : 'region'];
    this.#pace = new Pace(pace);
    this.#answers = answers;
    this.#clock = clock;
    this.#approach = new Approach(answers);
  }

  /** The limit in force in segments a second; 0 for none. */
  get limit(): number {
    return this.#learned || this.#pace.configured;
  }

  /** How many times the leases of the average process this one asks for ahead, and so how much of the rate it gets. */
  set weight(weight: number) {
    this.#weight = Math.min(MOST_WEIGHT, weight);
  }

  get #unlimited(): boolean {
    return this.limit === 0;
  }

  /**
   * Grants between `least` and `most` segments, some time before they are due: what is used of them waits for its `moment`
   * before it is written. Rejects when the store refuses.
   */
  async take(least: number, most: number): Promise<Grant> {
    // Only what was there before: the segments of a long text may come in over a longer time than that.
    this.forgo(this.#balance, least);
    for (;;) {
      await this.#learning;
      const now = performance.now();
      if (this.#unlimited && now - this.#lookedAt < LOOK_MS) {
        const allowed = this.#approach.allow(now, most);
        // A text of several parts leaves whole: the ramp may run some parts ahead.
        if (allowed > 0) return this.#grant([{ segments: Math.max(least, allowed), at: AT_ONCE }]);
        await sleep(RAMP_STEP_MS);
        continue;
      }
      if (!this.#unlimited && this.#balance.segments >= least) return this.#grant(this.#balance.take(most));
      await this.#more(most);
    }
  }

  /** Adds a lease to the balance, and waits until it is nearly due. */
  async #more(most: number): Promise<void> {
    if (this.#unlimited) {
      // Only a look whether there is a limit now; what was leased under an earlier one means nothing.
      this.#ahead = [];
      await this.#lease(most).granted;
      return;
    }
    // What came too early to be used is asked for later next time.
    for (; isLate(this.#ahead[0]?.due); this.#mostAhead = 1) this.#forgone += this.#ahead.shift()!.due!.segments;
    const even = Math.min(this.#mostAhead, Math.ceil((this.limit * AHEAD_MS) / 1_000));
    // Under a learned limit all lease alike: what is leased ahead outlives a cut.
    const ahead = this.#learned > 0 ? even : Math.max(1, Math.round(even * this.#weight));
    while (this.#ahead.length < ahead) this.#ahead.push(this.#lease(most));
    const due = await this.#ahead.shift()!.granted; // off the list before it is awaited: one that failed must not fail again
    const early = due.at - performance.now() - this.#leadMs;
    if (early >= 1) {
      this.#mostAhead = AHEAD;
      await sleep(Math.round(early));
    }
    this.#balance.add([due]);
    // A process that is behind takes what is due by now in one.
    const isDue = () => (this.#ahead[0]?.due?.at ?? Number.POSITIVE_INFINITY) <= performance.now();
    while (this.#balance.segments < most && isDue()) this.#balance.add([await this.#ahead.shift()!.granted]);
  }

  /** Forgoes what nobody used of some dues in time, but for `keep` segments. */
  forgo(dues: Dues, keep: number): void {
    this.#forgone += dues.forgo(performance.now() - LATE_MS, keep);
  }

  /** Uses so many segments of a grant, and takes back the others. Each may leave at its `moment`. */
  use(grant: Grant, segments: number): Due[] {
    const { taken, rest } = split(grant.dues, segments);
    this.#takeBack(rest);
    return taken;
  }

  /**
   * The function returned waits until so many segments may leave that are due at a moment; it rejects when the store
   * refuses, and may be called again.
   */
  readonly moment = (due: number, segments: number): (() => Promise<void>) => {
    // Whatever became of the learning: what is claimed must be written or put back.
    if (due === AT_ONCE) return async () => this.#learning?.catch(ignore);
    const moment = { at: due, late: LATE_MS };
    return () => this.#reach(moment, segments);
  };

  /** Uses so many segments of a grant together: at the moment of the last. */
  together(grant: Grant, segments: number): () => Promise<void> {
    return this.moment(this.use(grant, segments).at(-1)!.at, segments);
  }

  /** Waits until the moment at which segments are due, or until a later one where that is missed. */
  async #reach(moment: { at: number; late: number }, segments: number): Promise<void> {
    for (;;) {
      for (let early = moment.at - performance.now(); early >= 1; early = moment.at - performance.now())
        await sleep(early);
      if (performance.now() - moment.at <= moment.late) return;
      const { at } = await this.#ask(segments, segments);
      this.#forgone += segments;
      moment.at = at;
      moment.late += LATE_MS / 2;
    }
  }

  #lease(wanted: number): Lease {
    const granted = this.#ask(1, wanted);
    const lease: Lease = { granted };
    // Whoever takes it hears of a failure.
    granted.then((due) => {
      lease.due = due;
    }, ignore);
    return lease;
  }

  /** Leases between `least` and `most` segments; the moment is that of the last. */
  async #ask(least: number, most: number): Promise<Due> {
    const forgone = this.#forgone;
    this.#forgone = 0;
    const { segments, dueUs, nowUs, ...limit } = await this.#pace.lease(least, most, forgone);
    this.#approach.sample(performance.now());
    this.#clock.observe(nowUs);
    this.#follow(limit);
    return { segments, at: this.#clock.local(dueUs) };
  }

  /** Takes in what Redis says of the learned limit. */
  #follow({ learned, cuts }: Pick<Leased, 'learned' | 'cuts'>): void {
    this.#lookedAt = performance.now();
    this.#learned = learned;
    if (cuts === this.#cuts) return;
    this.#cuts = cuts;
    this.#roundEnd = { answered: this.#taken, at: performance.now() + ROUND_MAX_MS };
  }

  #grant(dues: readonly Due[]): Grant {
    const segments = sumOf(dues);
    this.#taken += segments;
    return { segments, dues };
  }

  /** Takes back all of a grant. */
  giveBack(grant: Grant): void {
    this.#takeBack(grant.dues);
  }

  #takeBack(dues: readonly Due[]): void {
    const segments = sumOf(dues);
    this.#taken -= segments;
    if (this.#unlimited) this.#approach.giveBack(segments);
    else if (dues[0]?.at !== AT_ONCE) this.#balance.putBack(dues);
  }

  /** Segments that were granted are not written after all, and their moment has passed. */
  unused(segments: number): void {
    this.#taken -= segments;
    if (this.#unlimited) this.#approach.giveBack(segments);
    else this.#forgone += segments;
  }

  /** Forgets the learned limit, for all processes: it was learned from an SMSC in distress. */
  async forget(): Promise<void> {
    this.#learned = 0;
    await this.#pace.forget();
  }

  /** The SMSC answered ESME_RTHROTTLED: it concerns the account, so every process slows down. */
  async throttled(): Promise<void> {
    if (this.#learning) return;
    if (this.#unlimited) {
      this.#learning = this.#learn().finally(() => {
        this.#learning = undefined;
      });
      return this.#learning;
    }
    if (this.#answers.answered < this.#roundEnd.answered && performance.now() < this.#roundEnd.at) return;
    await this.#cut(0);
  }

  /** Pauses, and takes what was accepted in a second for the limit. */
  async #learn(): Promise<void> {
    await sleep(LEARN_MS);
    await this.#cut(Math.max(LEAST_LEARNED, this.#approach.acceptedInASecond() * CUT));
  }

  async #cut(accepted: number): Promise<void> {
    // The rest of this round does not ask, while the answer is under way.
    this.#roundEnd = { answered: this.#taken, at: performance.now() + ROUND_MAX_MS };
    this.#follow(await this.#pace.throttled(this.#cuts, accepted, this.#approach.acceptedPart()));
  }
}

const isLate = (due: Due | undefined): boolean => due !== undefined && performance.now() - due.at > LATE_MS;

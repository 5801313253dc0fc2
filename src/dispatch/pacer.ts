/**
 * Meters a route's segments over all processes: small leases of the shared rate, each with the moment it is due, taken
 * ahead of that moment so that neither Redis nor a claim eats into the rate. A route without a limit costs nothing until
 * its SMSC throttles; then a limit is learned, cut at refusals and raised again.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../store/connection.ts';
import { type Answers, Approach } from './approach.ts';
import { type Due, Dues, split, sumOf } from './dues.ts';
import type { RedisClock } from './redis-clock.ts';
import { Schedule } from './schedule.ts';

/** A lease is worth this much time: longer leases would bunch, shorter ones cost more calls. */
const LEASE_SPAN_US = 5_000;
/** How long before their moment segments are handed out: time to claim their slots in. */
const LEAD_MS = 30;
/** What was due up to this long ago is caught up with, so that pauses do not eat into the rate; the rest is forgone. */
const CATCH_UP_US = 100_000;
/** Granted, and not used for this long: forgone too. Far more than a call of Redis takes, or what is caught up would be. */
const STALE_MS = 400;
/** Leases asked for at once: time for Redis to answer in. As many in every process, since shares of the rate go by it. */
const AHEAD = 4;
/** But no more than come due in this time, since nobody sends what a process leased that has no more work. */
const AHEAD_MS = 20;
/** The part of a limit that is aimed at: what the network and two clocks do to a second must not carry it above. */
const AIM = 0.993;
/** A learned limit grows by this part in the first second after a cut, and with the third power of the time. */
const GROWTH = 0.002;
/** And by this many segments a second: a limit that was learned from a moment's hiccup is soon forgotten. */
const GROWTH_SEGMENTS = 0.5;
/** No route is slower for long, so none is learned to be. */
const LEAST_LEARNED = 50;
/** A limit grew just too high: a little less will do. */
const CUT = 0.97;
/** Refusals that go on say that it is far too high: what was accepted of the last second says how far, within these. */
const DEEP_CUT = { least: 0.3, most: 0.9 } as const;
const GOES_ON_US = 1_000_000;
/** Nobody submits for a moment after a cut, so that the SMSC's last second has room again. */
const PAUSE_US = 25_000;
const DEEP_PAUSE_US = 100_000;
const CUTS = [GOES_ON_US, PAUSE_US, DEEP_PAUSE_US] as const;
/** What a refused route waits before it counts what it got through: SMSCs count by the second. */
const LEARN_MS = 1_000;
/** The refusals of what was submitted before a cut have all come by then, even if an answer was lost. */
const ROUND_MAX_MS = 3_000;
/** How often an unlimited route looks whether another process has learned a limit. */
const LOOK_MS = 500;
const RAMP_STEP_MS = 2;

interface PacerScripts {
  pacerLease(
    key: string,
    rate: number,
    wanted: number,
    spanUs: number,
    catchUpUs: number,
    growth: number,
    growthSegments: number,
  ): Promise<[segments: number, dueUs: number, nowUs: number, learned: number, cuts: number]>;
  pacerThrottled(
    key: string,
    rate: number,
    cuts: number,
    accepted: number,
    growth: number,
    growthSegments: number,
    cut: number,
    deepCut: number,
    goesOnUs: number,
    pauseUs: number,
    deepPauseUs: number,
  ): Promise<[learned: number, cuts: number]>;
}

/** Segments that may be claimed; see `use`. */
export interface Grant {
  readonly segments: number;
  readonly dues: readonly Due[];
}

/** Segments that are asked for; `dueAt` is known when Redis has answered. */
interface Lease {
  readonly granted: Promise<Due>;
  dueAt?: number;
}

/** The moment of what may leave at once. */
const AT_ONCE = Number.NEGATIVE_INFINITY;

export interface PacerDeps {
  readonly store: Store;
  readonly route: { readonly id: string; readonly segmentsPerSecond: number | null };
  /** Whose cap it is, where it is not the whole route's. */
  readonly region?: string;
  readonly answers: Answers;
  readonly clock: RedisClock;
}

const ignore = (): void => {};

export class Pacer {
  readonly #redis: Store['redis'] & PacerScripts;
  readonly #key: string;
  /** What the configuration allows, 0 for no limit. */
  readonly #configured: number;
  readonly #answers: Answers;
  readonly #clock: RedisClock;
  readonly #approach: Approach;
  readonly #schedule = new Schedule();
  /** Granted by Redis and not used yet. */
  readonly #balance = new Dues();
  /** As last seen, 0 for none. */
  #learned = 0;
  #cuts = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Asked for ahead of need, oldest first. */
  #ahead: Lease[] = [];
  /** Segments handed out since the process began, less what came back. */
  #taken = 0;
  /** Refusals count again when this many are answered, or at that moment: until then they are of the round of the last cut. */
  #roundEnd = { answered: 0, at: Number.NEGATIVE_INFINITY };
  #learning: Promise<void> | undefined;

  constructor({ store, route, region, answers, clock }: PacerDeps) {
    const source = (name: string) => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');
    store.redis.defineCommand('pacerLease', { lua: source('pacer'), numberOfKeys: 1 });
    store.redis.defineCommand('pacerThrottled', { lua: source('throttled'), numberOfKeys: 1 });
    this.#redis = store.redis as Store['redis'] & PacerScripts;
    this.#key = `${store.prefix}{pace-${route.id}}:pace${region === undefined ? '' : `:${region}`}`;
    this.#configured = route.segmentsPerSecond ?? 0;
    this.#answers = answers;
    this.#clock = clock;
    this.#approach = new Approach(answers);
  }

  /** The limit in force in segments a second; 0 for none. */
  get limit(): number {
    return this.#learned || this.#configured;
  }

  get #unlimited(): boolean {
    return this.#configured === 0 && this.#learned === 0;
  }

  /**
   * Grants between `least` and `most` segments, some 30 ms before they are due; the caller awaits what `use` returns before
   * it writes them. Rejects when the store refuses.
   */
  async take(least: number, most: number): Promise<Grant> {
    // Only what was there before: the segments of a long text may come in over a longer time than that.
    this.#balance.forgo(performance.now() - STALE_MS);
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
    const ahead = Math.min(AHEAD, Math.ceil((this.limit * AHEAD_MS) / 1_000));
    while (this.#ahead.length < ahead) this.#ahead.push(this.#lease(most));
    const due = await this.#ahead.shift()!.granted; // off the list before it is awaited: one that failed must not fail again
    const early = due.at - performance.now() - LEAD_MS;
    if (early >= 1) await sleep(Math.round(early));
    if (this.#schedule.hasBacklog) return this.#schedule.leaveTo(due);
    this.#balance.add([due]);
    // A process that is behind takes what is due by now in one.
    const isDue = () => (this.#ahead[0]?.dueAt ?? Number.POSITIVE_INFINITY) <= performance.now();
    while (this.#balance.segments < most && isDue()) this.#balance.add([await this.#ahead.shift()!.granted]);
  }

  /** Uses so many segments of a grant, and takes back the others. The function returned waits until they may leave. */
  use(grant: Grant, segments: number): () => Promise<void> {
    const { taken, rest } = split(grant.dues, segments);
    this.#takeBack(rest);
    if (taken[0]?.at !== AT_ONCE) return this.#schedule.expect(taken);
    // Whatever became of the learning: what is claimed must be written or put back.
    return async () => this.#learning?.catch(ignore);
  }

  #lease(wanted: number): Lease {
    const granted = this.#ask(wanted);
    const lease: Lease = { granted };
    // Whoever takes it hears of a failure.
    granted.then(({ at }) => {
      lease.dueAt = at;
    }, ignore);
    return lease;
  }

  async #ask(wanted: number): Promise<Due> {
    const asked = [this.#key, this.#configured * AIM, wanted, LEASE_SPAN_US, CATCH_UP_US] as const;
    const [segments, dueUs, nowUs, learned, cuts] = await this.#redis.pacerLease(...asked, GROWTH, GROWTH_SEGMENTS);
    this.#lookedAt = performance.now();
    this.#approach.sample(this.#lookedAt);
    this.#clock.observe(nowUs);
    this.#follow(learned, cuts);
    return { segments, at: this.#clock.local(dueUs) };
  }

  /** Takes in what Redis says of the learned limit. */
  #follow(learned: number, cuts: number): void {
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

  /** Segments that were granted are not written after all. Their moment has passed, but a route without a limit has none. */
  unused(segments: number): void {
    this.#taken -= segments;
    if (this.#unlimited) this.#approach.giveBack(segments);
  }

  /** Forgets the learned limit, for all processes: it was learned from an SMSC in distress. */
  async forget(): Promise<void> {
    this.#learned = 0;
    await this.#redis.hdel(this.#key, 'limit', 'cut');
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
    const asked = [this.#key, this.#configured * AIM, this.#cuts, accepted, GROWTH, GROWTH_SEGMENTS] as const;
    const deep = Math.max(DEEP_CUT.least, Math.min(DEEP_CUT.most, this.#approach.acceptedPart()));
    // The rest of this round does not ask, while the answer is under way.
    this.#roundEnd = { answered: this.#taken, at: performance.now() + ROUND_MAX_MS };
    const [learned, cuts] = await this.#redis.pacerThrottled(...asked, CUT, deep, ...CUTS);
    this.#lookedAt = performance.now();
    this.#follow(learned, cuts);
  }
}

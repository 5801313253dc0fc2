/**
 * A rate that all processes share, as Redis keeps it: one schedule of moments, leased in small pieces by its own clock,
 * and the limit that was learned from an SMSC's refusals.
 */
import { readFileSync } from 'node:fs';
import type { Store } from '../store/connection.ts';

/** A lease is worth this much time: longer leases would bunch, shorter ones cost more calls. */
const LEASE_SPAN_US = 5_000;
/** Where nothing is leased ahead (after a rest, or when less is sent than may be) the next is due so soon: slots are claimed first. */
const LEAST_LEAD_US = { route: 25_000, region: 75_000 } as const;
/** The part of a limit that is aimed at: what the network and two clocks do to a second must not carry it above. */
const AIM = 0.994;
/** The part that is aimed at while something forgone is caught up with, and how many seconds' worth of that. */
const CATCH_UP = { aim: 1, seconds: 3 } as const;
/** A learned limit grows by this part in the first second after a cut, and with the third power of the time. */
const GROWTH = 0.002;
/** And by this many segments a second: a limit that was learned from a moment's hiccup is soon forgotten. */
const GROWTH_SEGMENTS = 0.5;
/** A limit grew just too high: a little less will do. */
export const CUT = 0.97;
/** Refusals that go on say that it is far too high: what was accepted of the last second says how far, within these. */
const DEEP_CUT = { least: 0.3, most: 0.9 } as const;
const GOES_ON_US = 1_000_000;
/** Nobody submits for a moment after a cut, so that the SMSC's last second has room again. */
const PAUSE_US = 25_000;
const DEEP_PAUSE_US = 100_000;

interface PaceScripts {
  paceLease(
    key: string,
    rate: number,
    rateBehind: number,
    least: number,
    most: number,
    spanUs: number,
    leastLeadUs: number,
    forgone: number,
    catchUpSeconds: number,
    growth: number,
    growthSegments: number,
  ): Promise<[segments: number, dueUs: number, nowUs: number, learned: number, cuts: number]>;
  paceThrottled(
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

/** Both moments in µs by Redis's clock; `learned` is 0 where no learned limit is in force. */
export interface Leased {
  readonly segments: number;
  /** When the last of them is due. */
  readonly dueUs: number;
  readonly nowUs: number;
  readonly learned: number;
  /** How often the limit was cut. */
  readonly cuts: number;
}

export interface PaceDeps {
  readonly store: Store;
  readonly route: { readonly id: string; readonly segmentsPerSecond: number | null };
  /** Whose cap it is, where it is not the whole route's. */
  readonly region?: string;
}

export class Pace {
  readonly #redis: Store['redis'] & PaceScripts;
  readonly #key: string;
  readonly #leastLeadUs: number;
  /** What the configuration allows in segments a second; 0 for no limit. */
  readonly configured: number;

  constructor({ store, route, region }: PaceDeps) {
    const source = (name: string) => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');
    store.redis.defineCommand('paceLease', { lua: source('lease'), numberOfKeys: 1 });
    store.redis.defineCommand('paceThrottled', { lua: source('throttled'), numberOfKeys: 1 });
    this.#redis = store.redis as Store['redis'] & PaceScripts;
    this.#key = `${store.prefix}{pace-${route.id}}:pace${region === undefined ? '' : `:${region}`}`;
    this.#leastLeadUs = LEAST_LEAD_US[region === undefined ? 'route' : 'region'];
    this.configured = route.segmentsPerSecond ?? 0;
  }

  /** Leases between `least` and `most` segments. `forgone`: so many of those leased before did not leave. */
  async lease(least: number, most: number, forgone: number): Promise<Leased> {
    const rates = [this.configured * AIM, this.configured * CATCH_UP.aim] as const;
    const terms = [
      least,
      most,
      LEASE_SPAN_US,
      this.#leastLeadUs,
      forgone,
      CATCH_UP.seconds,
      GROWTH,
      GROWTH_SEGMENTS,
    ] as const;
    const [segments, dueUs, nowUs, learned, cuts] = await this.#redis.paceLease(this.#key, ...rates, ...terms);
    return { segments, dueUs, nowUs, learned, cuts };
  }

  /**
   * The SMSC throttles: cuts the learned limit, once for all who knew of so many `cuts` when they submitted. `accepted`: what
   * the caller got through in a second, where it knows of no limit yet, else 0; `acceptedPart`: of its last answers.
   */
  async throttled(cuts: number, accepted: number, acceptedPart: number): Promise<Pick<Leased, 'learned' | 'cuts'>> {
    const deep = Math.max(DEEP_CUT.least, Math.min(DEEP_CUT.most, acceptedPart));
    const asked = [this.configured * AIM, cuts, accepted, GROWTH, GROWTH_SEGMENTS, CUT, deep] as const;
    const [learned, now] = await this.#redis.paceThrottled(this.#key, ...asked, GOES_ON_US, PAUSE_US, DEEP_PAUSE_US);
    return { learned, cuts: now };
  }

  /** Forgets the learned limit, for all processes. */
  async forget(): Promise<void> {
    await this.#redis.hdel(this.#key, 'limit', 'cut');
  }
}

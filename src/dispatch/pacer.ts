/**
 * Meters a route's segments over all processes: small leases of the shared rate, each with the moment it is due. A route
 * without a limit costs nothing until its SMSC throttles; then a limit is learned, cut and slowly raised again.
 */
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { Store } from '../store/connection.ts';

/** A lease is worth this much time: longer leases would bunch, shorter ones cost more calls. */
const LEASE_SPAN_US = 5_000;
/** A process that comes late catches up this much, so that timers do not eat into the rate. */
const CATCH_UP_US = 8_000;
/** Segments that were due longer ago than this and not used are forgone. */
const STALE_MS = 12;
/** A learned limit grows by this fraction a second. */
const GROWTH = 0.03;
const CUT = 0.85;
const CUT_EVERY_US = 500_000;
/** How often an unlimited route looks whether another process has learned a limit. */
const LOOK_MS = 500;

interface PacerScripts {
  pacerLease(
    key: string,
    rate: number,
    wanted: number,
    spanUs: number,
    catchUpUs: number,
    growth: number,
  ): Promise<[number, number, number]>;
  pacerThrottled(key: string, rate: number, sending: number, cut: number, everyUs: number): Promise<number>;
}

interface Lease {
  readonly segments: number;
  /** By performance.now(). */
  readonly dueAt: number;
}

const ignore = (): void => {};

export class Pacer {
  readonly #redis: Redis & PacerScripts;
  readonly #key: string;
  readonly #configured: number;
  /** Leased, due, and not used yet. */
  #balance = 0;
  /** When the balance last became due, by performance.now(). */
  #dueAt = 0;
  /** Limit in force as last seen, 0 for none. */
  #limit: number;
  #lookedAt = 0;
  /** Asked for ahead of need. */
  #ahead: Promise<Lease> | undefined;
  #sent = 0;
  #cutAt = Number.NEGATIVE_INFINITY;
  #sentSince = performance.now();

  constructor({ store, route }: { store: Store; route: { id: string; segmentsPerSecond: number | null } }) {
    const source = (name: string) => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');
    store.redis.defineCommand('pacerLease', { lua: source('pacer'), numberOfKeys: 1 });
    store.redis.defineCommand('pacerThrottled', { lua: source('throttled'), numberOfKeys: 1 });
    this.#redis = store.redis as Redis & PacerScripts;
    this.#key = `${store.prefix}{pace-${route.id}}:pace`;
    this.#configured = route.segmentsPerSecond ?? 0;
    this.#limit = this.#configured;
  }

  /** The limit in force in segments a second; 0 for none. */
  get limit(): number {
    return this.#limit;
  }

  /**
   * Waits until at least `least` segments are due and returns how many are, at most `most` (most ≥ least). What is not
   * used goes back by `giveBack`. Rejects when the store refuses.
   */
  async take(least: number, most: number): Promise<number> {
    if (this.#limit === 0 && performance.now() - this.#lookedAt < LOOK_MS) return this.#use(most, most);
    // What was due long ago would now leave in a bunch with what is due today.
    if (performance.now() - this.#dueAt > STALE_MS) this.#balance = 0;
    while (this.#balance < least) {
      const ahead = this.#ahead;
      this.#ahead = undefined; // before it is awaited: one that failed must not fail again
      const { segments, dueAt } = await (ahead ?? this.#lease(most - this.#balance));
      if (this.#limit === 0) return this.#use(most, most);
      const wait = dueAt - performance.now();
      if (wait < -STALE_MS) continue;
      if (wait >= 1) {
        // The next lease is asked for during the wait: neither Redis nor a late timer then eats into the rate.
        this.#ahead = this.#lease(most);
        this.#ahead.catch(ignore); // whoever takes it hears of it
        await new Promise((resolve) => setTimeout(resolve, Math.round(wait)));
      }
      this.#balance += segments;
      this.#dueAt = Math.max(this.#dueAt, dueAt);
    }
    const used = Math.min(this.#balance, most);
    this.#balance -= used;
    return this.#use(used, used);
  }

  async #lease(wanted: number): Promise<Lease> {
    const [segments, delayUs, limit] = await this.#redis.pacerLease(
      this.#key,
      this.#configured,
      wanted,
      LEASE_SPAN_US,
      CATCH_UP_US,
      GROWTH,
    );
    this.#limit = limit;
    this.#lookedAt = performance.now();
    return { segments, dueAt: this.#lookedAt + delayUs / 1_000 };
  }

  #use(segments: number, result: number): number {
    this.#sent += segments;
    return result;
  }

  giveBack(segments: number): void {
    this.#sent -= segments;
    if (this.#limit > 0) this.#balance += segments;
  }

  /** The SMSC answered ESME_RTHROTTLED: it concerns the account, so every process slows down. */
  async throttled(): Promise<void> {
    const now = performance.now();
    // One round of refusals is one cut: the rest of it need not ask.
    if (now - this.#cutAt < CUT_EVERY_US / 1_000) return;
    this.#cutAt = now;
    const seconds = Math.max(0.05, (now - this.#sentSince) / 1_000);
    const sending = Math.max(1, Math.round(this.#sent / seconds));
    if (seconds > 2) {
      this.#sent = 0;
      this.#sentSince = now;
    }
    const limit = await this.#redis.pacerThrottled(this.#key, this.#configured, sending, CUT, CUT_EVERY_US);
    if (limit > 0) this.#limit = limit;
  }
}

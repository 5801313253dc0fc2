/**
 * The clock of the Redis that keeps a route's pace, in local time: all processes keep one schedule by it. Replies come late
 * but never early, so the reading that came fastest of late is the best. It is read while nothing is sent too: the first
 * moments of a broadcast, when all are busy, are no time to learn it.
 */
import type { Store } from '../store/connection.ts';

/** How fast the estimate of the offset may rise: clocks drift apart by much less. */
const DRIFT = 0.0001;
/** A clock that was set, rather than one that drifts. */
const JUMP_MS = 1_000;
const READ_EVERY_MS = 1_000;
/** Read at once, before anything is granted. */
const FIRST_READINGS = 5;

/** KEYS 1 any key of the route's pace: in a cluster each node has its own clock. Returns µs. */
const READ = `
local t = redis.call('TIME')
return t[1] * 1000000 + t[2]`;

interface ClockScripts {
  paceClock(key: string): Promise<number>;
}

const ignore = (): void => {};

export class RedisClock {
  readonly #redis: Store['redis'] & ClockScripts;
  readonly #key: string;
  /** Local time minus Redis's, in ms. */
  #offset = 0;
  #seenAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor({ store, route }: { store: Store; route: string }) {
    store.redis.defineCommand('paceClock', { lua: READ, numberOfKeys: 1 });
    this.#redis = store.redis as Store['redis'] & ClockScripts;
    this.#key = `${store.prefix}{pace-${route}}:pace`;
  }

  /** Reads the clock some times now, and once a second from then on; where the store is away, when it is back. */
  start(): void {
    const read = async () => this.observe(await this.#redis.paceClock(this.#key));
    const begin = async () => {
      for (let i = 0; i < FIRST_READINGS; i += 1) await read();
    };
    begin().catch(ignore);
    this.#timer ??= setInterval(() => void read().catch(ignore), READ_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Takes in a reading (µs) that has just arrived. */
  observe(redisUs: number): void {
    const now = performance.now();
    const offset = now - redisUs / 1_000;
    const expected = this.#offset + (now - this.#seenAt) * DRIFT;
    const jumped = !(Math.abs(offset - expected) < JUMP_MS);
    this.#offset = jumped ? offset : Math.min(offset, expected);
    this.#seenAt = now;
  }

  /** A moment by Redis's clock (µs) in local time, by performance.now(). */
  local(redisUs: number): number {
    return redisUs / 1_000 + this.#offset;
  }
}

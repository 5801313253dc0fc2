/**
 * Keeps to moments of a schedule that Redis's clock gives, in local time. Whatever comes late once shifts all that follows,
 * and the shift is worked off slowly: so a pause, of this process or of Redis, never turns into a bunch.
 */

/** What is late by more is not made up for. */
const MAX_SHIFT_MS = 3_000;
/** After a rest of this long nothing is left that could bunch with what comes. */
const REST_MS = 1_000;
/** How much of the shift is worked off: 4 ms a second, so the rate is never above 100.4 %. */
const WORKED_OFF = 0.004;
/** Timers are never early and always a little late: that much is no lateness, or it would add up. */
const TIMER_MS = 3;
/** How fast the estimate of the offset may rise: clocks drift apart by much less. */
const DRIFT = 0.0005;
/** A clock that was set, rather than one that drifts. */
const JUMP_MS = 1_000;

export class Schedule {
  /** Local time minus Redis's, in ms: the least that was seen of late, since replies come late but never early. */
  #offset = 0;
  #seenAt = Number.NEGATIVE_INFINITY;
  #shift = 0;
  #shiftAt = 0;
  #reachedAt = 0;

  /** Takes in a reading of Redis's clock (µs) that has just arrived. */
  observe(redisUs: number): void {
    const now = performance.now();
    const offset = now - redisUs / 1_000;
    const expected = this.#offset + (now - this.#seenAt) * DRIFT;
    const jumped = !(Math.abs(offset - expected) < JUMP_MS);
    // A better estimate is no reason to hurry.
    if (!jumped && offset < expected) this.#delay(expected - offset);
    this.#offset = jumped ? offset : Math.min(offset, expected);
    this.#seenAt = now;
  }

  /** A moment by Redis's clock (µs) in local time, by performance.now(), before any shift. */
  local(redisUs: number): number {
    return redisUs / 1_000 + this.#offset;
  }

  /** By how much everything is late now, in ms. */
  get shift(): number {
    const now = performance.now();
    const rested = now - this.#reachedAt > REST_MS + this.#shift;
    this.#shift = rested ? 0 : Math.max(0, this.#shift - (now - this.#shiftAt) * WORKED_OFF);
    this.#shiftAt = now;
    return this.#shift;
  }

  /** How long until `at` (as of `local`) is there, with the shift in force, in ms; below 0 when it has passed. */
  until(at: number): number {
    return at + this.shift - performance.now();
  }

  /** Waits for `at`; what is late already leaves at once and shifts what follows. */
  async reach(at: number): Promise<void> {
    // Again, since the shift may have grown meanwhile.
    for (let early = this.until(at); early >= 1; early = this.until(at)) {
      await new Promise((resolve) => setTimeout(resolve, early));
    }
    const late = -this.until(at) - TIMER_MS;
    this.#reachedAt = performance.now();
    if (late > 0) this.#delay(late);
  }

  #delay(byMs: number): void {
    this.#shift = Math.min(MAX_SHIFT_MS, this.shift + byMs);
  }
}

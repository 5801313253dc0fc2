/**
 * Keeps to moments of a schedule that Redis's clock gives, in local time, and never lets more leave within a second than
 * was due within it: whatever comes late waits for that, so a pause, of this process or of Redis, never turns into a
 * bunch. Where every process keeps to its own part of the schedule, all together keep to the whole.
 */

/** How fast the estimate of the offset may rise: clocks drift apart by much less. */
const DRIFT = 0.0005;
/** A clock that was set, rather than one that drifts. */
const JUMP_MS = 1_000;
const BUCKET_MS = 2;
const SECOND = 500;
/** This part more than what was due may leave in a second: so that the echo of a pause dies away. */
const SLACK = 0.004;
/** And at small rates so many, but no more than this part of the rate: claims are of several. */
const SLACK_SEGMENTS = 5;
const MOST_SLACK = 0.01;
const LOOK_MS = 3;
/** What had to wait for this long waits no longer: nothing that was due is left to measure it by. */
const PATIENCE_MS = 600;
/** Where nothing more was due for a while, the last ones leave as soon as the limit itself has room for them. */
const QUIET = { ms: 50, segments: 10 } as const;

/** A count of what was lately, over so many buckets. */
class Lately {
  readonly #counts: Float64Array;
  #bucket = 0;
  #sum = 0;

  constructor(buckets: number) {
    this.#counts = new Float64Array(buckets);
  }

  /** What was counted until `now`. */
  at(now: number): number {
    const bucket = Math.floor(now / BUCKET_MS);
    const { length } = this.#counts;
    if (bucket - this.#bucket >= length) {
      this.#counts.fill(0);
      this.#sum = 0;
      this.#bucket = bucket;
    }
    for (; this.#bucket < bucket; this.#bucket += 1) {
      const oldest = (this.#bucket + 1) % length;
      this.#sum -= this.#counts[oldest]!;
      this.#counts[oldest] = 0;
    }
    return this.#sum;
  }

  /** Counts at `moment`, which is not after `now`; what is older than all buckets counts no more. */
  add(moment: number, count: number, now: number): void {
    this.at(now);
    const bucket = Math.floor(Math.min(moment, now) / BUCKET_MS);
    const { length } = this.#counts;
    if (this.#bucket - bucket >= length) return;
    this.#counts[bucket % length]! += count;
    this.#sum += count;
  }
}

export class Schedule {
  /** Local time minus Redis's, in ms: the least that was seen of late, since replies come late but never early. */
  #offset = 0;
  #seenAt = Number.NEGATIVE_INFINITY;
  readonly #due = new Lately(SECOND);
  /** A bucket more, since the oldest one leaves at its beginning. */
  readonly #left = new Lately(SECOND + 1);
  readonly #rate: () => number;
  /** Settles when the last of those that are due has left. */
  #line: Promise<void> = Promise.resolve();
  #lastDue = Number.NEGATIVE_INFINITY;

  /** `rate` tells how many are due in a second, by all processes. */
  constructor(rate: () => number) {
    this.#rate = rate;
  }

  /** Takes in a reading of Redis's clock (µs) that has just arrived. */
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

  /** Waits until `count` that are due at `at` may leave; they leave in the order in which they were due. */
  async reach(at: number, count: number): Promise<void> {
    for (let early = at - performance.now(); early >= 1; early = at - performance.now()) await pause(early);
    this.#lastDue = performance.now();
    this.#due.add(at, count, this.#lastDue);
    this.#line = this.#leave(this.#line, count, this.#lastDue + PATIENCE_MS);
    await this.#line;
  }

  async #leave(before: Promise<void>, count: number, patience: number): Promise<void> {
    await before;
    const rate = this.#rate();
    const quiet = Math.max(QUIET.ms, (QUIET.segments * 1_000) / rate);
    for (;;) {
      const now = performance.now();
      const due = this.#due.at(now);
      const slack = Math.max(SLACK * due, Math.min(SLACK_SEGMENTS, MOST_SLACK * rate));
      const most = now - this.#lastDue >= quiet ? rate : due + slack;
      if (this.#left.at(now) + count <= most || now >= patience) {
        this.#left.add(now, count, now);
        return;
      }
      await pause(LOOK_MS);
    }
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

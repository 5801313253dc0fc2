/**
 * Keeps to the moments at which segments are due, and never lets more leave within a second than was due within it:
 * whatever comes late waits for that, so a pause, of this process or of Redis, never turns into a bunch. Where every
 * process keeps to its own part of the schedule, all together keep to the whole.
 */
import { type Due, sumOf } from './dues.ts';

const BUCKET_MS = 2;
const SECOND = 500;
/** Buckets ahead of now: more than segments are handed out ahead of their moment. */
const AHEAD = 100;
/** This part more than what was due may leave in a second: so that the echo of a pause dies away. */
const SLACK = 0.004;
/** And at small rates so many, but no more than this part: claims are of several. */
const SLACK_SEGMENTS = 5;
const MOST_SLACK = 0.01;
const LOOK_MS = 3;
/** What had to wait for this long waits no longer: nothing that was due is left to measure it by. */
const PATIENCE_MS = 1_200;
/** What waits for more than this is a backlog: it would be passed on from second to second. */
const BACKLOG = { part: 0.025, segments: 10 } as const;
/** Where nothing more was due for a while, the last ones leave at the pace of those before. */
const QUIET = { ms: 50, segments: 10 } as const;

/** A count of what was within the last second, and of what will be in the next moments. */
class Lately {
  readonly #buckets: number;
  readonly #counts: Float64Array;
  #bucket = 0;
  #sum = 0;

  constructor(buckets: number) {
    this.#buckets = buckets;
    this.#counts = new Float64Array(buckets + AHEAD);
  }

  /** What was counted of the time until `now`. */
  at(now: number): number {
    const bucket = Math.floor(now / BUCKET_MS);
    const { length } = this.#counts;
    if (bucket - this.#bucket >= length) {
      this.#counts.fill(0);
      this.#sum = 0;
      this.#bucket = bucket;
    }
    while (this.#bucket < bucket) {
      this.#bucket += 1;
      const oldest = (this.#bucket - this.#buckets + length) % length;
      this.#sum += this.#counts[this.#bucket % length]! - this.#counts[oldest]!;
      this.#counts[oldest] = 0;
    }
    return this.#sum;
  }

  /** Counts at `moment`; what is older than all buckets counts no more. */
  add(moment: number, count: number, now: number): void {
    this.at(now);
    const bucket = Math.min(Math.floor(moment / BUCKET_MS), this.#bucket + AHEAD - 1);
    if (bucket <= this.#bucket - this.#buckets) return;
    this.#counts[bucket % this.#counts.length]! += count;
    if (bucket <= this.#bucket) this.#sum += count;
  }
}

export class Schedule {
  readonly #due = new Lately(SECOND);
  /** A bucket more, since the oldest one leaves at its beginning. */
  readonly #left = new Lately(SECOND + 1);
  /** Settles when the last of those that are due has left. */
  #line: Promise<void> = Promise.resolve();
  #lastDue = Number.NEGATIVE_INFINITY;
  /** Segments whose moment has come, and that wait for their second to have room. */
  #waiting = 0;
  /** What was due in the last second in which anything was: this process's part of the rate. */
  #part = 0;

  /** Whether so many wait that what is granted next has to be left to them. */
  get hasBacklog(): boolean {
    return this.#waiting > Math.max(BACKLOG.segments, BACKLOG.part * this.#part);
  }

  /** Leaves what is due at a moment to those who wait. */
  leaveTo({ at, segments }: Due): void {
    this.#due.add(at, segments, performance.now());
  }

  /**
   * Counts segments as due at their moments, also while whoever sends them is late; to be called before that. The function
   * returned waits until all of them may leave: in the order in which it is called.
   */
  expect(dues: readonly Due[]): () => Promise<void> {
    const now = performance.now();
    for (const { at, segments } of dues) this.#due.add(at, segments, now);
    const last = dues.at(-1)?.at ?? now;
    this.#lastDue = Math.max(this.#lastDue, last);
    return () => this.#reach(last, sumOf(dues));
  }

  async #reach(at: number, count: number): Promise<void> {
    for (let early = at - performance.now(); early >= 1; early = at - performance.now()) await pause(early);
    this.#waiting += count;
    this.#line = this.#leave(this.#line, count, performance.now() + PATIENCE_MS);
    await this.#line;
    this.#waiting -= count;
  }

  async #leave(before: Promise<void>, count: number, patience: number): Promise<void> {
    await before;
    for (;;) {
      const now = performance.now();
      const due = this.#due.at(now);
      const quiet = Math.max(QUIET.ms, (QUIET.segments * 1_000) / Math.max(1, this.#part));
      if (now - this.#lastDue < quiet) this.#part = due;
      const part = Math.max(due, this.#part);
      const most = part + Math.max(SLACK * part, Math.min(SLACK_SEGMENTS, MOST_SLACK * part));
      if (this.#left.at(now) + count <= most || now >= patience) {
        this.#left.add(now, count, now);
        return;
      }
      await pause(LOOK_MS);
    }
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

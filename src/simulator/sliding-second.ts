/** How many events the last second held, in buckets of 1 ms: the meter of a rate limit and of the record's peaks. */

const BUCKET_MS = 1;
const BUCKETS = 1_000;

export class SlidingSecond {
  /** The most that any second held so far. */
  peak = 0;

  readonly #counts = new Uint32Array(BUCKETS);
  #bucket = 0;
  #sum = 0;

  /** Events in the second that ends at `nowMs`. Time must not go back. */
  at(nowMs: number): number {
    const bucket = Math.floor(nowMs / BUCKET_MS);
    if (bucket !== this.#bucket) this.#turn(bucket);
    return this.#sum;
  }

  add(nowMs: number, events: number): void {
    const sum = this.at(nowMs) + events;
    this.#counts[this.#bucket % BUCKETS]! += events;
    this.#sum = sum;
    if (sum > this.peak) this.peak = sum;
  }

  #turn(bucket: number): void {
    if (bucket - this.#bucket >= BUCKETS) {
      this.#counts.fill(0);
      this.#sum = 0;
    } else {
      for (let past = this.#bucket + 1; past <= bucket; past++) {
        this.#sum -= this.#counts[past % BUCKETS]!;
        this.#counts[past % BUCKETS] = 0;
      }
    }
    this.#bucket = bucket;
  }
}

/** How a route answered of late, from the counts of its tally: for its breaker, at no cost to a message. */
import type { Answers } from '../broadcasts/route-health.ts';
import type { Tally } from './tally.ts';

/** A sample spans at least this much; reports are a second apart. */
const SAMPLE_MS = 900;
/** Nothing answered for this long, while something is in flight, is a fault: a quarter of what a response may take. */
const SILENT_MIN_MS = 2_500;
const SILENT_PART = 0.25;

export class AnswerWatch {
  readonly #tally: Tally;
  readonly #silentMs: number;
  #at: number;
  #good = 0;
  #refused = 0;
  #throttled = 0;
  #answers: Answers = { good: 0, refused: 0, throttled: 0, ms: 0 };
  #best = 0;
  #answered = 0;
  #answeredAt: number;
  #unboundAt: number;

  /** Times are by performance.now(). */
  constructor({ tally, responseTimeoutMs, now }: { tally: Tally; responseTimeoutMs: number; now: number }) {
    this.#tally = tally;
    this.#silentMs = Math.max(SILENT_MIN_MS, responseTimeoutMs * SILENT_PART);
    this.#at = now;
    this.#answeredAt = now;
    this.#unboundAt = now;
  }

  /** What to report at `now`. */
  look({ bound, inFlight, now }: { bound: number; inFlight: number; now: number }) {
    if (now - this.#at >= SAMPLE_MS) this.#sample(now);
    if (bound > 0) this.#unboundAt = now;
    if (inFlight === 0 || this.#tally.answered !== this.#answered) this.#answeredAt = now;
    this.#answered = this.#tally.answered;
    return {
      unboundMs: Math.round(now - this.#unboundAt),
      answers: this.#answers,
      silent: now - this.#answeredAt >= this.#silentMs,
      best: this.#best,
    };
  }

  #sample(now: number): void {
    const { answered, refusedForNow, throttled } = this.#tally;
    const good = answered - refusedForNow;
    const ms = Math.round(now - this.#at);
    const refused = refusedForNow - throttled;
    this.#answers = {
      good: good - this.#good,
      refused: refused - this.#refused,
      throttled: throttled - this.#throttled,
      ms,
    };
    this.#best = Math.max(this.#best, Math.round((this.#answers.good * 1_000) / ms));
    this.#at = now;
    this.#good = good;
    this.#refused = refused;
    this.#throttled = throttled;
  }
}

/**
 * How a route without a limit comes near what its SMSC takes: it starts gently and doubles, so that an SMSC which takes
 * less than everybody thought refuses some hundreds and not whole windows; and it knows what was accepted of late.
 */

/** Segments a second that a process begins with, after a rest or a start. */
const START_RATE = 4_000;
/** The rate doubles in this time: a hundred thousand a second are reached in half a second. */
const DOUBLE_MS = 100;
const RAMP_MS = 600;
/** After a rest of this long the SMSC may have changed its mind. */
const REST_MS = 5_000;
const SECOND_MS = 1_000;
const SAMPLE_MS = 50;

export class Approach {
  readonly #accepted: () => number;
  #startedAt = Number.NEGATIVE_INFINITY;
  #usedAt = Number.NEGATIVE_INFINITY;
  #sent = 0;
  /** Moments and how many were accepted by then, oldest first. */
  #samples: { readonly at: number; readonly accepted: number }[] = [];

  /** `accepted` tells how many submissions were accepted since the process began. */
  constructor(accepted: () => number) {
    this.#accepted = accepted;
  }

  /** How many segments may leave at `now` (ms), of `most`. */
  allow(now: number, most: number): number {
    if (now - this.#usedAt > REST_MS) {
      this.#startedAt = now;
      this.#sent = 0;
      this.#samples = [];
    }
    this.#usedAt = now;
    this.#sample(now);
    const elapsed = now - this.#startedAt;
    if (elapsed >= RAMP_MS) return most;
    const doublings = (elapsed + 1) / DOUBLE_MS;
    const total = ((START_RATE * DOUBLE_MS) / SECOND_MS / Math.LN2) * (2 ** doublings - 1);
    const allowed = Math.max(0, Math.min(most, Math.ceil(total) - this.#sent));
    this.#sent += allowed;
    return allowed;
  }

  /** Takes back what was allowed and did not leave. */
  giveBack(segments: number): void {
    this.#sent = Math.max(0, this.#sent - segments);
  }

  #sample(now: number): void {
    if (now - (this.#samples.at(-1)?.at ?? Number.NEGATIVE_INFINITY) < SAMPLE_MS) return;
    this.#samples.push({ at: now, accepted: this.#accepted() });
    while (this.#samples.length > 1 && this.#samples[1]!.at <= now - SECOND_MS) this.#samples.shift();
  }

  /** What was accepted since a second before the last use, or since the start of the ramp. */
  acceptedInASecond(): number {
    return this.#accepted() - (this.#samples[0]?.accepted ?? 0);
  }
}

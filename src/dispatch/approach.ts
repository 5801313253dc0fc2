/**
 * How a route without a limit comes near what its SMSC takes: for a second no more is out than some part of what was
 * accepted, so that an SMSC which takes less than everybody thought refuses some hundreds and not whole windows; and it
 * knows what was accepted of late.
 */

/** What the SMSC has answered to this process since it began. */
export interface Answers {
  readonly answered: number;
  readonly accepted: number;
}

/** Segments that a process begins with, after a rest or a start. */
const FIRST = 100;
/** What may be unanswered of what was accepted: grows by a quarter in each round trip. */
const OUT_PART = 0.25;
const RAMP_MS = 1_000;
/** After a rest of this long the SMSC may have changed its mind. */
const REST_MS = 5_000;
const SECOND_MS = 1_000;
const SAMPLE_MS = 50;

export class Approach {
  readonly #answers: Answers;
  #startedAt = Number.NEGATIVE_INFINITY;
  #usedAt = Number.NEGATIVE_INFINITY;
  /** Since the start of the ramp. */
  #sent = 0;
  #before: Answers = { answered: 0, accepted: 0 };
  /** Moments and what was answered by then, oldest first. */
  #samples: ({ readonly at: number } & Answers)[] = [];

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** How many segments may leave at `now` (ms), of `most`. */
  allow(now: number, most: number): number {
    if (now - this.#usedAt > REST_MS) {
      const { answered, accepted } = this.#answers;
      this.#before = { answered, accepted };
      this.#startedAt = now;
      this.#sent = 0;
      this.#samples = [];
    }
    this.#usedAt = now;
    this.sample(now);
    if (now - this.#startedAt >= RAMP_MS) return most;
    const accepted = this.#answers.accepted - this.#before.accepted;
    const out = this.#sent - (this.#answers.answered - this.#before.answered);
    const allowed = Math.max(0, Math.min(most, Math.floor(Math.max(FIRST, accepted * OUT_PART)) - out));
    this.#sent += allowed;
    return allowed;
  }

  /** Takes back what was allowed and did not leave. */
  giveBack(segments: number): void {
    this.#sent = Math.max(0, this.#sent - segments);
  }

  /** Looks at the answers; to be called often, of late looks it knows what the last second was like. */
  sample(now: number): void {
    if (now - (this.#samples.at(-1)?.at ?? Number.NEGATIVE_INFINITY) < SAMPLE_MS) return;
    const { answered, accepted } = this.#answers;
    this.#samples.push({ at: now, answered, accepted });
    while (this.#samples.length > 1 && this.#samples[1]!.at <= now - SECOND_MS) this.#samples.shift();
  }

  /** What was accepted since a second before the last use, or since the start of the ramp. */
  acceptedInASecond(): number {
    return this.#answers.accepted - (this.#samples[0]?.accepted ?? 0);
  }

  /** The part of the answers of the last second that accepted; 1 where none came. */
  acceptedPart(): number {
    const { answered = 0, accepted = 0 } = this.#samples[0] ?? {};
    const all = this.#answers.answered - answered;
    return all > 0 ? (this.#answers.accepted - accepted) / all : 1;
  }
}

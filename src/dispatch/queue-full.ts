/**
 * Tells a full queue of one recipient from a full queue of the account (quirk 23): ESME_RMSGQFUL says either. One
 * recipient waits by itself, with growing delay; only where a good part of all answers is this one, the route is too fast.
 */

/** What the SMSC has answered on a route since the process began. */
export interface Answers {
  readonly answered: number;
}

/** Answers are judged by this much time. */
const SPAN_MS = 1_000;
/** Fewer are what single recipients do: each of them asks again after a growing delay. */
const LEAST_REFUSALS = 20;
/** From this part of all answers on it is the account. */
const PART = 0.25;

export class QueueFull {
  readonly #answers: Answers;
  #since = Number.NEGATIVE_INFINITY;
  #answeredBefore = 0;
  #refusals = 0;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** Counts one refusal, its answer counted already; true when it is the route that has to slow down. */
  concernsAccount(nowMs: number): boolean {
    if (nowMs - this.#since >= SPAN_MS || nowMs < this.#since) {
      this.#since = nowMs;
      this.#answeredBefore = this.#answers.answered - 1;
      this.#refusals = 0;
    }
    this.#refusals += 1;
    const answered = this.#answers.answered - this.#answeredBefore;
    return this.#refusals >= LEAST_REFUSALS && this.#refusals >= PART * answered;
  }
}

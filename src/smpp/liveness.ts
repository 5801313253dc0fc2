/**
 * Decides when a link is asked whether it lives (enquire_link, SMPP 3.4 §4.11) and when it counts as half-open. Any
 * PDU is a sign of life, not only the answer. It holds two times and no timer.
 */
export class Liveness {
  readonly #quietMs: number;
  readonly #answerMs: number;
  #lastHeard: number;
  #askedAt: number | undefined;

  constructor(quietMs: number, answerMs: number, now: number) {
    this.#quietMs = quietMs;
    this.#answerMs = answerMs;
    this.#lastHeard = now;
  }

  /** At least one whole PDU came. */
  heard(now: number): void {
    this.#lastHeard = now;
    this.#askedAt = undefined;
  }

  /** What to do now; `ask` counts as done. */
  check(now: number): 'alive' | 'ask' | 'half_open' {
    if (this.#askedAt !== undefined) return now - this.#askedAt >= this.#answerMs ? 'half_open' : 'alive';
    if (now - this.#lastHeard < this.#quietMs) return 'alive';
    this.#askedAt = now;
    return 'ask';
  }
}

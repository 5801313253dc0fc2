/**
 * Learns how many submissions in flight an SMSC takes on a link, where it takes fewer than the route is configured for and
 * answers the rest ESME_RMSGQFUL or ESME_RSUBMITFAIL (quirk 21). The same statuses can concern a recipient, or the
 * account: so a narrower window is a trial, kept only where it makes the refusals go away. One for all links of a route
 * in a process; it knows no link, and asks for the time once a round.
 */
import { STATUS } from '../smpp/constants.ts';

export interface WindowLearnerDeps {
  /** The route's window: never more than this. */
  readonly widest: number;
  /** Places on a link from now on. */
  readonly onLimit: (places: number) => void;
  /** In flight on all links, or about to be: written before a narrower window is in force. */
  readonly outstanding: () => number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** So many refusals, and this part of all answers, are looked into. */
const REFUSALS = 8;
const PART = 0.05;
/** Answers after which counting starts anew: enough for `REFUSALS` to be `PART` of them. */
const ROUND = 160;
/** A trial is as long as would have brought this many refusals before it. */
const TRIAL_REFUSALS = 12;
const MAX_CUTS = 4;
/** What the refusals say of the window is taken with this much caution. */
const CAUTION = 0.9;
/** A learned window widens by this part at a time; the pause doubles with each time that this was too much. */
const WIDEN = 0.05;
const WIDEN_AFTER_MS = 5_000;
const WIDEN_AFTER_MAX_MS = 60_000;
/** After a trial that changed nothing: the refusals have another cause. */
const LEAVE_ALONE_MS = 60_000;

interface Trial {
  /** Limit to go back to when the window is not the cause. */
  readonly before: number;
  /** In flight when the refusals came. */
  readonly peak: number;
  readonly part: number;
  readonly cuts: number;
}

export class WindowLearner {
  readonly #deps: WindowLearnerDeps;
  #limit: number;
  #trial: Trial | undefined;
  #listening = false;
  /** Answers to what was submitted before the last cut: they say nothing of it. */
  #skip = 0;
  #accepted = 0;
  #refused = 0;
  #peak = 0;
  #roundEnd = ROUND;
  #leftAloneUntil = Number.NEGATIVE_INFINITY;
  #widenAt = 0;
  #widenAfterMs = WIDEN_AFTER_MS;

  constructor(deps: WindowLearnerDeps) {
    this.#deps = deps;
    this.#limit = deps.widest;
  }

  /** Places on a link that are in use now. */
  get limit(): number {
    return this.#limit;
  }

  /** Whether it is looking into refusals: until it knows better they are no sign of anything else. */
  get trying(): boolean {
    return this.#listening || this.#trial !== undefined;
  }

  /** An answer, which is in flight no more. */
  answered(status: number, link: { readonly inFlight: number }): void {
    const isRefusal = status === STATUS.ESME_RMSGQFUL || status === STATUS.ESME_RSUBMITFAIL;
    if (!isRefusal && status !== STATUS.ESME_ROK) return;
    if (this.#skip > 0) {
      this.#skip -= 1;
      return;
    }
    if (isRefusal) this.#take(link.inFlight + 1);
    else this.#accepted += 1;
    if (this.#accepted + this.#refused >= this.#roundEnd) this.#endRound();
  }

  #take(inFlight: number): void {
    this.#refused += 1;
    this.#peak = Math.max(this.#peak, inFlight);
    if (this.trying || this.#refused < REFUSALS || this.#part < PART) return;
    // One in flight is never too many; and a cause that was looked into lately is not looked into again.
    if (this.#peak < 2 || this.#deps.now() < this.#leftAloneUntil) return;
    // Refusals come ahead of the other answers: what is in flight is heard out first.
    this.#listening = true;
    this.#roundEnd = this.#accepted + this.#refused + Math.max(this.#deps.outstanding(), REFUSALS);
  }

  get #part(): number {
    return this.#refused / (this.#refused + this.#accepted);
  }

  #endRound(): void {
    const trial = this.#trial;
    const part = this.#part;
    if (this.#listening) {
      this.#listening = false;
      if (part >= PART) {
        const peak = Math.min(this.#limit, this.#peak);
        this.#cut({ before: this.#limit, peak, part, cuts: 1 }, peak, part);
        return;
      }
    } else if (!trial) {
      this.#widen();
    } else if (part <= trial.part / 2) {
      this.#learn(trial);
    } else if (this.#limit > 1 && trial.cuts < MAX_CUTS) {
      this.#cut({ ...trial, cuts: trial.cuts + 1 }, this.#limit, part);
      return;
    } else {
      this.#trial = undefined;
      this.#leftAloneUntil = this.#deps.now() + LEAVE_ALONE_MS;
      this.#set(trial.before);
    }
    this.#count(Math.max(ROUND, this.#limit));
  }

  /** To half of what was in flight, or to what the SMSC seems to take where that is less. */
  #cut(trial: Trial, from: number, part: number): void {
    this.#trial = trial;
    this.#set(Math.max(1, Math.floor(from * Math.min(0.5, 1 - part))));
    this.#skip = this.#deps.outstanding();
    this.#count(Math.max(2 * this.#limit, Math.ceil(TRIAL_REFUSALS / trial.part)));
  }

  /** The refusals went away: it was the window. The first cut went further than the refusals asked for. */
  #learn(trial: Trial): void {
    this.#trial = undefined;
    const seems = Math.floor(trial.peak * (1 - trial.part) * CAUTION);
    if (trial.cuts === 1) this.#set(Math.max(this.#limit, seems));
    this.#widenAt = this.#deps.now() + this.#widenAfterMs;
    this.#widenAfterMs = Math.min(WIDEN_AFTER_MAX_MS, 2 * this.#widenAfterMs);
  }

  /** A round without many refusals. */
  #widen(): void {
    if (this.#limit === this.#deps.widest || this.#deps.now() < this.#widenAt) return;
    this.#widenAt = this.#deps.now() + this.#widenAfterMs;
    this.#set(Math.min(this.#deps.widest, this.#limit + Math.ceil(this.#limit * WIDEN)));
    if (this.#limit === this.#deps.widest) this.#widenAfterMs = WIDEN_AFTER_MS;
  }

  #set(limit: number): void {
    if (limit === this.#limit) return;
    this.#limit = limit;
    this.#deps.onLimit(limit);
  }

  #count(roundEnd: number): void {
    this.#accepted = 0;
    this.#refused = 0;
    this.#peak = 0;
    this.#roundEnd = roundEnd;
  }
}

/** What a route has counted since it was last published: plain numbers, since a labelled metric costs more than a message. */
import type { Metrics } from '../metrics.ts';
import { STATUS, statusName } from '../smpp/constants.ts';

export class Tally {
  segments = 0;
  inDoubt = 0;
  unmatched = 0;
  anomalies = 0;
  /** Responses since the process began, and those of them with ESME_ROK: never set back. */
  answered = 0;
  accepted = 0;
  /** Answers that refused for now, the throttling ones among them; never set back either. */
  refusedForNow = 0;
  throttled = 0;
  readonly #responses = new Map<number, number>();
  readonly #receipts = new Map<string, number>();

  response(status: number): void {
    this.answered += 1;
    if (status === STATUS.ESME_ROK) this.accepted += 1;
    this.#responses.set(status, (this.#responses.get(status) ?? 0) + 1);
  }

  refusal(tooFast: boolean): void {
    this.refusedForNow += 1;
    if (tooFast) this.throttled += 1;
  }

  receipt(state: string): void {
    this.#receipts.set(state, (this.#receipts.get(state) ?? 0) + 1);
  }

  /** Adds everything to the metrics and starts again from zero. */
  publish(metrics: Metrics, route: string): void {
    for (const [status, count] of this.#responses)
      metrics.submissions.inc({ route, status: statusName(status) }, count);
    for (const [state, count] of this.#receipts) metrics.receipts.inc({ route, state }, count);
    metrics.segments.inc({ route }, this.segments);
    metrics.receiptsUnmatched.inc({ route }, this.unmatched);
    metrics.inDoubt.inc({ route }, this.inDoubt);
    this.#responses.clear();
    this.#receipts.clear();
    this.segments = 0;
    this.unmatched = 0;
    this.inDoubt = 0;
  }
}

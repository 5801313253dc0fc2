/** What a route has counted since it was last published: plain numbers, since a labelled metric costs more than a message. */
import type { Metrics } from '../metrics.ts';
import { STATUS, statusName } from '../smpp/constants.ts';

const MAX_ERRORS = 100;
const ERROR = /^[\x21-\x7e]{1,16}$/;

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
  readonly #errors = new Map<string, number>();
  /** Values of `err` that are told apart: a label must not have a value for each message. */
  readonly #named = new Set<string>();

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

  /** The `err` of a receipt of failure, as text: SMSCs have `0000`, `nul` and `21b` (quirk 7). */
  receiptError(err: string): void {
    const known = this.#named.has(err) || (this.#named.size < MAX_ERRORS && ERROR.test(err));
    if (known) this.#named.add(err);
    const label = known ? err : 'other';
    this.#errors.set(label, (this.#errors.get(label) ?? 0) + 1);
  }

  /** Adds everything to the metrics and starts again from zero. */
  publish(metrics: Metrics, route: string): void {
    for (const [status, count] of this.#responses)
      metrics.submissions.inc({ route, status: statusName(status) }, count);
    for (const [state, count] of this.#receipts) metrics.receipts.inc({ route, state }, count);
    for (const [err, count] of this.#errors) metrics.receiptErrors.inc({ route, err }, count);
    metrics.segments.inc({ route }, this.segments);
    metrics.receiptsUnmatched.inc({ route }, this.unmatched);
    metrics.inDoubt.inc({ route }, this.inDoubt);
    this.#responses.clear();
    this.#receipts.clear();
    this.#errors.clear();
    this.segments = 0;
    this.unmatched = 0;
    this.inDoubt = 0;
  }
}

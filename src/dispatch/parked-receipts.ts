/**
 * Looks now and then for parked receipts whose response has come meanwhile, and says how many are left: those of ids that
 * nobody has (quirk 14). They may be very many, and looking takes a small part of the time at most.
 */
import type { Metrics } from '../metrics.ts';
import type { Recorder } from './recorder.ts';

export interface ParkedReceiptsDeps {
  readonly route: string;
  readonly recorder: Pick<Recorder, 'reconcile'>;
  readonly metrics: Pick<Metrics, 'receiptsOrphaned'>;
}

/** It rests this many times as long as a look took. */
const REST = 20;

export class ParkedReceipts {
  readonly #deps: ParkedReceiptsDeps;
  #nextAt = 0;

  constructor(deps: ParkedReceiptsDeps) {
    this.#deps = deps;
  }

  /** Rejects when the store refuses; may be asked for at any time, one look at a time is under way. */
  async look(): Promise<void> {
    const { route, recorder, metrics } = this.#deps;
    const started = performance.now();
    if (started < this.#nextAt) return;
    this.#nextAt = Number.POSITIVE_INFINITY;
    try {
      const { orphans } = await recorder.reconcile();
      metrics.receiptsOrphaned.set({ route }, orphans);
    } finally {
      const ended = performance.now();
      this.#nextAt = ended + (ended - started) * REST;
    }
  }
}

/**
 * The rare requests of a session (bind, unbind, cancel_sm): each waits for the status of its response. Submissions
 * do not come here, they have the window.
 */
import { TocsinError } from '../errors.ts';

interface Waiting {
  resolve: (status: number) => void;
  reject: (error: TocsinError) => void;
  deadline: number;
}

export class Requests {
  readonly #waiting = new Map<number, Waiting>();

  has(sequence: number): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(sequence);
  }

  /** Resolves with the status of the response; rejects with `smpp_no_answer` or `smpp_closed`. */
  start(sequence: number, deadline: number): Promise<number> {
    return new Promise((resolve, reject) => this.#waiting.set(sequence, { resolve, reject, deadline }));
  }

  /** Whether a request waited for this answer. */
  settle(sequence: number, status: number): boolean {
    const waiting = this.#waiting.get(sequence);
    if (waiting === undefined) return false;
    this.#waiting.delete(sequence);
    waiting.resolve(status);
    return true;
  }

  expire(now: number): void {
    for (const [sequence, waiting] of this.#waiting) {
      if (now < waiting.deadline) continue;
      this.#waiting.delete(sequence);
      waiting.reject(new TocsinError('unavailable', 'smpp_no_answer', 'the SMSC did not answer in time'));
    }
  }

  fail(): void {
    for (const waiting of this.#waiting.values()) {
      waiting.reject(new TocsinError('unavailable', 'smpp_closed', 'the session closed before the answer'));
    }
    this.#waiting.clear();
  }
}

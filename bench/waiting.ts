/** Waiting for something that is polled: with a deadline, a name for what was waited for, and an end by signal. */
import { setTimeout as pause } from 'node:timers/promises';

export interface Patience {
  readonly what: string;
  readonly deadlineMs: number;
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

/** Polls until `look` gives something but undefined. Throws when the deadline passes or the signal is given. */
export async function until<T>(patience: Patience, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const { what, deadlineMs, pollMs, signal } = patience;
  const end = performance.now() + deadlineMs;
  for (;;) {
    signal.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${deadlineMs / 1_000} s`);
    await pause(pollMs, undefined, { signal });
  }
}

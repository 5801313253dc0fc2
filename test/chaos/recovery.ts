/** From what the simulator accepted over time: how long a fault was felt after it had ended. */

/** Accepted submissions at a moment, ms since the epoch. */
export interface Sample {
  readonly at: number;
  readonly accepted: number;
}

/** A fault's span, ms since the epoch; one that is over at once has the same moment twice. */
export interface Strike {
  readonly from: number;
  readonly until: number;
}

/** The rate before a strike is taken over this span, the rate after it over that one. */
const BEFORE_MS = 1_000;
const AFTER_MS = 250;

/** Accepted at `at`, between the samples around it. */
export function acceptedAt(samples: readonly Sample[], at: number): number {
  let before: Sample | undefined;
  for (const sample of samples) {
    if (sample.at >= at) {
      if (!before || sample.at === at) return sample.accepted;
      const part = (at - before.at) / (sample.at - before.at);
      return before.accepted + part * (sample.accepted - before.accepted);
    }
    before = sample;
  }
  return before?.accepted ?? 0;
}

/**
 * Seconds from the end of a strike until messages are accepted at half the rate of before, or everything is. Infinity
 * when that never came.
 */
export function secondsToRecover(samples: readonly Sample[], { from, until }: Strike, total: number): number {
  const first = samples.find(({ accepted }) => accepted > 0)?.at ?? from;
  const span = Math.max(AFTER_MS, Math.min(BEFORE_MS, from - first));
  const before = (acceptedAt(samples, from) - acceptedAt(samples, from - span)) / span;
  for (const { at, accepted } of samples) {
    if (at < until) continue;
    const rate = (accepted - acceptedAt(samples, at - AFTER_MS)) / AFTER_MS;
    if (accepted >= total || rate >= before / 2) return (at - until) / 1_000;
  }
  return Number.POSITIVE_INFINITY;
}

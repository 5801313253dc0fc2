/** How well a rate was held: the mean from the first to the last submission, and the busiest second, against the limit. */

/** At least this part of the limit, on average, and at most that in any second: what is wanted. */
export const LEAST_MEAN_PERCENT = 98;
export const MOST_PEAK_PERCENT = 102;

/** What the SMSC counted. */
export interface Counted {
  readonly count: number;
  /** Milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly maxInSlidingSecond: number;
}

export interface Pace {
  readonly meanPercent: number;
  readonly peakPercent: number;
  readonly holds: boolean;
}

export function paceOf({ count, firstAt, lastAt, maxInSlidingSecond }: Counted, limit: number): Pace {
  const seconds = (lastAt - firstAt) / 1_000;
  // The first opens the span and is not in it: so many intervals, not so many submissions.
  const meanPercent = seconds > 0 ? ((count - 1) / seconds / limit) * 100 : 0;
  const peakPercent = (maxInSlidingSecond / limit) * 100;
  return { meanPercent, peakPercent, holds: meanPercent >= LEAST_MEAN_PERCENT && peakPercent <= MOST_PEAK_PERCENT };
}

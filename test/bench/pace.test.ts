import { paceOf } from '../../bench/pace.ts';

describe('the pace of a limit', () => {
  test('is the mean of the intervals and the busiest second, in percent', () => {
    // 501 submissions are 500 intervals.
    const pace = paceOf({ count: 501, firstAt: 10_000, lastAt: 20_000, maxInSlidingSecond: 51 }, 50);
    expect(pace).toEqual({ meanPercent: 100, peakPercent: 102, holds: true });
  });

  test.each([
    ['below 98 % on average', { count: 491 - 2, maxInSlidingSecond: 50 }],
    ['above 102 % in a second', { count: 501, maxInSlidingSecond: 52 }],
    ['nothing at all', { count: 0, lastAt: 10_000, maxInSlidingSecond: 0 }],
    ['one submission, which has no pace', { count: 1, lastAt: 10_000, maxInSlidingSecond: 1 }],
  ])('does not hold: %s', (_title, counted) => {
    expect(paceOf({ firstAt: 10_000, lastAt: 20_000, ...counted }, 50).holds).toBe(false);
  });
});

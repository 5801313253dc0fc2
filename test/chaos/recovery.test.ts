import { acceptedAt, type Sample, secondsToRecover } from './recovery.ts';

/** 1,000 a second from 0, but for a gap; a sample each 50 ms. */
function sampled({ gapFrom, gapUntil, end = 20_000 }: { gapFrom: number; gapUntil: number; end?: number }): Sample[] {
  const samples: Sample[] = [];
  let accepted = 0;
  for (let at = 0; at <= end; at += 50) {
    samples.push({ at, accepted });
    if (at < gapFrom || at >= gapUntil) accepted += 50;
  }
  return samples;
}

describe('recovery', () => {
  test('counts from the end of a strike until the rate is half of what it was', () => {
    const samples = sampled({ gapFrom: 5_000, gapUntil: 9_000 });
    const seconds = secondsToRecover(samples, { from: 5_000, until: 7_000 }, 1e9);
    expect(seconds).toBeGreaterThanOrEqual(2.1);
    expect(seconds).toBeLessThan(2.3);
  });

  test('takes no time where nothing stood still', () => {
    const samples = sampled({ gapFrom: -1, gapUntil: -1 });
    expect(secondsToRecover(samples, { from: 5_000, until: 5_000 }, 1e9)).toBeLessThanOrEqual(0.05);
  });

  test('is there when everything is accepted, whatever the rate', () => {
    const samples = sampled({ gapFrom: 5_000, gapUntil: 30_000 });
    expect(secondsToRecover(samples, { from: 5_000, until: 6_000 }, 5_000)).toBe(0);
  });

  test('never comes where nothing moves any more', () => {
    const samples = sampled({ gapFrom: 5_000, gapUntil: 30_000 });
    expect(secondsToRecover(samples, { from: 5_000, until: 6_000 }, 1e9)).toBe(Number.POSITIVE_INFINITY);
  });

  test('reads between samples, before the first and after the last', () => {
    const samples = [
      { at: 100, accepted: 10 },
      { at: 200, accepted: 30 },
    ];
    expect([50, 100, 150, 200, 900].map((at) => acceptedAt(samples, at))).toEqual([10, 10, 20, 30, 30]);
    expect(acceptedAt([], 5)).toBe(0);
  });
});

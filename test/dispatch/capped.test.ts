/** Batches of a capped region: which come to hand, and when the others come again. */
import { waitOfCapped } from '../../src/dispatch/capped.ts';
import { givenBack, shareOf } from '../../src/dispatch/intake.ts';
import { aLane, aRun, pending } from './builders.ts';
import { LONG_TEXT, SHORT_TEXT } from './harness.ts';

const LANE = aLane(SHORT_TEXT, { recipients: 90_000, batches: 90 });
const run = (batch: number, lane = LANE) => aRun(pending(8), { lane, batch });

describe('a batch of a capped region', () => {
  test('comes at once without a cap, or while few of its region are at hand', () => {
    expect(waitOfCapped(undefined, LANE, 50, [run(0), run(1), run(2), run(3)])).toBe(0);
    expect(waitOfCapped(100, LANE, 50, [run(0), run(1)])).toBe(0);
  });

  test('comes also where those at hand are nearly submitted, and waits for what is left of them', () => {
    const atHand = [0, 1, 2, 3].map((batch) => run(batch));
    for (const each of atHand.slice(0, 2)) each.take(7, 0);
    expect(waitOfCapped(1_000, LANE, 5, atHand)).toBe(0);
    expect(waitOfCapped(1_000, LANE, 5, [...atHand, run(4)])).toBe(2_250);
  });

  test('does not wait for those of other regions', () => {
    const elsewhere = aLane(SHORT_TEXT, { region: '2A', recipients: 90_000, batches: 90 });
    const others = [0, 1, 2, 3, 4].map((batch) => run(batch, elsewhere));
    expect(waitOfCapped(100, LANE, 50, others)).toBe(0);
  });

  test('is back before those at hand are done, though this process alone sent to the region', () => {
    const atHand = [run(10), run(11), run(12)];
    expect(waitOfCapped(1_000, LANE, 13, atHand)).toBe(2_000);
    // Given back by another process: before those at hand.
    expect(waitOfCapped(1_000, LANE, 9, atHand)).toBe(2_000);
    expect(waitOfCapped(10, LANE, 13, atHand)).toBe(20_000);
  });

  test('waits longer where others have the batches between, and within bounds', () => {
    const atHand = [run(10), run(11), run(12)];
    expect(waitOfCapped(1_000, LANE, 23, atHand)).toBe(7_000);
    expect(waitOfCapped(1_000, LANE, 80, atHand)).toBe(20_000);
  });

  test('waits no longer for those between where it is among the last of its lane', () => {
    const atHand = [run(10), run(11), run(12)];
    expect(waitOfCapped(1_000, LANE, 81, atHand)).toBe(2_000);
  });

  test('is at hand early enough where the cap is high: nothing that waits is back within half a second', () => {
    const atHand = Array.from({ length: 14 }, (_, i) => run(i));
    expect(waitOfCapped(10_000, LANE, 14, atHand)).toBe(0);
    expect(waitOfCapped(10_000, LANE, 15, [...atHand, run(14)])).toBe(1_400);
  });

  test('waits longer where a text takes more segments', () => {
    const long = aLane(LONG_TEXT, { recipients: 90_000, batches: 90 });
    const atHand = [10, 11, 12].map((batch) => run(batch, long));
    expect(long.rendering.segments).toBe(2);
    expect(waitOfCapped(2_000, long, 23, atHand)).toBe(7_000);
  });
});

describe('the share of a process', () => {
  test.each([
    [100, 3, 64, 34],
    [10_000, 3, 64, 64],
    [2, 4, 64, 1],
    [0, 1, 64, 1],
    [5, 0, 64, 5],
  ])('of %d batches over %d processes, at most %d, is %d', (left, processes, most, share) => {
    expect(shareOf(left, processes, most)).toBe(share);
  });
});

describe('a process gives back', () => {
  test.each([
    ['what is more than its share', { left: 30, running: 15, share: 10 }, 5],
    ['not one that is too many alone', { left: 30, running: 11, share: 10 }, 0],
    ['none where it has too few', { left: 30, running: 4, share: 10 }, 0],
    ['none by a count that is older than its last jobs', { left: 0, running: 5, share: 2 }, 0],
  ] as const)('%s', (_what, at, count) => {
    expect(givenBack(at)).toBe(count);
  });
});

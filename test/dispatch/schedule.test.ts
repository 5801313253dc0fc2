/** The schedule: moments of Redis's clock in local time, and pauses that never become bunches. */
import { Schedule } from '../../src/dispatch/schedule.ts';

/** Redis's clock, some fixed time away from this process's. */
const redisNow = () => (performance.now() + 7_000) * 1_000;

function busyFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** A schedule of so many a second. */
const scheduleOf = (rate: number) => new Schedule(() => rate);

describe('a schedule', () => {
  test('reaches a moment when it is there, and not before', async () => {
    const schedule = scheduleOf(100);
    schedule.observe(redisNow());
    const at = schedule.local(redisNow() + 40_000);
    expect(at - performance.now()).toBeGreaterThan(30);
    await schedule.reach(at, 1);
    expect(at - performance.now()).toBeLessThan(1.5);
  });

  test('lets no more leave in a second than was due in it, whatever pauses there are', async () => {
    const schedule = scheduleOf(1_000);
    schedule.observe(redisNow());
    const start = schedule.local(redisNow()) + 20;
    const left: number[] = [];
    const all = Array.from({ length: 250 }, (_, i) =>
      schedule.reach(start + 10 * i, 10).then(() => left.push(performance.now())),
    );
    for (const pauseAt of [300, 900, 1_500]) setTimeout(() => busyFor(80), pauseAt);
    await Promise.all(all);
    left.sort((a, b) => a - b);
    const inSecond = (from: number) => 10 * left.filter((at) => at >= from && at < from + 1_000).length;
    // A turn of a timer, a bucket and the slack above the thousand.
    expect(Math.max(...left.map(inSecond))).toBeLessThanOrEqual(1_020);
    expect(left.at(-1)! - (start + 2_490)).toBeLessThan(150);
  });

  test('does not hold for ever what is late by more than a second', async () => {
    const schedule = scheduleOf(10);
    schedule.observe(redisNow());
    const at = schedule.local(redisNow() - 3_000_000);
    const from = performance.now();
    await schedule.reach(at, 5);
    expect(performance.now() - from).toBeLessThan(1_300);
  });

  test('takes the readings that came fastest for the offset of the clocks', () => {
    const schedule = scheduleOf(100);
    schedule.observe(redisNow() - 30_000); // 30 ms under way
    const slow = schedule.local(redisNow()) - performance.now();
    expect(slow).toBeGreaterThan(25);
    schedule.observe(redisNow());
    schedule.observe(redisNow() - 30_000);
    expect(schedule.local(redisNow()) - performance.now()).toBeLessThan(2);
  });

  test('follows a clock that is set an hour on or back', () => {
    const schedule = scheduleOf(100);
    schedule.observe(redisNow());
    for (const jump of [3_600_000_000, -3_600_000_000]) {
      schedule.observe(redisNow() + jump);
      expect(Math.abs(schedule.local(redisNow() + jump) - performance.now())).toBeLessThan(2);
    }
  });
});

describe('the end of a line', () => {
  test('does not wait for a second of its own: after a moment in which nothing more is due, it leaves', async () => {
    const schedule = scheduleOf(1_000);
    schedule.observe(redisNow());
    const start = schedule.local(redisNow()) + 10;
    // Its claim took long: it left 400 ms late, so it counts longer among what left than among what was due.
    setTimeout(() => void schedule.reach(start + 200, 30), 600);
    await Promise.all(Array.from({ length: 130 }, (_, i) => schedule.reach(start + 10 * i, 10)));
    expect(performance.now() - (start + 1_290)).toBeLessThan(150);
  });

  test('is kept: what was due first leaves first, though a smaller one would fit before it', async () => {
    const schedule = scheduleOf(1_000);
    schedule.observe(redisNow());
    const start = schedule.local(redisNow()) + 10;
    const left: number[] = [];
    setTimeout(() => void schedule.reach(start + 200, 30), 600);
    const all = Array.from({ length: 140 }, (_, i) =>
      schedule.reach(start + 10 * i, i % 2 === 0 ? 18 : 2).then(() => left.push(i)),
    );
    await Promise.all(all);
    expect(left).toEqual([...left].sort((a, b) => a - b));
  });
});

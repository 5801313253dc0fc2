/** The schedule: moments of Redis's clock in local time, and pauses that never become bunches. */
import { Schedule } from '../../src/dispatch/schedule.ts';

/** Redis's clock, some fixed time away from this process's. */
const redisNow = () => (performance.now() + 7_000) * 1_000;

function busyFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('a schedule', () => {
  test('reaches a moment when it is there, and not before', async () => {
    const schedule = new Schedule();
    schedule.observe(redisNow());
    const at = schedule.local(redisNow() + 40_000);
    expect(schedule.until(at)).toBeGreaterThan(30);
    await schedule.reach(at);
    expect(schedule.until(at)).toBeLessThan(1.5);
  });

  test('shifts what follows a pause by as much, so that it does not leave in a bunch', async () => {
    const schedule = new Schedule();
    schedule.observe(redisNow());
    const first = schedule.local(redisNow());
    const left: number[] = [];
    const all = [0, 10, 20, 30, 40].map((ms) => schedule.reach(first + ms).then(() => left.push(performance.now())));
    busyFor(100);
    await Promise.all(all);
    expect(left.at(-1)! - left[1]!).toBeGreaterThan(25);
    expect(schedule.shift).toBeGreaterThan(50);
  });

  test('forgets the shift after a rest', async () => {
    const schedule = new Schedule();
    schedule.observe(redisNow());
    await schedule.reach(schedule.local(redisNow() - 200_000));
    expect(schedule.shift).toBeGreaterThan(150);
    busyFor(1_250);
    expect(schedule.shift).toBe(0);
  });

  test('takes the readings that came fastest for the offset of the clocks', () => {
    const schedule = new Schedule();
    schedule.observe(redisNow() - 30_000); // 30 ms under way
    const slow = schedule.local(redisNow()) - performance.now();
    expect(slow).toBeGreaterThan(25);
    schedule.observe(redisNow());
    schedule.observe(redisNow() - 30_000);
    expect(schedule.local(redisNow()) - performance.now()).toBeLessThan(2);
    // What was scheduled by the old offset is not hurried.
    expect(schedule.shift).toBeLessThanOrEqual(30.5);
  });

  test('follows a clock that is set an hour on or back', () => {
    const schedule = new Schedule();
    schedule.observe(redisNow());
    for (const jump of [3_600_000_000, -3_600_000_000]) {
      schedule.observe(redisNow() + jump);
      expect(Math.abs(schedule.local(redisNow() + jump) - performance.now())).toBeLessThan(2);
    }
  });
});

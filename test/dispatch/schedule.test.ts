/** The schedule: what is due leaves at its moment, and pauses never become bunches. */
import { Schedule } from '../../src/dispatch/schedule.ts';

function busyFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Has `count` leave that are due at `at`, as the pacer hands them out: some 30 ms before. */
const leave = async (schedule: Schedule, at: number, segments: number): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now() - 30)));
  await schedule.expect([{ segments, at }])();
};

/** A schedule of so many a second. */
const scheduleOf = (rate: number) => new Schedule(() => rate);

describe('a schedule', () => {
  test('reaches a moment when it is there, and not before', async () => {
    const schedule = scheduleOf(100);
    const at = performance.now() + 40;
    expect(at - performance.now()).toBeGreaterThan(30);
    await leave(schedule, at, 1);
    expect(at - performance.now()).toBeLessThan(1.5);
  });

  test('lets no more leave in a second than was due in it, whatever pauses there are', async () => {
    const schedule = scheduleOf(1_000);
    const start = performance.now() + 20;
    const left: number[] = [];
    const all = Array.from({ length: 250 }, (_, i) =>
      leave(schedule, start + 10 * i, 10).then(() => left.push(performance.now())),
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
    const at = performance.now() - 3_000;
    const from = performance.now();
    await leave(schedule, at, 5);
    expect(performance.now() - from).toBeLessThan(1_300);
  });
});

describe('the end of a line', () => {
  test('does not wait for a second of its own: after a moment in which nothing more is due, it leaves', async () => {
    const schedule = scheduleOf(1_000);
    const start = performance.now() + 10;
    // Its claim took long: it left 400 ms late, so it counts longer among what left than among what was due.
    setTimeout(() => void leave(schedule, start + 200, 30), 600);
    await Promise.all(Array.from({ length: 130 }, (_, i) => leave(schedule, start + 10 * i, 10)));
    expect(performance.now() - (start + 1_290)).toBeLessThan(150);
  });

  test('is kept: what was due first leaves first, though a smaller one would fit before it', async () => {
    const schedule = scheduleOf(1_000);
    const start = performance.now() + 10;
    const left: number[] = [];
    setTimeout(() => void leave(schedule, start + 200, 30), 600);
    const all = Array.from({ length: 140 }, (_, i) =>
      leave(schedule, start + 10 * i, i % 2 === 0 ? 18 : 2).then(() => left.push(i)),
    );
    await Promise.all(all);
    expect(left).toEqual([...left].sort((a, b) => a - b));
  });
});

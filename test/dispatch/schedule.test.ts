/** The schedule: what is due leaves at its moment, and pauses never become bunches. */
import { Schedule } from '../../src/dispatch/schedule.ts';

function busyFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const until = (moment: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, moment - performance.now())));

/** Has segments leave that are due at `at`, as the pacer hands them out: some 30 ms before. */
const leave = async (schedule: Schedule, at: number, segments: number): Promise<void> => {
  await until(at - 30);
  await schedule.expect([{ segments, at }])();
};

describe('a schedule', () => {
  test('reaches a moment when it is there, and not before', async () => {
    const schedule = new Schedule();
    const at = performance.now() + 40;
    expect(at - performance.now()).toBeGreaterThan(30);
    await leave(schedule, at, 1);
    expect(at - performance.now()).toBeLessThan(1.5);
  });

  test('lets no more leave in a second than was due in it, whatever pauses there are', async () => {
    const schedule = new Schedule();
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
    const schedule = new Schedule();
    const at = performance.now() - 3_000;
    const from = performance.now();
    await leave(schedule, at, 5);
    expect(performance.now() - from).toBeLessThan(1_300);
  });
});

describe('what is late', () => {
  test('counts as due at its own moment, so that steady lateness costs nothing of the rate', async () => {
    const schedule = new Schedule();
    const start = performance.now() + 50;
    const lateness = await Promise.all(
      Array.from({ length: 250 }, async (_, i) => {
        const at = start + 10 * i;
        await until(at - 30);
        const leaves = schedule.expect([{ segments: 10, at }]);
        await until(at + 100); // its claim takes so long
        await leaves();
        return performance.now() - at;
      }),
    );
    expect(Math.max(...lateness.slice(0, 230))).toBeLessThan(150);
  });

  test('is a backlog when too much of it waits, and goes when what is due next is left to it', async () => {
    const schedule = new Schedule();
    const start = performance.now() + 50;
    let last = 0;
    const sent = Array.from({ length: 120 }, async (_, i) => {
      const at = start + 10 * i;
      await until(at - 30);
      await leave(schedule, at, 10);
      last = i;
    });
    await until(start + 1_190);
    expect(schedule.hasBacklog).toBe(false);
    // Two hundred more at once than were due.
    const late = Array.from({ length: 20 }, (_, i) => leave(schedule, start + 10 * i, 10));
    await until(start + 1_220);
    expect([last, schedule.hasBacklog]).toEqual([119, true]);
    for (let i = 0; i < 20; i += 1) schedule.leaveTo({ at: performance.now(), segments: 10 });
    await Promise.all([...sent, ...late]);
    expect(performance.now() - (start + 1_220)).toBeLessThan(100);
    expect(schedule.hasBacklog).toBe(false);
  });
});

describe('the end of a line', () => {
  test('does not wait for a second of its own: after a moment in which nothing more is due, it leaves', async () => {
    const schedule = new Schedule();
    const start = performance.now() + 10;
    // Its claim took long: it left 400 ms late, so it counts longer among what left than among what was due.
    setTimeout(() => void leave(schedule, start + 200, 30), 600);
    await Promise.all(Array.from({ length: 130 }, (_, i) => leave(schedule, start + 10 * i, 10)));
    expect(performance.now() - (start + 1_290)).toBeLessThan(150);
  });

  test('is kept: what was due first leaves first, though a smaller one would fit before it', async () => {
    const schedule = new Schedule();
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

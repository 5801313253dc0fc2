import fc from 'fast-check';
import { TimingWheel } from '../../src/simulator/timing-wheel.ts';

function fired(wheel: TimingWheel, nowMs: number): number[] {
  const handles: number[] = [];
  wheel.advance(nowMs, (handle) => handles.push(handle));
  return handles;
}

describe('the timing wheel', () => {
  test('fires a timer at its time, not before, and once', () => {
    const wheel = new TimingWheel(5, 0);
    wheel.arm(7, 100);
    expect(fired(wheel, 99)).toEqual([]);
    expect(fired(wheel, 100)).toEqual([7]);
    expect(fired(wheel, 10_000)).toEqual([]);
    expect(wheel.armed).toBe(0);
  });

  test('fires timers of one tick in the order they were armed', () => {
    const wheel = new TimingWheel(5, 0);
    for (const handle of [3, 1, 2]) wheel.arm(handle, 50);
    expect(fired(wheel, 50)).toEqual([3, 1, 2]);
  });

  test('holds timers that lie many turns ahead', () => {
    const wheel = new TimingWheel(5, 0);
    const dayMs = 86_400_000;
    wheel.arm(0, dayMs);
    for (let nowMs = 0; nowMs < dayMs; nowMs += 3_600_000) expect(fired(wheel, nowMs)).toEqual([]);
    expect(fired(wheel, dayMs)).toEqual([0]);
  });

  test('forgets a timer that is disarmed and moves one that is armed again', () => {
    const wheel = new TimingWheel(5, 0);
    wheel.arm(1, 50);
    wheel.arm(2, 50);
    wheel.arm(3, 50);
    wheel.disarm(2);
    wheel.arm(3, 200);
    expect(fired(wheel, 60)).toEqual([1]);
    expect(fired(wheel, 200)).toEqual([3]);
  });

  test('lets a timer arm itself again while it fires', () => {
    const wheel = new TimingWheel(5, 0);
    wheel.arm(1, 10);
    wheel.advance(10, (handle) => wheel.arm(handle, 10));
    expect(wheel.isArmed(1)).toBe(true);
    expect(fired(wheel, 15)).toEqual([1]);
  });

  test('agrees with a list of times through any sequence of calls', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('arm' as const), handle: fc.nat(40), delayMs: fc.nat(50_000) }),
      fc.record({ kind: fc.constant('disarm' as const), handle: fc.nat(40), delayMs: fc.constant(0) }),
      fc.record({ kind: fc.constant('advance' as const), handle: fc.constant(0), delayMs: fc.nat(30_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const wheel = new TimingWheel(5, 0);
        const due = new Map<number, number>();
        let nowMs = 0;
        for (const { kind, handle, delayMs } of steps) {
          if (kind === 'arm') {
            wheel.arm(handle, nowMs + delayMs);
            due.set(handle, Math.max(Math.ceil((nowMs + delayMs) / 5), Math.floor(nowMs / 5) + 1));
          } else if (kind === 'disarm') {
            wheel.disarm(handle);
            due.delete(handle);
          } else {
            nowMs += delayMs;
            const expected = [...due].filter(([, tick]) => tick <= Math.floor(nowMs / 5)).map(([one]) => one);
            for (const one of expected) due.delete(one);
            expect(fired(wheel, nowMs).sort()).toEqual(expected.sort());
          }
          expect(wheel.armed).toBe(due.size);
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { SlidingSecond } from '../../src/simulator/sliding-second.ts';

describe('the sliding second', () => {
  test('counts what the last second held, across the border of a second', () => {
    const meter = new SlidingSecond();
    meter.add(900, 10);
    meter.add(1100, 5);
    expect(meter.at(1100)).toBe(15);
    expect(meter.at(1905)).toBe(5);
    expect(meter.at(5000)).toBe(0);
    expect(meter.peak).toBe(15);
  });

  test('agrees with a list of events to 1 ms', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(700), fc.integer({ min: 1, max: 5 })), { maxLength: 60 }), (steps) => {
        const meter = new SlidingSecond();
        const events: { bucket: number; count: number }[] = [];
        let nowMs = 1_795_000_000_000;
        let peak = 0;
        for (const [pauseMs, count] of steps) {
          nowMs += pauseMs;
          const bucket = Math.floor(nowMs);
          events.push({ bucket, count });
          meter.add(nowMs, count);
          const sum = events
            .filter((event) => event.bucket > bucket - 1000)
            .reduce((all, event) => all + event.count, 0);
          expect(meter.at(nowMs)).toBe(sum);
          peak = Math.max(peak, sum);
        }
        expect(meter.peak).toBe(peak);
      }),
    );
  });
});

/** A route without a limit: it comes near what its SMSC takes, and does not begin with whole windows. */
import { Approach } from '../../src/dispatch/approach.ts';

const PLENTY = 100_000;
const ALL_MS = 600;

/** What may leave from one moment to another where it is asked for every millisecond. */
function allowed(approach: Approach, fromMs: number, toMs: number): number {
  let sum = 0;
  for (let now = fromMs; now < toMs; now += 1) sum += approach.allow(now, PLENTY);
  return sum;
}

describe('a route without a limit', () => {
  test('begins with 4,000 a second, doubles that every 100 ms, and has no limit after 600 ms', () => {
    const approach = new Approach(() => 0);
    const steps = [0, 100, 200, 300, 400].map((from) => allowed(approach, from, from + 100));
    expect(steps[0]).toBeGreaterThan(400);
    expect(steps[0]).toBeLessThan(600);
    for (const [i, step] of steps.slice(1).entries()) expect(step / steps[i]!).toBeCloseTo(2, 1);
    expect(approach.allow(ALL_MS, PLENTY)).toBe(PLENTY);
  });

  test('begins anew after a rest of five seconds, and not after a shorter one', () => {
    const approach = new Approach(() => 0);
    approach.allow(0, PLENTY);
    expect(approach.allow(ALL_MS, PLENTY)).toBe(PLENTY);
    expect(approach.allow(5_600, PLENTY)).toBe(PLENTY);
    expect(approach.allow(10_601, PLENTY)).toBeLessThan(10);
    expect(allowed(approach, 10_602, 10_701)).toBeLessThan(600);
  });

  test('lets leave later what was not asked for, and what was allowed and did not leave', () => {
    const approach = new Approach(() => 0);
    expect(approach.allow(0, 2)).toBe(2);
    const rest = approach.allow(99, PLENTY);
    expect(rest).toBeGreaterThan(400);
    expect(approach.allow(99, PLENTY)).toBe(0);
    approach.giveBack(100);
    expect(approach.allow(99, PLENTY)).toBe(100);
    approach.giveBack(PLENTY);
    expect(approach.allow(99, PLENTY)).toBe(rest + 2);
  });

  test('knows what was accepted in the last second, and forgets at a rest what was before', () => {
    let accepted = 0;
    const approach = new Approach(() => accepted);
    for (let now = 0; now <= 3_000; now += 50) {
      approach.allow(now, PLENTY);
      accepted += 10;
    }
    // Ten in each 50 ms, those after the last look included.
    expect(approach.acceptedInASecond()).toBe(210);
    approach.allow(9_000, PLENTY);
    expect(approach.acceptedInASecond()).toBe(0);
    accepted += 7;
    expect(approach.acceptedInASecond()).toBe(7);
  });
});

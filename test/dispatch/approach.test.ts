/** A route without a limit: it comes near what its SMSC takes, and does not begin with whole windows. */
import { Approach } from '../../src/dispatch/approach.ts';

const PLENTY = 100_000;
const RAMP_MS = 1_000;

function begun() {
  const answers = { answered: 0, accepted: 0 };
  const accept = (count: number) => {
    answers.answered += count;
    answers.accepted += count;
  };
  return { answers, accept, approach: new Approach(answers) };
}

describe('a route without a limit', () => {
  test('begins with a hundred, then has a quarter of what was accepted out, and no limit after a second', () => {
    const { approach, answers, accept } = begun();
    expect(approach.allow(0, PLENTY)).toBe(100);
    expect(approach.allow(500, PLENTY)).toBe(0);
    accept(100);
    expect(approach.allow(501, PLENTY)).toBe(100);
    let out = 100;
    for (let trip = 1; trip <= 20; trip += 1) {
      accept(out);
      out = approach.allow(501 + trip, PLENTY);
      expect(out).toBe(Math.floor(Math.max(100, answers.accepted / 4)));
    }
    expect(out).toBeGreaterThan(2_000);
    expect(approach.allow(RAMP_MS, PLENTY)).toBe(PLENTY);
  });

  test('does not grow by what was refused', () => {
    const { approach, answers, accept } = begun();
    accept(1_000); // before the start: they say nothing of now
    expect(approach.allow(0, PLENTY)).toBe(100);
    answers.answered += 100;
    expect(approach.allow(1, PLENTY)).toBe(100);
  });

  test('begins anew after a rest of five seconds, and not after a shorter one', () => {
    const { approach } = begun();
    approach.allow(0, PLENTY);
    expect(approach.allow(RAMP_MS, PLENTY)).toBe(PLENTY);
    expect(approach.allow(6_000, PLENTY)).toBe(PLENTY);
    expect(approach.allow(11_001, PLENTY)).toBe(100);
    expect(approach.allow(11_500, PLENTY)).toBe(0);
  });

  test('lets leave later what was not asked for, and what was allowed and did not leave', () => {
    const { approach } = begun();
    expect(approach.allow(0, 2)).toBe(2);
    expect(approach.allow(1, PLENTY)).toBe(98);
    expect(approach.allow(2, PLENTY)).toBe(0);
    approach.giveBack(60);
    expect(approach.allow(3, PLENTY)).toBe(60);
    approach.giveBack(PLENTY);
    expect(approach.allow(4, PLENTY)).toBe(100);
  });

  test('knows what was accepted in the last second, and forgets at a rest what was before', () => {
    const { approach, accept } = begun();
    for (let now = 0; now <= 3_000; now += 50) {
      approach.allow(now, PLENTY);
      accept(10);
    }
    // Ten in each 50 ms, those after the last look included.
    expect(approach.acceptedInASecond()).toBe(210);
    approach.allow(9_000, PLENTY);
    expect(approach.acceptedInASecond()).toBe(0);
    accept(7);
    expect(approach.acceptedInASecond()).toBe(7);
  });
});

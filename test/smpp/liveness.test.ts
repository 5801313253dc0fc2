import { Liveness } from '../../src/smpp/liveness.ts';

describe('whether a link lives', () => {
  test('quirk 33: it is asked once it was quiet for as long as it may be, not before', () => {
    const liveness = new Liveness(1_000, 200, 0);
    expect([999, 1_000].map((now) => liveness.check(now))).toEqual(['alive', 'ask']);
  });

  test('it is half open once it has not answered for as long as it may, not before, and is asked once', () => {
    const liveness = new Liveness(1_000, 200, 0);
    expect([1_000, 1_001, 1_199, 1_200].map((now) => liveness.check(now))).toEqual([
      'ask',
      'alive',
      'alive',
      'half_open',
    ]);
  });

  test('any PDU is an answer, and begins a new time of quiet', () => {
    const liveness = new Liveness(1_000, 200, 0);
    expect(liveness.check(1_000)).toBe('ask');
    liveness.heard(1_150);
    expect([1_200, 2_149, 2_150].map((now) => liveness.check(now))).toEqual(['alive', 'alive', 'ask']);
  });
});

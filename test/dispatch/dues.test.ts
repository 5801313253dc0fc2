import { Dues, split } from '../../src/dispatch/dues.ts';

const EARLY = { segments: 3, at: 10 };
const LATE = { segments: 5, at: 20 };

describe('what is due', () => {
  test('is taken oldest first, each with its own moment', () => {
    const dues = new Dues();
    dues.add([EARLY]);
    dues.add([LATE]);
    expect(dues.segments).toBe(8);
    expect(dues.take(4)).toEqual([EARLY, { segments: 1, at: 20 }]);
    expect(dues.segments).toBe(4);
    expect(dues.take(9)).toEqual([{ segments: 4, at: 20 }]);
    expect(dues.take(1)).toEqual([]);
  });

  test('comes back before what is due later', () => {
    const dues = new Dues();
    dues.add([EARLY, LATE]);
    dues.putBack(dues.take(2));
    expect(dues.segments).toBe(8);
    expect(dues.take(3).map(({ at }) => at)).toEqual([10, 10]);
    expect(dues.take(5)).toEqual([LATE]);
  });

  test('is forgone when its moment is over, and counted', () => {
    const dues = new Dues();
    dues.add([EARLY, LATE]);
    expect(dues.forgo(10, 0)).toBe(0);
    expect(dues.forgo(11, 0)).toBe(3);
    expect(dues.segments).toBe(5);
    expect(dues.take(8)).toEqual([LATE]);
  });

  test('is kept as far as it is wanted', () => {
    const dues = new Dues();
    dues.add([EARLY, LATE]);
    expect(dues.forgo(30, 6)).toBe(0);
    expect(dues.forgo(30, 5)).toBe(3);
    expect(dues.take(8)).toEqual([LATE]);
  });

  test.each([0, 1, 3, 4, 8])('splits after %i segments', (segments) => {
    const { taken, rest } = split([EARLY, LATE], segments);
    const sum = (parts: typeof taken) => parts.reduce((n, part) => n + part.segments, 0);
    expect([sum(taken), sum(rest)]).toEqual([segments, 8 - segments]);
    expect([...taken, ...rest].map(({ at }) => at)).toEqual([...taken, ...rest].map(({ at }) => at).sort());
  });
});

import { finishOf, overtakingOf, worstLag } from '../../bench/lane-figures.ts';

test('lanes end apart by the last end after the first, against the median from the launch', () => {
  const lanes = [
    { firstAt: 1_100, lastAt: 1_950 },
    { firstAt: 1_120, lastAt: 2_000 },
    { firstAt: 1_180, lastAt: 2_050 },
  ];
  expect(finishOf(lanes, 1_000)).toEqual({ medianMs: 1_000, spreadPercent: 10, beginSpreadMs: 80 });
});

describe('the lag behind a large lane', () => {
  test('is that of the last small lane at its worst moment', () => {
    const samples = [
      { large: 0.2, small: [0.3, 0.2] },
      { large: 0.6, small: [0.5, 0.7] },
      { large: 1, small: [1, 1] },
    ];
    expect(worstLag(samples)).toBeCloseTo(10);
  });

  test('is none where all small lanes are ahead', () => {
    expect(worstLag([{ large: 0.2, small: [0.3] }])).toBe(0);
    expect(worstLag([])).toBe(0);
  });
});

describe('overtaking', () => {
  const sample = (at: number, extreme: number, minor: number, minorLastAt: number) => ({
    at,
    extreme,
    minor,
    minorLastAt,
  });

  test('is over with the last submission of the minor one while the other has work', () => {
    const samples = [
      sample(900, 0, 400, 899),
      sample(1_020, 0, 500, 1_019),
      sample(1_500, 30, 510, 1_200),
      sample(2_100, 60, 510, 1_200),
      sample(2_600, 94, 512, 2_500),
      sample(2_700, 96, 700, 2_699),
    ];
    expect(overtakingOf(samples, 1_000, 100)).toEqual({ quietMs: 1_500, minorPercentAfterwards: (2 / 36) * 100 });
  });

  test('takes no time where nothing of the minor one came after the launch', () => {
    expect(overtakingOf([sample(1_020, 10, 400, 950)], 1_000, 100)).toEqual({ quietMs: 0, minorPercentAfterwards: 0 });
  });

  test('cannot be told of a broadcast that nobody looked at', () => {
    expect(() => overtakingOf([sample(1_020, 100, 400, 950)], 1_000, 100)).toThrow('over before');
  });
});

import { between, momentsOf, seededRandom } from './moments.ts';

describe('moments', () => {
  test('are the same for the same seed and fault, and others for others', () => {
    const of = (seed: number, fault: string) => momentsOf(seededRandom(seed, fault, 1), 20, 100_000);
    expect(of(42, 'redis-killed')).toEqual(of(42, 'redis-killed'));
    expect(of(42, 'redis-killed')).not.toEqual(of(43, 'redis-killed'));
    expect(of(42, 'redis-killed')).not.toEqual(of(42, 'smsc-drops'));
  });

  test('are spread over the broadcast, ascending, with a before and an after', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const moments = momentsOf(seededRandom(seed), 20, 100_000);
      expect(moments).toHaveLength(20);
      expect([...moments].sort((a, b) => a - b)).toEqual(moments);
      expect(moments[0]).toBeGreaterThanOrEqual(8_000);
      expect(moments.at(-1)).toBeLessThan(85_000);
      expect(Math.max(...moments.slice(1).map((moment, i) => moment - moments[i]!))).toBeLessThan(8_000);
    }
  });

  test('between two numbers are both of them and what is between', () => {
    const random = seededRandom(1);
    const drawn = new Set(Array.from({ length: 200 }, () => between(random, 3, 6)));
    expect([...drawn].sort()).toEqual([3, 4, 5, 6]);
  });
});

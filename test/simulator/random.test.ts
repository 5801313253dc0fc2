import fc from 'fast-check';
import { SeededRandom } from '../../src/simulator/random.ts';

const draw = (random: SeededRandom, count: number) => Array.from({ length: count }, () => random.next());

describe('the seeded generator', () => {
  test('gives the same numbers for the same seed, others for another', () => {
    expect(draw(new SeededRandom(5), 20)).toEqual(draw(new SeededRandom(5), 20));
    expect(draw(new SeededRandom(5), 20)).not.toEqual(draw(new SeededRandom(6), 20));
  });

  test('spreads them evenly over 0 to 1', () => {
    const numbers = draw(new SeededRandom(1), 10_000);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    for (let tenth = 0; tenth < 10; tenth++) {
      const inside = numbers.filter((number) => Math.floor(number * 10) === tenth).length;
      expect(inside).toBeGreaterThan(850);
      expect(inside).toBeLessThan(1150);
    }
  });

  test('draws nothing for what is certain, so that a fault not used changes nothing', () => {
    const random = new SeededRandom(9);
    expect([random.chance(0), random.chance(1), random.between({ min: 3, max: 3 })]).toEqual([false, true, 3]);
    expect(random.next()).toBe(new SeededRandom(9).next());
  });

  test('stays between both ends', () => {
    const ends = fc.tuple(fc.nat(1000), fc.nat(1000), fc.integer());
    fc.assert(
      fc.property(ends, ([min, width, seed]) => {
        const drawn = new SeededRandom(seed).between({ min, max: min + width });
        expect(drawn).toBeGreaterThanOrEqual(min);
        expect(drawn).toBeLessThanOrEqual(min + width);
      }),
    );
  });
});

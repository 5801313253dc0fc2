import {
  ADMINISTRATIVE_REGIONS,
  departementsOf,
  isPlace,
  LEVELS,
  levelOf,
  NATIONAL,
  PLACES,
  placeName,
  placesFor,
} from '../../src/directory/places.ts';
import { findRegion, REGIONS } from '../../src/directory/regions.ts';

describe('the places of the directory', () => {
  test('are France, its 13 regions and 5 overseas, and 101 départements, each code once', () => {
    expect(ADMINISTRATIVE_REGIONS).toHaveLength(18);
    expect(ADMINISTRATIVE_REGIONS.filter(({ code }) => code.startsWith('R0'))).toHaveLength(5);
    expect(PLACES).toHaveLength(1 + 18 + 101);
    expect(new Set(PLACES).size).toBe(PLACES.length);
    expect(PLACES[0]).toBe(NATIONAL);
  });

  test('a region’s code is that of no département, though INSEE’s often is', () => {
    const departements = new Set(REGIONS.map(({ code }) => code));
    expect(ADMINISTRATIVE_REGIONS.filter(({ code }) => departements.has(code))).toEqual([]);
    expect(ADMINISTRATIVE_REGIONS.filter(({ code }) => departements.has(code.slice(1))).length).toBeGreaterThan(10);
    expect([placeName('53'), placeName('R53'), placeName('FR'), placeName('R99')]).toEqual([
      'Mayenne',
      'Bretagne',
      'France',
      'R99',
    ]);
  });

  test('every département is in one region, and every region has one at least', () => {
    const inside = ADMINISTRATIVE_REGIONS.map(({ code }) => departementsOf(code));
    expect(inside.flat().sort()).toEqual(REGIONS.map(({ code }) => code).sort());
    expect(inside.filter((codes) => codes.length === 0)).toEqual([]);
    expect(departementsOf('R53')).toEqual(['22', '29', '35', '56']);
    expect(departementsOf('R94')).toEqual(['2A', '2B']);
    expect(departementsOf('R04')).toEqual(['974']);
    expect(departementsOf('35')).toEqual(['35']);
    expect(departementsOf('FR')).toHaveLength(101);
    expect(departementsOf('R00')).toEqual([]);
    expect(findRegion('75')?.partOf).toBe('R11');
  });

  test('hold for a département from the nearest to the widest, or in the order configured', () => {
    expect(placesFor('35')).toEqual(['35', 'R53', 'FR']);
    expect(placesFor('35', ['national', 'departement'])).toEqual(['FR', '35']);
    expect(placesFor('35', ['region'])).toEqual(['R53']);
    expect(placesFor('35').map(levelOf)).toEqual(LEVELS);
    expect(['2A', 'R94', 'FR'].map(levelOf)).toEqual(['departement', 'region', 'national']);
  });

  test.each(['53', 'R53', 'FR', '2A', '974'])('%s is one', (code) => expect(isPlace(code)).toBe(true));
  test.each(['R', 'R5', 'R54', 'R975', 'r53', 'fr', '975', '', 'R053', '*'])('%j is none', (code) =>
    expect(isPlace(code)).toBe(false),
  );
});

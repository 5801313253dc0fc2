/**
 * Where a number holds: a département, one of the 18 administrative regions, or all of France; and in which order a
 * lookup falls back from the one to the other. A region's code is INSEE's with an R before it ("R53", Bretagne), since
 * most of INSEE's region codes are also those of départements.
 */
import { createRequire } from 'node:module';
import { findRegion, REGIONS } from './regions.ts';

/** The place of entries that hold for the whole country. */
export const NATIONAL = 'FR';

export type Level = 'departement' | 'region' | 'national';

/** The order in which places are asked when nothing else is configured: the nearest first. */
export const LEVELS: readonly Level[] = ['departement', 'region', 'national'];

export interface AdministrativeRegion {
  /** "R53". */
  readonly code: string;
  /** "Bretagne". */
  readonly name: string;
}

const regions = createRequire(import.meta.url)('@etalab/decoupage-administratif/data/regions.json') as readonly {
  readonly code: string;
  readonly nom: string;
  readonly zone: 'metro' | 'drom' | 'com';
}[];

/** The 13 of metropolitan France and the 5 overseas, in the order of their codes. */
export const ADMINISTRATIVE_REGIONS: readonly AdministrativeRegion[] = regions
  .filter(({ zone }) => zone !== 'com')
  .map(({ code, nom }) => ({ code: `R${code}`, name: nom }));

const nameByCode = new Map([
  [NATIONAL, 'France'],
  ...ADMINISTRATIVE_REGIONS.map(({ code, name }) => [code, name] as const),
  ...REGIONS.map(({ code, name }) => [code, name] as const),
]);

/** Every place that an entry may be for, the widest first. */
export const PLACES: readonly string[] = [...nameByCode.keys()];

export function isPlace(code: string): boolean {
  return nameByCode.has(code);
}

/** "Ille-et-Vilaine", "Bretagne", "France"; the code itself where there is no such place. */
export function placeName(code: string): string {
  return nameByCode.get(code) ?? code;
}

export function levelOf(place: string): Level {
  if (place === NATIONAL) return 'national';
  return place.startsWith('R') ? 'region' : 'departement';
}

/** The places whose numbers hold for a département, in the order of `levels`. */
export function placesFor(departement: string, levels: readonly Level[] = LEVELS): string[] {
  const byLevel: Readonly<Record<Level, string | undefined>> = {
    departement,
    region: findRegion(departement)?.partOf,
    national: NATIONAL,
  };
  return levels.map((level) => byLevel[level]).filter((place) => place !== undefined);
}

/** The départements that a place consists of; none for an unknown one. */
export function departementsOf(place: string): string[] {
  const inside = REGIONS.filter(({ code, partOf }) => place === NATIONAL || place === code || place === partOf);
  return inside.map(({ code }) => code);
}

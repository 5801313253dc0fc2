/**
 * The regions that notices are addressed to: the 101 départements of France by INSEE code. Codes are always strings
 * ("01", "2A", "974"). An unknown code is refused and named; it never means "everyone" (requirement R8).
 */
import { createRequire } from 'node:module';
import { type Fault, refuseFaults } from '../errors.ts';
import { POPULATIONS } from './populations.ts';

export interface Region {
  /** INSEE code. */
  readonly code: string;
  /** "Ille-et-Vilaine". */
  readonly name: string;
  /** The name after "de", with its article: "d'Ille-et-Vilaine", "du Nord", "de la Sarthe", "des Landes". */
  readonly ofName: string;
  /** Its administrative region: INSEE's code with an R before it, "R53" for Bretagne. */
  readonly partOf: string;
  /** IANA zone in which times are printed. */
  readonly zone: string;
  /** Inhabitants. One operator's audience far above it is implausible. */
  readonly expectedAudience: number;
}

/** A line of @etalab/decoupage-administratif's départements; `typeLiaison` is INSEE's TNCC, the kind of article. */
interface Departement {
  readonly code: string;
  readonly region: string;
  readonly nom: string;
  readonly typeLiaison: number;
  readonly zone: 'metro' | 'drom' | 'com';
}

/** INSEE TNCC: article and elision by code. */
const OF_BY_TNCC: Readonly<Record<number, string>> = {
  0: 'de ',
  1: "d'",
  2: 'du ',
  3: 'de la ',
  4: 'des ',
  5: "de l'",
};

/** Names of two rivers take no article in the prefectures' own usage, whatever the TNCC says. */
const OF_BY_USAGE: Readonly<Record<string, string>> = { '41': 'de ', '47': 'de ', '82': 'de ' };

const OVERSEAS_ZONES: Readonly<Record<string, string>> = {
  '971': 'America/Guadeloupe',
  '972': 'America/Martinique',
  '973': 'America/Cayenne',
  '974': 'Indian/Reunion',
  '976': 'Indian/Mayotte',
};

// Not an import: Node 20 warns on standard error for every JSON module.
const departements = createRequire(import.meta.url)(
  '@etalab/decoupage-administratif/data/departements.json',
) as readonly Departement[];

/** The 101 départements, in the order of their codes. */
export const REGIONS: readonly Region[] = departements
  .filter(({ zone }) => zone !== 'com')
  .map(({ code, region, nom, typeLiaison }) => ({
    code,
    partOf: `R${region}`,
    name: nom,
    ofName: `${OF_BY_USAGE[code] ?? OF_BY_TNCC[typeLiaison] ?? 'de '}${nom}`,
    zone: OVERSEAS_ZONES[code] ?? 'Europe/Paris',
    expectedAudience: POPULATIONS[code] ?? 0,
  }));

const byCode = new Map(REGIONS.map((region) => [region.code, region]));

export function findRegion(code: string): Region | undefined {
  return byCode.get(code);
}

/** All regions named; throws `unknown_region` with every unknown code's place: `at` is a JSON pointer or a prefix of one. */
export function requireRegions(codes: readonly string[], at: string): Region[] {
  const faults: Fault[] = [];
  const found: Region[] = [];
  for (const [i, code] of codes.entries()) {
    const region = byCode.get(code);
    if (region) found.push(region);
    else
      faults.push({
        at: `${at}/${i}`,
        message: `there is no region "${code}"; codes are INSEE's, as "01", "2A", "974"`,
      });
  }
  refuseFaults('unknown_region', 'Some regions are unknown', faults);
  return found;
}

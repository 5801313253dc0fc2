/** Who may approve a text for a region: its prefecture, or the ministry for all. */
import { REGIONS, type Region } from './regions.ts';

/** The regions somebody answers for: INSEE codes, or all of them. */
export type RegionScope = readonly string[] | '*';

export interface Authority {
  /** `prefecture-35`, `ministry`. */
  readonly id: string;
  readonly name: string;
  readonly regions: RegionScope;
}

export const MINISTRY: Authority = { id: 'ministry', name: "Ministère de l'Intérieur", regions: '*' };

const prefectures = new Map(
  REGIONS.map(({ code, ofName }): [string, Authority] => [
    code,
    { id: `prefecture-${code}`, name: `Préfecture ${ofName}`, regions: [code] },
  ]),
);

export const AUTHORITIES: readonly Authority[] = [...prefectures.values(), MINISTRY];

const byId = new Map(AUTHORITIES.map((authority) => [authority.id, authority]));

export function findAuthority(id: string): Authority | undefined {
  return byId.get(id);
}

/** The prefecture of a region; the ministry stands in for a region that has none. */
export function authorityOf(region: Pick<Region, 'code'>): Authority {
  return prefectures.get(region.code) ?? MINISTRY;
}

/** Whether an authority, or a person with such a scope, may decide for the region of this code. */
export function mayDecide(decider: Pick<Authority, 'regions'> | RegionScope, region: string): boolean {
  const scope = decider === '*' || Array.isArray(decider) ? (decider as RegionScope) : (decider as Authority).regions;
  return scope === '*' || scope.includes(region);
}

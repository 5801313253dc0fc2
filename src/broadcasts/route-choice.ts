/**
 * Which routes may carry a region's lanes, in what order and by what weight: from the routes file to the lane, and from
 * the lane to each batch. Everything is computed from the lane and the batch's number, so that every process comes to
 * the same and nothing is stored for a batch.
 */
import { z } from 'zod';
import type { Fault } from '../errors.ts';
import { type Route, routeFor } from './routes.ts';

const REGION_CODE = /^(0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-46])$/;

/** The routes of a lane. */
export interface LaneRoutes {
  /** These share the batches by weight. */
  readonly share: readonly { readonly route: string; readonly weight: number }[];
  /** These stand by, in this order, for when none of those can carry. */
  readonly standBy: readonly string[];
}

export const orderRuleSchema = z.strictObject({
  regions: z
    .union([z.literal('*'), z.array(z.string().regex(REGION_CODE, 'must be the code of a département')).min(1)])
    .describe('regions that the rule is for; * is for all that no other rule of its kind names'),
  share: z
    .array(z.strictObject({ route: z.string(), weight: z.number().int().min(1).max(100).default(1) }))
    .min(1)
    .describe('routes that share the batches, and the weight of each'),
  standBy: z.array(z.string()).default([]).describe('routes that carry, in this order, when none of those can'),
});
export type OrderRule = z.infer<typeof orderRuleSchema>;

/** What is wrong with the rules; `at` is a JSON pointer below the file's `/order`. */
export function orderFaults(rules: readonly OrderRule[], routes: readonly Pick<Route, 'id' | 'kind'>[]): Fault[] {
  const faults: Fault[] = [];
  const taken = new Set<string>();
  rules.forEach((rule, i) => {
    const named = [
      ...rule.share.map(({ route }, k) => ({ route, at: `/order/${i}/share/${k}/route` })),
      ...rule.standBy.map((route, k) => ({ route, at: `/order/${i}/standBy/${k}` })),
    ];
    const kind = routes.find(({ id }) => id === named[0]!.route)?.kind;
    named.forEach(({ route, at }, k) => {
      const known = routes.find(({ id }) => id === route);
      if (!known) faults.push({ at, message: `there is no route "${route}"` });
      // R6: a rule that mixed them would send an exercise to the public the day a route is down.
      else if (kind && known.kind !== kind)
        faults.push({ at, message: `"${route}" is ${known.kind}, the rule ${kind}` });
      if (named.findIndex((other) => other.route === route) < k) {
        faults.push({ at, message: `"${route}" is there twice` });
      }
    });
    const regions = rule.regions === '*' ? ['*'] : rule.regions;
    regions.forEach((region, k) => {
      const at = rule.regions === '*' ? `/order/${i}/regions` : `/order/${i}/regions/${k}`;
      if (taken.has(`${kind} ${region}`))
        faults.push({ at, message: `${region} has a rule for ${kind} routes already` });
      taken.add(`${kind} ${region}`);
    });
  });
  return faults;
}

/**
 * The routes of a region's lanes: the one that the notice names, else those of the rule for the region, else all of the
 * right kind in the file's order, of which the first carries. Throws `wrong_route_kind`, `unknown_route`.
 */
export function routesOfRegion(
  routes: readonly Route[],
  order: readonly OrderRule[],
  notice: Parameters<typeof routeFor>[1],
  region: string,
): LaneRoutes {
  const first = routeFor(routes, notice);
  if (notice.route !== undefined) return { share: [{ route: first.id, weight: 1 }], standBy: [] };
  const { kind } = first;
  const rules = order.filter(({ share }) => routes.find(({ id }) => id === share[0]!.route)?.kind === kind);
  const rule =
    rules.find(({ regions }) => regions.includes(region) && regions !== '*') ??
    rules.find(({ regions }) => regions === '*');
  if (rule) return { share: rule.share, standBy: rule.standBy };
  const others = routes.filter((route) => route.kind === kind && route !== first);
  return { share: [{ route: first.id, weight: 1 }], standBy: others.map(({ id }) => id) };
}

/** Ids of the routes that may carry each region of a notice. Throws as `routesOfRegion`. */
export function routesByRegion(
  routes: readonly Route[],
  order: readonly OrderRule[],
  notice: Parameters<typeof routeFor>[1] & { readonly regions: readonly string[] },
): Record<string, string[]> {
  routeFor(routes, notice);
  return Object.fromEntries(
    notice.regions.map((region) => [region, routeIds(routesOfRegion(routes, order, notice, region))]),
  );
}

/** Only those of the routes that are `allowed`; undefined when none is. Without its sharers, a lane is the stand-bys'. */
export function onlyRoutes(routes: LaneRoutes, allowed: (route: string) => boolean): LaneRoutes | undefined {
  const share = routes.share.filter(({ route }) => allowed(route));
  const standBy = routes.standBy.filter(allowed);
  if (share.length > 0) return { share, standBy };
  const [first, ...rest] = standBy;
  return first === undefined ? undefined : { share: [{ route: first, weight: 1 }], standBy: rest };
}

export const routeIds = ({ share, standBy }: LaneRoutes): string[] => [...share.map(({ route }) => route), ...standBy];

type Share = LaneRoutes['share'];

/** The route in whose queue a batch waits. `batch` is its position in the broadcast. */
export const homeOf = ({ share }: LaneRoutes, batch: number): string => pick(share, batch).route;

/** The routes that may carry a batch, the one to prefer first: its home, the others that share, the stand-bys. */
export function candidatesOf({ share, standBy }: LaneRoutes, batch: number): string[] {
  const ids: string[] = [];
  let rest = share;
  let n = batch;
  while (rest.length > 0) {
    const picked = pick(rest, n);
    ids.push(picked.route);
    // What the home leaves is shared by the others by their weights, too.
    n = Math.floor(n / totalOf(rest));
    rest = rest.filter((other) => other !== picked);
  }
  return [...ids, ...standBy];
}

const totalOf = (share: Share): number => share.reduce((sum, { weight }) => sum + weight, 0);

/** Of any `total` numbers in a row each route gets as many as its weight says, and they are well mixed. */
function pick(share: Share, n: number): Share[number] {
  if (share.length === 1) return share[0]!;
  const total = totalOf(share);
  let place = (n * strideOf(total)) % total;
  for (const each of share) {
    if (place < each.weight) return each;
    place -= each.weight;
  }
  return share[0]!;
}

/** Near the golden section, without a common divisor with the total: so every place is visited, and neighbours are far apart. */
function strideOf(total: number): number {
  let stride = Math.max(1, Math.floor(total * 0.618));
  while (divisor(stride, total) > 1) stride -= 1;
  return stride;
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

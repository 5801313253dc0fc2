/** When a broadcast would end: shown before anyone approves it (R21), with the rate and the segments it rests on. */
import type { LaneRoutes } from './route-choice.ts';
import type { Route } from './routes.ts';

/** What a dispatcher on two cores does when the route has no limit; see docs/performance.md. */
export const UNLIMITED_SEGMENTS_PER_SECOND = 20_000;

export interface Forecast {
  readonly segments: number;
  readonly segmentsPerSecond: number;
  /** Whether the rate is the limit of routes, or an estimate of what this machine does. */
  readonly limitedBy: 'route' | 'machine';
  readonly seconds: number;
  /** RFC 3339, were it launched now. */
  readonly finishAt: string;
}

/** What a route has to carry. */
export interface Load {
  readonly segments: number;
  /** Its limit; null for none. */
  readonly segmentsPerSecond: number | null;
}

/** The loads of the routes that share the lanes; those that stand by have none. */
export function loadsOf(
  lanes: readonly { readonly segments: number; readonly routes: LaneRoutes }[],
  routes: readonly Pick<Route, 'id' | 'segmentsPerSecond'>[],
): Load[] {
  const segmentsOf = new Map<string, number>();
  for (const { segments, routes: carriers } of lanes) {
    const total = carriers.share.reduce((sum, { weight }) => sum + weight, 0);
    for (const { route, weight } of carriers.share) {
      segmentsOf.set(route, (segmentsOf.get(route) ?? 0) + (segments * weight) / total);
    }
  }
  return routes.flatMap(({ id, segmentsPerSecond }) => {
    const segments = segmentsOf.get(id);
    return segments === undefined ? [] : [{ segments, segmentsPerSecond }];
  });
}

/** The last route to be done decides, or the machine, where it is slower than all of them together. */
export function forecast(loads: readonly Load[], nowMs: number): Forecast {
  const segments = Math.round(loads.reduce((sum, load) => sum + load.segments, 0));
  const byMachine = segments / UNLIMITED_SEGMENTS_PER_SECOND;
  const byRoutes = Math.max(
    0,
    ...loads.map((load) => load.segments / (load.segmentsPerSecond ?? Number.POSITIVE_INFINITY)),
  );
  const seconds = Math.max(byMachine, byRoutes);
  return {
    segments,
    segmentsPerSecond: seconds > 0 ? Math.round(segments / seconds) : UNLIMITED_SEGMENTS_PER_SECOND,
    limitedBy: byRoutes > byMachine ? 'route' : 'machine',
    seconds,
    finishAt: new Date(nowMs + seconds * 1_000).toISOString(),
  };
}

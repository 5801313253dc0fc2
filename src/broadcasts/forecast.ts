/** When a broadcast would end: shown before anyone approves it (R21), with the rate and the segments it rests on. */
import type { Route } from './routes.ts';

/** What a dispatcher on two cores does when the route has no limit; see docs/performance.md. */
export const UNLIMITED_SEGMENTS_PER_SECOND = 20_000;

export interface Forecast {
  readonly segments: number;
  readonly segmentsPerSecond: number;
  /** Whether the rate is the route's limit, or an estimate of what this machine does. */
  readonly limitedBy: 'route' | 'machine';
  readonly seconds: number;
  /** RFC 3339, were it launched now. */
  readonly finishAt: string;
}

export function forecast(segments: number, route: Pick<Route, 'segmentsPerSecond'>, nowMs: number): Forecast {
  const limit = route.segmentsPerSecond;
  const limited = limit !== null && limit < UNLIMITED_SEGMENTS_PER_SECOND;
  const segmentsPerSecond = limited ? limit : UNLIMITED_SEGMENTS_PER_SECOND;
  const seconds = segments / segmentsPerSecond;
  return {
    segments,
    segmentsPerSecond,
    limitedBy: limited ? 'route' : 'machine',
    seconds,
    finishAt: new Date(nowMs + seconds * 1_000).toISOString(),
  };
}

/** How each route is, as every dispatcher process reports it; a report that is not renewed counts no more. */
import type { Store } from '../store/connection.ts';

/** What one process says of one route. */
export interface HealthReport {
  readonly route: string;
  readonly links: number;
  readonly bound: number;
  readonly inFlight: number;
  readonly batches: number;
  /** Segments a second in force; 0 for none. */
  readonly limit: number;
  readonly refused?: string;
}

export interface RouteHealthSummary {
  readonly route: string;
  /** `up`: all links are bound; `degraded`: some are; `down`: none is; `unknown`: no dispatcher told. */
  readonly state: 'up' | 'degraded' | 'down' | 'unknown';
  readonly dispatchers: number;
  readonly links: number;
  readonly linksBound: number;
  readonly inFlight: number;
  /** Segments a second in force; 0 for none. */
  readonly limit: number;
  /** Why the SMSC refuses the account: nobody tries again until a person has looked at it. */
  readonly refused?: string;
}

const FRESH_MS = 4_000;
const FORGOTTEN_MS = 60_000;

const key = (store: Store): string => `${store.prefix}{rec}:route-health`;

export async function reportHealth(
  store: Store,
  process: string,
  reports: readonly HealthReport[],
  atMs: number,
): Promise<void> {
  await store.redis.hset(key(store), process, JSON.stringify({ at: atMs, reports }));
}

/** The routes given, in their order, summed over the processes that reported lately. */
export async function routeHealth(
  store: Store,
  routes: readonly string[],
  nowMs: number,
): Promise<RouteHealthSummary[]> {
  const held = await store.redis.hgetall(key(store));
  const fresh: HealthReport[][] = [];
  for (const [process, json] of Object.entries(held)) {
    const { at, reports } = JSON.parse(json) as { at: number; reports: HealthReport[] };
    if (nowMs - at < FRESH_MS) fresh.push(reports);
    else if (nowMs - at > FORGOTTEN_MS) await store.redis.hdel(key(store), process);
  }
  return routes.map((route) =>
    summary(
      route,
      fresh.map((reports) => reports.find((r) => r.route === route)),
    ),
  );
}

function summary(route: string, reports: readonly (HealthReport | undefined)[]): RouteHealthSummary {
  const given = reports.filter((report) => report !== undefined);
  const sum = (of: (report: HealthReport) => number) => given.reduce((total, report) => total + of(report), 0);
  const bound = sum((report) => report.bound);
  const links = sum((report) => report.links);
  const state = given.length === 0 ? 'unknown' : bound === 0 ? 'down' : bound < links ? 'degraded' : 'up';
  const refused = given.find((report) => report.refused !== undefined)?.refused;
  const limit = Math.max(0, ...given.map((report) => report.limit));
  const inFlight = sum((report) => report.inFlight);
  const counts = { dispatchers: given.length, links, linksBound: bound, inFlight, limit };
  return { route, state, ...counts, ...(refused ? { refused } : {}) };
}

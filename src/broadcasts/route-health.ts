/** How each route is, as every dispatcher process reports it; a report that is not renewed counts no more. */
import type { Store } from '../store/connection.ts';
import { type Breaker, type BreakerFault, type BreakerState, CLOSED } from './breaker.ts';

/** Answers to submissions in a span of about a second. */
export interface Answers {
  /** Neither of the others: accepted, or refused for good, which the SMSC decided on. */
  readonly good: number;
  /** Refused for now, throttled apart. */
  readonly refused: number;
  readonly throttled: number;
  /** The span. */
  readonly ms: number;
}

/** What one process says of one route. */
export interface HealthReport {
  readonly route: string;
  readonly links: number;
  readonly bound: number;
  readonly inFlight: number;
  readonly batches: number;
  /** Segments a second in force; 0 for none. */
  readonly limit: number;
  /** Most submissions in flight on a link, where the SMSC was found to take fewer than configured. */
  readonly window?: number;
  readonly refused?: string;
  /** How long no link has been bound; 0 while one is. */
  readonly unboundMs: number;
  readonly answers: Answers;
  /** Submissions are in flight, and nothing was answered for long. */
  readonly silent: boolean;
  /** Segments a second that the account allows; 0 for no limit. */
  readonly configured: number;
  /** Most submissions answered well in a second, so far. */
  readonly best: number;
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
  /** Most submissions in flight on a link, where the SMSC was found to take fewer than configured. */
  readonly window?: number;
  /** Why the SMSC refuses the account: nobody tries again until a person has looked at it. */
  readonly refused?: string;
  /** Whether the route is in use; see breaker.ts. */
  readonly breaker: { readonly state: BreakerState; readonly since?: string; readonly reason?: BreakerFault };
}

const FRESH_MS = 4_000;
const FORGOTTEN_MS = 60_000;

const key = (store: Store): string => `${store.prefix}{rec}:route-health`;
const breakersKey = (store: Store): string => `${store.prefix}{rec}:breakers`;

export async function reportHealth(
  store: Store,
  process: string,
  reports: readonly HealthReport[],
  atMs: number,
): Promise<void> {
  await store.redis.hset(key(store), process, JSON.stringify({ at: atMs, reports }));
}

/** What each process said lately; the reports of a process that fell silent long ago are removed. */
export async function freshReports(store: Store, nowMs: number): Promise<HealthReport[][]> {
  const held = await store.redis.hgetall(key(store));
  const fresh: HealthReport[][] = [];
  for (const [process, json] of Object.entries(held)) {
    const { at, reports } = JSON.parse(json) as { at: number; reports: HealthReport[] };
    if (nowMs - at < FRESH_MS) fresh.push(reports);
    else if (nowMs - at > FORGOTTEN_MS) await store.redis.hdel(key(store), process);
  }
  return fresh;
}

export const reportsOf = (fresh: readonly (readonly HealthReport[])[], route: string): HealthReport[] =>
  fresh.flatMap((reports) => reports.filter((report) => report.route === route));

/** The breakers that were ever opened, by route. */
export async function readBreakers(store: Store): Promise<Map<string, Breaker>> {
  const held = await store.redis.hgetall(breakersKey(store));
  return new Map(Object.entries(held).map(([route, json]) => [route, JSON.parse(json) as Breaker]));
}

export async function writeBreaker(store: Store, route: string, breaker: Breaker): Promise<void> {
  await store.redis.hset(breakersKey(store), route, JSON.stringify(breaker));
}

/** The routes given, in their order, summed over the processes that reported lately. */
export async function routeHealth(
  store: Store,
  routes: readonly string[],
  nowMs: number,
): Promise<RouteHealthSummary[]> {
  const [fresh, breakers] = await Promise.all([freshReports(store, nowMs), readBreakers(store)]);
  return routes.map((route) => summary(route, reportsOf(fresh, route), breakers.get(route) ?? CLOSED));
}

function summary(route: string, given: readonly HealthReport[], breaker: Breaker): RouteHealthSummary {
  const sum = (of: (report: HealthReport) => number) => given.reduce((total, report) => total + of(report), 0);
  const bound = sum((report) => report.bound);
  const links = sum((report) => report.links);
  const state = given.length === 0 ? 'unknown' : bound === 0 ? 'down' : bound < links ? 'degraded' : 'up';
  const refused = given.find((report) => report.refused !== undefined)?.refused;
  const limit = Math.max(0, ...given.map((report) => report.limit));
  const inFlight = sum((report) => report.inFlight);
  const windows = given.flatMap(({ window }) => window ?? []);
  const narrow = windows.length > 0 ? { window: Math.min(...windows) } : {};
  const counts = { dispatchers: given.length, links, linksBound: bound, inFlight, limit };
  return { route, state, ...counts, ...narrow, ...(refused ? { refused } : {}), breaker: shown(breaker) };
}

function shown({ state, since, reason }: Breaker): RouteHealthSummary['breaker'] {
  return {
    state,
    ...(since > 0 ? { since: new Date(since).toISOString() } : {}),
    ...(reason && state !== 'closed' ? { reason } : {}),
  };
}

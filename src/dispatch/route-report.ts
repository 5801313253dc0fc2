/** What a process says of its part of a route, to the health record and to its metrics. */
import type { HealthReport } from '../broadcasts/route-health.ts';
import type { Route } from '../broadcasts/routes.ts';
import type { Metrics } from '../metrics.ts';
import type { AnswerWatch } from './answer-watch.ts';
import type { Feed } from './feed.ts';
import type { Pacer } from './pacer.ts';
import type { RouteAlarms } from './route-alarms.ts';
import type { RouteLinks } from './route-links.ts';
import type { Tally } from './tally.ts';
import type { WindowLearner } from './window-learner.ts';

export interface ReportedParts {
  readonly route: Route;
  readonly metrics: Metrics;
  readonly links: RouteLinks;
  readonly feed: Feed;
  readonly tally: Tally;
  readonly pacer: Pick<Pacer, 'limit'>;
  readonly window: Pick<WindowLearner, 'limit'>;
  readonly alarms: Pick<RouteAlarms, 'refused'>;
  readonly answers: AnswerWatch;
}

export function reportOf({
  route,
  metrics,
  links,
  feed,
  tally,
  pacer,
  window,
  alarms,
  answers,
}: ReportedParts): HealthReport {
  tally.publish(metrics, route.id);
  links.publish(metrics, route.id);
  const { bound, inFlight } = links;
  const { limit } = pacer;
  metrics.pacerRate.set({ route: route.id }, limit);
  metrics.windowLimit.set({ route: route.id }, window.limit);
  return {
    route: route.id,
    links: links.all.length,
    bound,
    inFlight,
    batches: feed.runs.length,
    limit,
    ...(window.limit < route.window ? { window: window.limit } : {}),
    ...(alarms.refused ? { refused: alarms.refused } : {}),
    ...answers.look({ bound, inFlight, now: performance.now() }),
    configured: route.segmentsPerSecond ?? 0,
  };
}

/** What is wrong with a route, judged by what every process said of it in the last second or two. */
import type { BreakerFault, RouteView } from './breaker.ts';
import type { HealthReport } from './route-health.ts';

/** A link that is lost is bound again within this time, as a rule. */
const DOWN_MS = 2_000;
/** Refusals in a second that are no accident. */
const MIN_REFUSALS = 10;
/** A crawl: most answers throttle, and less than this part of the usual rate gets through, or is left of the limit. */
const CRAWL_PART = 0.05;

/** Sums up the reports; undefined when no process told. */
export function viewOf(reports: readonly HealthReport[]): RouteView | undefined {
  if (reports.length === 0) return undefined;
  const sum = (of: (report: HealthReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const bound = sum((report) => report.bound) > 0;
  const good = sum(({ answers }) => answers.good);
  const fault = bound ? faultOfAnswers(reports, sum, good) : faultOfLinks(reports);
  return { bound, answering: good > 0, ...(fault ? { fault } : {}) };
}

function faultOfLinks(reports: readonly HealthReport[]): BreakerFault | undefined {
  return reports.every(({ unboundMs }) => unboundMs >= DOWN_MS) ? 'down' : undefined;
}

function faultOfAnswers(
  reports: readonly HealthReport[],
  sum: (of: (report: HealthReport) => number) => number,
  good: number,
): BreakerFault | undefined {
  const throttled = sum(({ answers }) => answers.throttled);
  const refusedForNow = throttled + sum(({ answers }) => answers.refused);
  if (refusedForNow >= MIN_REFUSALS && good === 0) return 'refusing';
  const answered = good + refusedForNow;
  const usual = reports[0]!.configured || sum(({ best }) => best);
  const rate = sum(({ answers }) => (answers.good * 1_000) / Math.max(1, answers.ms));
  const crawl = Math.max(1, CRAWL_PART * usual);
  const throttles = throttled >= MIN_REFUSALS && throttled > answered / 2;
  // A process without a batch may remember a limit that is none any more.
  const limits = reports.filter(({ limit, batches }) => limit > 0 && batches > 0).map(({ limit }) => limit);
  if ((throttles && rate < crawl) || (limits.length > 0 && Math.max(...limits) < crawl)) return 'crawling';
  const busy = reports.filter(({ inFlight }) => inFlight > 0);
  return busy.length > 0 && busy.every(({ silent }) => silent) ? 'silent' : undefined;
}

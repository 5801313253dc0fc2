/**
 * The orderly end of a route: no new work, what is out is answered and recorded, then the links unbind. Where the SMSC
 * or the store does not answer, every step ends in time for the next: what is left stays `sending`, and the ledger
 * decides.
 */
import type { Logger } from '../log.ts';
import type { BatchRun } from './batch-run.ts';
import type { Deadline } from './deadline.ts';
import type { Link } from './link.ts';
import type { Pump } from './pump.ts';
import type { Recorder } from './recorder.ts';

export interface EndingRoute {
  /** No batch comes in any more, and none is at hand: the intakes are closing. */
  readonly closed: Promise<void>;
  /** Runs at hand, at each moment. */
  readonly runs: () => readonly BatchRun[];
  readonly pump: Pump;
  readonly recorder: Recorder;
  readonly links: readonly Link[];
  readonly responseTimeoutMs: number;
  readonly log: Logger;
}

const SWEEP_MS = 20;
/** After the last response could have come, for what it leads to. */
const GRACE_MS = 1_000;
/** What each step leaves of the deadline to those that follow. */
const RESERVE_MS = { drain: 3_500, jobs: 2_500, claims: 2_300, record: 2_000, unbind: 800, leave: 300 } as const;

export async function endInOrder(route: EndingRoute, deadline: Deadline): Promise<void> {
  const { closed, runs, pump, recorder, links, responseTimeoutMs, log } = route;
  const stopRuns = () => {
    for (const run of runs()) run.stop('stopped');
  };
  // What could not be settled in time, for want of responses, is left to the next process as in doubt.
  const abandonRuns = () => {
    for (const run of runs()) run.abandon();
  };
  // The intakes close first, or they would fetch again what a stopped run puts back; and a batch that one was just
  // taking may still come in, so the runs are stopped until they are closed.
  const drainMs = Math.min(responseTimeoutMs + GRACE_MS, Math.max(0, deadline.leftMs - RESERVE_MS.drain));
  const sweep = setInterval(stopRuns, SWEEP_MS);
  const abandon = setTimeout(abandonRuns, drainMs);
  stopRuns();
  // The pump goes on until then: parts of texts that were begun still leave.
  await deadline.met(closed, RESERVE_MS.jobs);
  clearTimeout(abandon);
  clearInterval(sweep);
  await deadline.met(pump.stop(), RESERVE_MS.claims);
  await deadline.met(recorder.settled(), RESERVE_MS.record);
  await deadline.met(Promise.all(links.map((link) => link.close())), RESERVE_MS.unbind);
  const inDoubt = links.reduce((sum, link) => sum + link.inFlight, 0);
  for (const link of links) link.stop('time is up');
  const recorded = await deadline.met(recorder.settled(), RESERVE_MS.leave);
  if (inDoubt > 0 || !recorded) log.warn({ inDoubt, recorded }, 'route stopped before all was answered and recorded');
}

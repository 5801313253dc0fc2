/**
 * Batches of a capped region wait in the queue until it is nearly their turn: at hand, they would take the places of
 * regions that could be sent to.
 */
import { BATCH_SIZE, type Lane } from '../broadcasts/broadcast.ts';
import type { BatchRun } from './batch-run.ts';

/** Batches of a capped region that a process has at hand at least: one that runs, and the next ones. */
const ENOUGH = 3;
/** And as many as the region is sent in this time, since one that waits is not back sooner. */
const AT_HAND_MS = 1_500;
/** The last batches of a lane, in times of those at hand. */
const LAST = 3;
const MIN_WAIT_MS = 500;
const MAX_WAIT_MS = 20_000;

/** How long a batch waits before it is asked for again, in ms; 0 when it may come. `cap`: segments a second of its region. */
export function waitOfCapped(
  cap: number | undefined,
  lane: Lane,
  position: number,
  runs: readonly Pick<BatchRun, 'lane' | 'batch' | 'left'>[],
): number {
  if (cap === undefined) return 0;
  const beside = runs.filter((run) => run.lane.region === lane.region);
  const batchMs = (BATCH_SIZE * lane.rendering.segments * 1_000) / cap;
  const enough = Math.max(ENOUGH, Math.ceil(AT_HAND_MS / batchMs));
  // In batches: one that is nearly submitted keeps nobody busy.
  const work = beside.reduce((sum, { left, batch }) => sum + left / batch.size, 0);
  if (work < enough) return 0;
  // Those at hand are done by then if no other process sends any of the region. Those between come first; but when only the
  // last of a lane are left, others may be done with them.
  const ofLane = beside.filter((run) => run.lane.firstBatch === lane.firstBatch).map((run) => run.batch.batch);
  const isLast = lane.firstBatch + lane.batches - position <= LAST * enough;
  const between = isLast || ofLane.length === 0 ? 0 : Math.max(0, position - Math.max(...ofLane) - 1);
  const ms = (work - 1 + between / 2) * batchMs;
  return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, ms));
}

/**
 * From an approved notice to lanes and batches. A batch is one block of the audience, so planning enumerates numbers and
 * copies no recipient; a country's plan is its list of lanes.
 */

import type { BatchQueue, PrioritisedBatch } from '../queue/batch-queue.ts';
import { batchPriority, SEVERITY_RANK } from '../queue/jobs.ts';
import type { Rendering } from '../templates/rendering.ts';
import { BATCH_SIZE, type Broadcast, type BroadcastPlan, type Lane } from './broadcast.ts';
import type { Route } from './routes.ts';

export interface AudienceGroup {
  readonly region: string;
  readonly language: string;
  readonly recipients: number;
}

/** The lanes of a broadcast: one for each rendering whose region and language the audience has recipients in. */
export function planLanes(
  renderings: readonly Rendering[],
  groups: readonly AudienceGroup[],
  route: Pick<Route, 'receipts' | 'concatenation'>,
): BroadcastPlan {
  const recipientsOf = new Map(groups.map((group) => [`${group.region} ${group.language}`, group.recipients]));
  const lanes: Lane[] = [];
  let firstBatch = 0;
  for (const rendering of renderings) {
    const { region, language } = rendering;
    const recipients = recipientsOf.get(`${region} ${language}`) ?? 0;
    if (recipients === 0) continue;
    const batches = Math.ceil(recipients / BATCH_SIZE);
    const receiptEach = route.receipts.segments === 'each' && route.concatenation !== 'payload';
    const parts = receiptEach ? rendering.segments : 1;
    lanes.push({ no: lanes.length, region, language, rendering, recipients, firstBatch, batches, parts });
    firstBatch += batches;
  }
  return { lanes };
}

/** The jobs of a lane, in its order. */
function* jobsOfLane(broadcast: Broadcast, lane: Lane): Generator<PrioritisedBatch> {
  const rank = SEVERITY_RANK[broadcast.severity];
  for (let i = 0; i < lane.batches; i += 1) {
    const priority = batchPriority(broadcast.severity, i, lane.batches);
    yield { broadcast: broadcast.no, batch: lane.firstBatch + i, rank, priority };
  }
}

/**
 * Adds the jobs of the released lanes, those that run first first: sending begins while the rest is still being added.
 * `wanted` leaves out batches that have nothing left to send. Safe to repeat.
 */
export async function enqueue(
  queue: BatchQueue,
  broadcast: Broadcast,
  lanes: readonly Lane[],
  wanted: (batch: number, lane: Lane) => boolean = () => true,
): Promise<number> {
  const jobs: PrioritisedBatch[] = [];
  for (const lane of lanes) for (const job of jobsOfLane(broadcast, lane)) if (wanted(job.batch, lane)) jobs.push(job);
  jobs.sort((a, b) => a.priority - b.priority);
  await queue.add(jobs);
  return jobs.length;
}

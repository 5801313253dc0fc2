/**
 * From an approved notice to lanes and batches. A batch is one block of the audience, so planning enumerates numbers and
 * copies no recipient; a country's plan is its list of lanes.
 */
import { SEVERITIES } from '../notices/notice.ts';
import type { BatchQueue, PrioritisedBatch } from '../queue/batch-queue.ts';
import { batchPriority } from '../queue/jobs.ts';
import type { Rendering } from '../templates/rendering.ts';
import { BATCH_SIZE, type Broadcast, type BroadcastPlan, type Lane } from './broadcast.ts';
import { candidatesOf, homeOf, type LaneRoutes, routeIds } from './route-choice.ts';
import type { Route } from './routes.ts';
import { segmentsOnWire } from './wire-text.ts';

export interface AudienceGroup {
  readonly region: string;
  readonly language: string;
  readonly recipients: number;
}

/**
 * The lanes of a broadcast: one for each rendering whose region and language the audience has recipients in.
 * `routesOf` gives the routes of a rendering, all of them among `routes`.
 */
export function planLanes(
  renderings: readonly Rendering[],
  groups: readonly AudienceGroup[],
  routesOf: (rendering: Rendering) => LaneRoutes,
  routes: readonly Pick<Route, 'id' | 'receipts' | 'concatenation' | 'alphabet' | 'dataCoding'>[],
): BroadcastPlan {
  const recipientsOf = new Map(groups.map((group) => [`${group.region} ${group.language}`, group.recipients]));
  const lanes: Lane[] = [];
  let firstBatch = 0;
  for (const rendering of renderings) {
    const { region, language } = rendering;
    const recipients = recipientsOf.get(`${region} ${language}`) ?? 0;
    if (recipients === 0) continue;
    const batches = Math.ceil(recipients / BATCH_SIZE);
    const carriers = routesOf(rendering);
    const ids = routeIds(carriers);
    // Enough for whichever route it goes by: one that is receipted as a whole fills all of them at once.
    const needed = routes.map((route) => (ids.includes(route.id) ? receiptsOn(rendering, route) : 1));
    const sizes = { recipients, firstBatch, batches, parts: Math.max(1, ...needed) };
    lanes.push({ no: lanes.length, region, language, rendering, ...sizes, routes: carriers });
    firstBatch += batches;
  }
  return { lanes };
}

/** Receipts that a slot waits for on a route. */
function receiptsOn(
  rendering: Rendering,
  route: Pick<Route, 'receipts' | 'concatenation' | 'alphabet' | 'dataCoding'>,
): number {
  const forEach = route.receipts.segments === 'each' && route.concatenation !== 'payload';
  return forEach ? segmentsOnWire(rendering, route) : 1;
}

/** The jobs of a lane, in its order. */
function* jobsOfLane(broadcast: Broadcast, lane: Lane): Generator<PrioritisedBatch> {
  const rank = SEVERITIES.indexOf(broadcast.severity);
  for (let i = 0; i < lane.batches; i += 1) {
    const priority = batchPriority(rank, i, lane.batches);
    yield { broadcast: broadcast.no, batch: lane.firstBatch + i, rank, priority };
  }
}

/** The queue of a route; undefined where this process does not know the route. */
export type QueueOf = (route: string) => BatchQueue | undefined;

/** The queue of a batch's home, or, where that is in no routes file any more, of the next of its routes. */
function queueOfBatch(queueOf: QueueOf, routes: LaneRoutes, batch: number): BatchQueue | undefined {
  const home = queueOf(homeOf(routes, batch));
  if (home) return home;
  for (const id of candidatesOf(routes, batch)) {
    const queue = queueOf(id);
    if (queue) return queue;
  }
  return undefined;
}

/**
 * Adds the jobs of the released lanes, those that run first first: sending begins while the rest is still being added.
 * `wanted` leaves out batches that have nothing left to send. Safe to repeat.
 */
export async function enqueue(
  queueOf: QueueOf,
  broadcast: Broadcast,
  lanes: readonly Lane[],
  wanted: (batch: number, lane: Lane) => boolean = () => true,
): Promise<number> {
  const jobs = new Map<BatchQueue, PrioritisedBatch[]>();
  for (const lane of lanes) {
    for (const job of jobsOfLane(broadcast, lane)) {
      const queue = wanted(job.batch, lane) ? queueOfBatch(queueOf, lane.routes, job.batch) : undefined;
      if (!queue) continue;
      const list = jobs.get(queue);
      if (list) list.push(job);
      else jobs.set(queue, [job]);
    }
  }
  const adding = [...jobs].map(([queue, list]) => queue.add(list.sort((a, b) => a.priority - b.priority)));
  await Promise.all(adding);
  return [...jobs.values()].reduce((sum, { length }) => sum + length, 0);
}

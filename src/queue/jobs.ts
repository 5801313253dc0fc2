/**
 * Jobs: what the API and the keeper ask of the dispatchers. A job holds ids only, never a number or a text. One queue a
 * route, since in a Cluster a queue lives on one node.
 */
import { z } from 'zod';
import type { Store } from '../store/connection.ts';

/** Of a broadcast among others, by its severity: 0 is the gravest and runs first. */
const LAST_RANK = 4;
/** BullMQ priorities go from 1 to 2^21; each rank has a band of this width. */
const BAND = 400_000;

export const batchJobSchema = z.strictObject({
  /** Number of the broadcast. */
  broadcast: z.number().int().min(1),
  /** Position of the batch in the broadcast. */
  batch: z.number().int().min(0),
  rank: z.number().int().min(0).max(LAST_RANK),
  /** How often, at least, each recipient that is left was refused for now: their pauses grow from there. */
  refused: z.number().int().min(1).optional(),
});
export type BatchJob = z.infer<typeof batchJobSchema>;

/** Deterministic, so that adding a batch again changes nothing while its job is there. */
export const batchJobId = (job: Pick<BatchJob, 'broadcast' | 'batch'>): string => `b${job.broadcast}-${job.batch}`;

/**
 * Severity decides first (R11). Within one, a batch comes up when the other lanes are as far as its lane is before it: so
 * lanes begin together and advance together, whatever their size, and a small region is never behind a large one. What
 * holds lanes together within a batch is the feed of a route.
 */
export function batchPriority(rank: number, positionInLane: number, batchesOfLane: number): number {
  const fraction = positionInLane / batchesOfLane;
  return 1 + rank * BAND + Math.floor(fraction * (BAND - 1));
}

/** Message on the control channel: what has changed. It only hastens what a look at the records finds by itself. */
export const controlMessageSchema = z.union([
  z.strictObject({ broadcast: z.number().int() }),
  z.strictObject({ halt: z.boolean() }),
  /** Id of a route, or `*` for all. */
  z.strictObject({ reconnect: z.string().min(1) }),
]);
export type ControlMessage = z.infer<typeof controlMessageSchema>;

export const controlChannel = (prefix: string): string => `${prefix}control`;

/** Whether somebody who knows the schema wrote this; anything can come on a channel. */
export function isControlMessage(text: string): boolean {
  try {
    return controlMessageSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

/** Tells every process; one that does not hear it looks by itself within half a second. */
export async function tellControl(store: Store, message: ControlMessage): Promise<void> {
  await store.redis.publish(controlChannel(store.prefix), JSON.stringify(message));
}

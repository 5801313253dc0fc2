/**
 * What a broadcast is: the run of an approved notice. The broadcast's own record is small and changes; its plan (the
 * lanes and their batches) is written once at launch.
 */
import { TocsinError } from '../errors.ts';
import { type Batch, batchOfLane } from '../ledger/keys.ts';
import type { Severity } from '../notices/notice.ts';
import type { Store } from '../store/connection.ts';
import { Records, type Stored } from '../store/records.ts';
import type { Rendering } from '../templates/rendering.ts';
import type { LaneRoutes } from './route-choice.ts';

export const BATCH_SIZE = 1_000;

export type BroadcastState = 'running' | 'paused' | 'cancelled' | 'closed';

/** Allowed changes; `closed` is final. */
export const BROADCAST_CHANGES: Readonly<Record<BroadcastState, readonly BroadcastState[]>> = {
  running: ['paused', 'cancelled', 'closed'],
  paused: ['running', 'cancelled', 'closed'],
  cancelled: ['closed'],
  closed: [],
};

export interface Broadcast {
  /** 1, 2, …; the id is `b<no>`. */
  readonly no: number;
  readonly notice: string;
  readonly status: 'Actual' | 'Exercise' | 'Test';
  readonly severity: Severity;
  /** All that may carry it, in the order of its lanes. */
  readonly routes: readonly string[];
  readonly audience: string;
  readonly inDoubt: 'resend' | 'hold';
  /** RFC 3339: nothing is submitted after this, and no validity period goes past it. */
  readonly expires: string;
  /** RFC 3339: slots without a final receipt by then become `unconfirmed`. */
  readonly receiptDeadline: string;
  readonly recipients: number;
  /** Number of the first broadcast of the matter that it follows up: only who was sent that one's text is sent this one's. */
  readonly follows?: number;
  /** RFC 3339: when the clock of its notice began. */
  readonly detectedAt?: string;
  readonly launchedAt: string;
  readonly launchedBy: string;
  readonly state: BroadcastState;
  /** Regions whose lanes may run: those approved so far. */
  readonly released: readonly string[];
  /** Set when a broadcast was cancelled and has then closed. */
  readonly cancelledAt?: string;
  readonly closedAt?: string;
}

export interface Lane {
  /** Position in the plan; the ledger counts by it. */
  readonly no: number;
  readonly region: string;
  readonly language: string;
  readonly rendering: Rendering;
  readonly recipients: number;
  /** Position of its first batch in the broadcast; they follow one another. */
  readonly firstBatch: number;
  readonly batches: number;
  /** Receipts that each recipient's slot waits for: 1, or one a segment. */
  readonly parts: number;
  readonly routes: LaneRoutes;
}

/** Immutable. */
export interface BroadcastPlan {
  readonly lanes: readonly Lane[];
}

export const broadcastId = (no: number): string => `b${no}`;

export const broadcastRecords = (store: Store) => new Records<Broadcast>(store, 'broadcast');
export const planRecords = (store: Store) => new Records<BroadcastPlan>(store, 'plan');

const PAGE = 50;

/**
 * Broadcasts that are not closed. Reads all records the first time, and then only those since the oldest open one: what
 * is closed never opens again.
 */
export class OpenBroadcasts {
  readonly #records: Records<Broadcast>;
  /** No broadcast below this number is open. */
  #floor = 0;

  constructor(store: Store) {
    this.#records = broadcastRecords(store);
  }

  /** Newest first. */
  async read(): Promise<Stored<Broadcast>[]> {
    const open: Stored<Broadcast>[] = [];
    let newest = this.#floor;
    let before: string | undefined;
    for (;;) {
      const page = await this.#records.list({ limit: PAGE, ...(before === undefined ? {} : { before }) });
      open.push(...page.filter(({ value }) => value.state !== 'closed'));
      newest = Math.max(newest, ...page.map(({ value }) => value.no));
      before = page.at(-1)?.id;
      if (page.length < PAGE || page.some(({ value }) => value.no < this.#floor)) break;
    }
    this.#floor = Math.min(newest, ...open.map(({ value }) => value.no));
    return open;
  }
}

export const countBatches = (plan: BroadcastPlan): number => {
  const last = plan.lanes.at(-1);
  return last ? last.firstBatch + last.batches : 0;
};

/** The lane a batch belongs to. */
export function laneOfBatch(plan: BroadcastPlan, batch: number): Lane {
  let low = 0;
  let high = plan.lanes.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (plan.lanes[middle]!.firstBatch <= batch) low = middle;
    else high = middle - 1;
  }
  const lane = plan.lanes[low];
  if (lane && batch >= lane.firstBatch && batch < lane.firstBatch + lane.batches) return lane;
  throw new TocsinError('not-found', 'unknown_batch', `The broadcast has no batch ${batch}`);
}

/** A batch as the ledger knows it. */
export function ledgerBatch(store: Store, broadcastNo: number, lane: Lane, batch: number): Batch {
  const before = (batch - lane.firstBatch) * BATCH_SIZE;
  const size = Math.min(BATCH_SIZE, lane.recipients - before);
  return batchOfLane(store, { broadcastNo, batch, lane: lane.no, size, parts: lane.parts });
}

export function* ledgerBatches(store: Store, broadcastNo: number, lane: Lane): Generator<Batch> {
  for (let i = 0; i < lane.batches; i += 1) yield ledgerBatch(store, broadcastNo, lane, lane.firstBatch + i);
}

/** Throws `conflict` / `wrong_state` when the table does not allow the change. */
export function requireBroadcastChange(broadcast: Broadcast, to: BroadcastState): void {
  if (BROADCAST_CHANGES[broadcast.state].includes(to)) return;
  const message = `The broadcast is ${broadcast.state}, so it cannot become ${to}`;
  throw new TocsinError('conflict', 'wrong_state', message, { faults: [{ at: '/state', message }] });
}

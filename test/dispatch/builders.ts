/** Broadcasts, lanes and runs without a store. */
import { packBlock } from '../../src/audience/blocks.ts';
import type { Broadcast, Lane } from '../../src/broadcasts/broadcast.ts';
import { BatchRun, type BatchRunInput } from '../../src/dispatch/batch-run.ts';
import { laneTemplates } from '../../src/dispatch/lane-texts.ts';
import { batchOfLane } from '../../src/ledger/keys.ts';
import { SLOT_STATES, type SlotState } from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';
import { aRoute, at, HOUR_MS, onRoutes } from '../broadcasts/builders.ts';
import { aTextRendering, SHORT_TEXT } from './harness.ts';

export function aBroadcast(changes: Partial<Broadcast> = {}): Broadcast {
  return {
    no: 1,
    notice: 'n1',
    status: 'Exercise',
    severity: 'Severe',
    routes: ['drill'],
    audience: 'a1',
    inDoubt: 'resend',
    expires: at(HOUR_MS),
    receiptDeadline: at(2 * HOUR_MS),
    recipients: 8,
    launchedAt: at(0),
    launchedBy: 'Op',
    state: 'running',
    released: ['35'],
    ...changes,
  };
}

export function aLane(text: string, changes: Partial<Lane> = {}): Lane {
  const rendering = aTextRendering('35', text);
  const parts = rendering.segments;
  return {
    no: 0,
    region: '35',
    language: 'fr',
    rendering,
    recipients: 8,
    firstBatch: 0,
    batches: 1,
    parts,
    routes: onRoutes('drill'),
    ...changes,
  };
}

/** A run of a batch whose slots are in these states. */
export function aRun(
  states: readonly SlotState[],
  {
    text = SHORT_TEXT,
    batch: no = 0,
    ...changes
  }: Partial<Omit<BatchRunInput, 'batch'>> & { text?: string; batch?: number } = {},
): BatchRun {
  const { lane = aLane(text) } = changes;
  const broadcast = aBroadcast();
  const place = { broadcastNo: 1, batch: no, lane: 0, size: states.length, parts: lane.parts };
  return new BatchRun({
    batch: batchOfLane({ prefix: 't:' } as Store, place),
    broadcast,
    lane,
    rank: 1,
    block: packBlock(states.map((_, i) => 999_000_000_000 + i)),
    epoch: 1,
    slots: Buffer.from(states.map((state) => SLOT_STATES.indexOf(state))),
    templates: laneTemplates(broadcast, lane, aRoute()),
    ...changes,
  });
}

export const pending = (count: number): SlotState[] => new Array<SlotState>(count).fill('pending');

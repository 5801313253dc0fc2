/**
 * Whom a follow-up addresses: those only who were sent the text it is about, in doubt included. Everybody else's slot
 * becomes `excluded` before anything of its batch is submitted. Both broadcasts have the same audience, so a block of one
 * is a block of the other.
 */
import type { Broadcast, Lane } from '../broadcasts/broadcast.ts';
import { batchNumber } from '../ledger/address.ts';
import { SlotChanges } from '../ledger/slot-changes.ts';
import type { Slots } from '../ledger/slots.ts';
import { isInDoubt, type SlotState, stateOf } from '../ledger/states.ts';
import type { BroadcastIndex } from './broadcast-index.ts';

/** Nothing was written to a link, or the SMSC took nothing of it. */
const NEVER_SENT: ReadonlySet<SlotState> = new Set(['cancelled', 'lapsed', 'refused', 'invalid', 'excluded']);

/** Claims that were never written are given back by now: every process has heard of the stop. */
const CLAIMS_SETTLE_MS = 2_000;

export interface FollowUpsDeps {
  readonly index: BroadcastIndex;
  readonly slots: Slots;
  readonly now: () => number;
}

export class FollowUps {
  readonly #deps: FollowUpsDeps;

  constructor(deps: FollowUpsDeps) {
    this.#deps = deps;
  }

  /**
   * Excludes those of a batch who were never sent the first text. False while some of them may still be: the first
   * broadcast was cancelled by the launch of this one, so that takes a moment. Safe to repeat.
   */
  async address(broadcast: Broadcast, lane: Lane, position: number): Promise<boolean> {
    if (broadcast.follows === undefined) return true;
    const { index, slots } = this.#deps;
    const first = await index.load(broadcast.follows);
    const firstLane = first?.plan.lanes.find(
      ({ region, language }) => region === lane.region && language === lane.language,
    );
    const beside = firstLane && firstLane.firstBatch + position - lane.firstBatch;
    const firstBatch = beside === undefined ? undefined : index.batch(batchNumber(broadcast.follows, beside));
    const own = index.batch(batchNumber(broadcast.no, position))!;
    const [sent] = firstBatch ? await slots.read([firstBatch]) : [Buffer.alloc(own.size)];
    const sinceLaunch = this.#deps.now() - Date.parse(broadcast.launchedAt);
    const mayBeGivenBack = sinceLaunch >= 0 && sinceLaunch < CLAIMS_SETTLE_MS;
    const changes = new SlotChanges();
    for (let slot = 0; slot < own.size; slot += 1) {
      const byte = sent![slot]!;
      if (isInDoubt(byte)) continue;
      const state = stateOf(byte);
      if (firstBatch && state === 'pending') return false;
      // Longer than that it is unanswered: of whoever may have the first text, nobody waits for the answer.
      if (firstBatch && state === 'sending' && mayBeGivenBack) return false;
      if (!firstBatch || NEVER_SENT.has(state)) changes.addRun(own, slot, slot, 'exclude');
    }
    await slots.apply(changes);
    return true;
  }
}

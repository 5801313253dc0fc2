/**
 * What becomes of each submission: the response, late response, refusal or silence is turned into an event of its slot
 * and into what its run does next. A place in the window is freed only when the event is durable (ledger rule 2).
 */
import { laneOfBatch } from '../broadcasts/broadcast.ts';
import type { Route, StatusAction } from '../broadcasts/routes.ts';
import { batchNumberOf, batchOf, broadcastNoOf, partOf, slotOf } from '../ledger/address.ts';
import type { SlotEvent } from '../ledger/states.ts';
import { STATUS } from '../smpp/constants.ts';
import { normaliseMessageId } from '../smpp/message-id.ts';
import type { BatchRun } from './batch-run.ts';
import type { BroadcastIndex } from './broadcast-index.ts';
import { partsOnWire } from './lane-texts.ts';
import { QueueFull } from './queue-full.ts';
import type { Recorder } from './recorder.ts';
import { statusTable } from './retry-table.ts';
import type { Tally } from './tally.ts';

export interface OutcomeDeps {
  readonly route: Route;
  readonly recorder: Recorder;
  readonly index: BroadcastIndex;
  readonly tally: Tally;
  readonly now: () => number;
  /** The SMSC throttles the account. */
  readonly onThrottled: () => void;
  /** Whether refusals may yet prove to concern the window, which is found out first. */
  readonly windowTried: () => boolean;
  /** A run may have work again. */
  readonly onWork: () => void;
}

const RETRY_MAX_MS = 60_000;

const isForGood = (action: StatusAction): action is 'refuse' | 'refuseDestination' =>
  action === 'refuse' || action === 'refuseDestination';

export class Outcomes {
  readonly #deps: OutcomeDeps;
  readonly #actionOf: (status: number) => StatusAction;
  readonly #queueFull: QueueFull;
  readonly #runs = new Map<number, BatchRun>();

  constructor(deps: OutcomeDeps) {
    this.#deps = deps;
    this.#queueFull = new QueueFull(deps.tally);
    this.#actionOf = statusTable(deps.route.statuses);
  }

  /** The run of a batch in this process, if it has one. */
  runOf(batchNo: number): BatchRun | undefined {
    return this.#runs.get(batchNo);
  }

  add(run: BatchRun): void {
    this.#runs.set(run.batch.batchNo, run);
  }

  remove(run: BatchRun): void {
    if (this.#runs.get(run.batch.batchNo) === run) this.#runs.delete(run.batch.batchNo);
  }

  /** A submit_sm_resp. `release` frees its place; a late one has none. */
  response(address: number, status: number, messageId: string, release: () => void): void {
    const { route, recorder, tally } = this.#deps;
    const batchNo = batchNumberOf(address);
    const run = this.#runs.get(batchNo);
    const batch = run?.batch ?? this.#deps.index.batch(batchNo);
    tally.response(status);
    if (!batch) {
      release();
      return;
    }
    const slot = slotOf(address);
    if (status === STATUS.ESME_ROK) {
      const last = run ? run.partAccepted(slot, partOf(address)) : this.#isWhole(batchNo);
      const settled = () => {
        if (last) run?.settle();
        release();
      };
      if (messageId === '') {
        // Sent, but no receipt can ever be joined: counted, never sent again (quirk 20).
        if (last) recorder.event(batch, slot, 'acceptUntraceable', settled);
        else settled();
        return;
      }
      const id = normaliseMessageId(messageId, route.receipts.responseId);
      recorder.accepted(batch, address, id, last ? 'accept' : undefined, settled);
      return;
    }
    if (run) this.#refused(run, address, status, release);
    else release();
  }

  #refused(run: BatchRun, address: number, status: number, release: () => void): void {
    const { route, recorder, now } = this.#deps;
    const slot = slotOf(address);
    const action = this.#actionOf(status);
    const tooFast =
      action === 'throttle' ||
      (action === 'queueFull' && !this.#deps.windowTried() && this.#queueFull.concernsAccount(now()));
    if (tooFast) this.#deps.onThrottled();
    if (!isForGood(action)) this.#deps.tally.refusal(tooFast);
    const refusals = run.refusals(slot);
    const again = now() + this.#delay(action, refusals);
    const tooMany = action === 'retryFew' && refusals >= route.maxAttempts;
    const outOfTime = again >= Date.parse(run.broadcast.expires);
    const end: SlotEvent | undefined = isForGood(action)
      ? action
      : tooMany
        ? 'refuse'
        : outOfTime
          ? 'runOut'
          : undefined;
    if (end) {
      if (!run.decide(slot)) {
        release();
        return;
      }
      recorder.event(run.batch, slot, end, () => {
        run.settle();
        release();
      });
    } else if (run.templates.length > 1 && run.partsOver) {
      release();
      this.doubt(run, slot);
    } else if (run.templates.length > 1) {
      run.partAgain(slot, partOf(address), again);
      release();
    } else {
      recorder.event(run.batch, slot, 'release', () => {
        run.again(slot, again);
        release();
        this.#deps.onWork();
      });
    }
  }

  /** Doubles from the route's first pause, with jitter; a throttled account is paced already, so it waits the first only. */
  #delay(action: StatusAction, refusals: number): number {
    const doublings = action === 'throttle' ? 0 : Math.min(refusals - 1, 16);
    const pause = Math.min(RETRY_MAX_MS, this.#deps.route.retryDelayMs * 2 ** doublings);
    return pause * (0.75 + Math.random() / 2);
  }

  /**
   * A late response: its place was freed long ago, and its slot may have gone on. It keeps the text from going out a
   * second time, but not where it speaks of one part only: half a text is worse than two.
   */
  lateResponse(address: number, status: number, messageId: string): void {
    if (status !== STATUS.ESME_ROK) return;
    const { route, recorder, index } = this.#deps;
    const batchNo = batchNumberOf(address);
    const batch = index.batch(batchNo);
    if (!batch) return;
    const whole = this.#isWhole(batchNo);
    if (messageId === '') {
      if (whole) recorder.event(batch, slotOf(address), 'acceptUntraceable', () => {});
      return;
    }
    const id = normaliseMessageId(messageId, route.receipts.responseId);
    recorder.accepted(batch, address, id, whole ? 'accept' : undefined, () => {});
  }

  /** Whether one submission carries the whole text of a batch. */
  #isWhole(batchNo: number): boolean {
    const known = this.#deps.index.peek(broadcastNoOf(batchNo));
    return !known || partsOnWire(laneOfBatch(known.plan, batchOf(batchNo)), this.#deps.route) === 1;
  }

  /** Submissions whose outcome nobody knows: by the notice's policy they are sent again, or held (ledger rule 5). */
  inDoubt(addresses: readonly number[]): void {
    for (const address of addresses) {
      const run = this.#runs.get(batchNumberOf(address));
      // Without a run the slot stays in the air, and whoever takes the batch next decides.
      if (run) this.doubt(run, slotOf(address));
    }
  }

  /** Decides one slot in doubt. Where a text has several parts, the whole text is sent again. */
  doubt(run: BatchRun, slot: number): void {
    const { recorder, tally, now } = this.#deps;
    const hold = run.broadcast.inDoubt === 'hold';
    tally.inDoubt += 1;
    if (!run.decide(slot)) return;
    recorder.event(run.batch, slot, hold ? 'hold' : 'doubt', () => {
      if (hold) run.settle();
      else run.again(slot, now());
      this.#deps.onWork();
    });
  }
}

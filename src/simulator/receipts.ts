/**
 * The life of an accepted message: when it comes to its final state, what is told about it, on which session, and how
 * often until somebody takes it. It never looks at submissions, and keeps nothing of a message that is done.
 */
import { STATUS } from '../smpp/constants.ts';
import type { AccountState } from './account-state.ts';
import { UNKNOWN_ID } from './awaiting.ts';
import { OUTCOMES, type Outcome, type ReceiptState } from './behaviour-receipts.ts';
import { STEP } from './held-messages.ts';
import { ReceiptWriter } from './receipt-writer.ts';
import type { SmscLink } from './smsc-link.ts';
import type { SmscState } from './state.ts';
import { TimingWheel } from './timing-wheel.ts';

const TICK_MS = 5;
const LATE_ENROUTE_MS = 20;
const DELETED = OUTCOMES.indexOf('deleted');
const DELIVERED = OUTCOMES.indexOf('delivered');
const NONE = OUTCOMES.indexOf('none');
const FAILURES_ONLY = 2;

/** Answers after which an SMSC tries again; any other error is for good. */
const TEMPORARY: ReadonlySet<number> = new Set([
  STATUS.ESME_RX_T_APPN,
  STATUS.ESME_RSYSERR,
  STATUS.ESME_RMSGQFUL,
  STATUS.ESME_RTHROTTLED,
]);

export class Receipts {
  readonly #state: SmscState;
  readonly #wheel: TimingWheel;
  readonly #writer: ReceiptWriter;

  constructor(state: SmscState) {
    this.#state = state;
    this.#wheel = new TimingWheel(TICK_MS, state.now);
    this.#writer = new ReceiptWriter(state);
  }

  /** Starts the clock of a message whose columns are filled; `step` says what comes first. */
  begin(place: number): void {
    const { held } = this.#state;
    const acceptedAt = held.acceptedAt[place]!;
    const finalAt = held.finalAt[place]!;
    this.#wheel.arm(place, held.step[place] === STEP.enroute ? (acceptedAt + finalAt) / 2 : finalAt);
  }

  /** Sends the final receipt now, on the session that submitted: before its response. */
  sendAtOnce(link: SmscLink, place: number): void {
    if (this.#isSilent(place) || !this.#canTake(link)) {
      this.begin(place);
      return;
    }
    const { held } = this.#state;
    held.step[place] = STEP.final;
    this.#state.accounts.at(held.account[place]!).unfinished--;
    this.#send(link, place);
  }

  /** Moves time on: what is due is queued, what is overdue is sent again. */
  tick(): void {
    const { accounts, links, now, plan } = this.#state;
    this.#wheel.advance(now, this.#onDue);
    const sentBefore = now - plan.behaviour.receipts.retry.unansweredAfterMs;
    for (const link of links.values()) {
      for (let place = link.awaiting.overdue(sentBefore); place !== -1; place = link.awaiting.overdue(sentBefore)) {
        if (place >= 0) this.#again(place, 0);
      }
    }
    for (const account of accounts.all()) this.pump(account);
  }

  /** Puts what is queued on the account's sessions, as far as they take it. */
  pump(account: AccountState): void {
    const { queue } = account;
    while (queue.length > 0) {
      const link = this.#choose(account, queue.first);
      if (link === undefined) return;
      this.#send(link, queue.shift());
    }
  }

  /** The client answered a deliver_sm or data_sm of ours. */
  answered(link: SmscLink, sequence: number, status: number): void {
    const place = link.awaiting.answered(sequence);
    const { plan, record } = this.#state;
    if (place === UNKNOWN_ID && status === STATUS.ESME_ROK) record.receipts.unknownAcknowledged++;
    if (place < 0) return;
    if (status === STATUS.ESME_ROK) {
      record.receipts.acknowledged++;
    } else if (TEMPORARY.has(status)) {
      record.receipts.nackedTemporary++;
      this.#again(place, plan.behaviour.receipts.retry.temporaryErrorAfterMs);
      return;
    } else {
      record.receipts.nackedPermanent++;
    }
    this.#goOn(place);
  }

  /** The session is gone: its unanswered receipts wait for another one. */
  requeue(link: SmscLink): void {
    link.awaiting.drain((place) => this.#accountOf(place).queue.push(place));
  }

  /** Deletes a message that has not come to its final state; false when it is too late. */
  cancel(place: number): boolean {
    const { held, now, plan } = this.#state;
    const isFinal = held.step[place] !== STEP.enroute && !(held.step[place] === STEP.final && this.#isDueLater(place));
    if (isFinal) return false;
    held.outcome[place] = DELETED;
    if (!plan.behaviour.cancels.receipts) held.asks[place] = 0;
    held.finalAt[place] = now;
    if (this.#wheel.isArmed(place)) {
      held.step[place] = STEP.final;
      this.#wheel.arm(place, now);
    }
    return true;
  }

  #isDueLater(place: number): boolean {
    return this.#wheel.isArmed(place) && this.#state.held.attempts[place] === 0;
  }

  readonly #onDue = (place: number): void => {
    const { held } = this.#state;
    const isFirstFinal = held.step[place] === STEP.final && held.attempts[place] === 0;
    if (isFirstFinal) this.#accountOf(place).unfinished--;
    if (this.#isSilent(place)) {
      if (isFirstFinal) held.release(place);
      else this.#goOn(place);
      return;
    }
    this.#accountOf(place).queue.push(place);
  };

  /** Whether nothing is ever told about this message. */
  #isSilent(place: number): boolean {
    const { held } = this.#state;
    const asks = held.asks[place]!;
    const outcome = held.outcome[place]!;
    return asks === 0 || outcome === NONE || (asks === FAILURES_ONLY && outcome === DELIVERED);
  }

  #send(link: SmscLink, place: number): void {
    const { held, plan, receiptRandom, record } = this.#state;
    const step = held.step[place]!;
    const isEnroute = step === STEP.enroute || step === STEP.enrouteAfterFinal;
    const state: ReceiptState = isEnroute ? 'enroute' : (OUTCOMES[held.outcome[place]!] as Exclude<Outcome, 'none'>);
    const isFirst = held.attempts[place] === 0;
    held.attempts[place]!++;
    record.receipts.sent++;
    if (!isFirst) record.receipts.resent++;
    else if (step === STEP.final) record.final(state);
    else if (step === STEP.repeat) record.receipts.repeated++;
    this.#writer.write(link, place, state);
    if (receiptRandom.chance(plan.behaviour.receipts.unknownIds)) {
      record.receipts.unknownIds++;
      this.#writer.writeUnknown(link, place, state);
    }
  }

  /** What comes after a receipt that was taken. */
  #goOn(place: number): void {
    const { held, now, plan } = this.#state;
    const { everyMs } = plan.behaviour.receipts.repeats;
    const step = held.step[place]!;
    held.attempts[place] = 0;
    if (step === STEP.enroute) {
      held.step[place] = STEP.final;
      this.#wheel.arm(place, held.finalAt[place]!);
    } else if (step === STEP.final && held.hasLateEnroute[place] === 1) {
      held.step[place] = STEP.enrouteAfterFinal;
      this.#wheel.arm(place, now + LATE_ENROUTE_MS);
    } else if (held.repeatsLeft[place]! > 0) {
      held.repeatsLeft[place]!--;
      held.step[place] = STEP.repeat;
      this.#wheel.arm(place, now + everyMs);
    } else {
      held.release(place);
    }
  }

  #again(place: number, delayMs: number): void {
    const { held, now, plan, record } = this.#state;
    if (held.attempts[place]! > plan.behaviour.receipts.retry.times) {
      record.receipts.unanswered++;
      held.release(place);
    } else if (delayMs > 0) {
      this.#wheel.arm(place, now + delayMs);
    } else {
      this.#accountOf(place).queue.push(place);
    }
  }

  #choose(account: AccountState, place: number): SmscLink | undefined {
    const { held, links, plan } = this.#state;
    const policy = plan.behaviour.receipts.link;
    const submittedOn = held.link[place]!;
    if (policy === 'other') {
      const other = account.inTurn(this.#canTake, submittedOn);
      if (other !== undefined) return other;
    }
    if (policy !== 'any') {
      const same = links.get(submittedOn);
      if (same !== undefined && this.#canTake(same)) return same;
    }
    return account.inTurn(this.#canTake);
  }

  readonly #canTake = (link: SmscLink): boolean => {
    const { window } = this.#state.plan.behaviour.receipts;
    return link.canTakeReceipts && link.awaiting.waiting < window && !link.awaiting.isFull;
  };

  #accountOf(place: number): AccountState {
    return this.#state.accounts.at(this.#state.held.account[place]!);
  }
}

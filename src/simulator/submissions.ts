/**
 * What becomes of a submit_sm: judged in the order that SMSCs judge (session, form, window, rate, queue, content),
 * then recorded and held, or refused. Answers go out through responses.ts, receipts through receipts.ts.
 */
import { STATUS } from '../smpp/constants.ts';
import { PduError } from '../smpp/errors.ts';
import { readSubmit, SubmitView } from '../smpp/submit-reader.ts';
import type { AccountState } from './account-state.ts';
import { OUTCOMES } from './behaviour-receipts.ts';
import { SubmittedPart } from './concatenation.ts';
import { STEP } from './held-messages.ts';
import { applying } from './plan.ts';
import type { Receipts } from './receipts.ts';
import type { Responses } from './responses.ts';
import { statusNumber } from './schema-parts.ts';
import { isTooLong } from './segment-length.ts';
import type { SmscLink } from './smsc-link.ts';
import { accountOf, type SmscState } from './state.ts';
import { ValidityReader } from './validity.ts';

const ANY_RECEIPT = 1;
const RECEIPT_BITS = 3;
const EXPIRED = OUTCOMES.indexOf('expired');

export class Submissions {
  readonly #state: SmscState;
  readonly #receipts: Receipts;
  readonly #responses: Responses;
  /** Filled again for every submission. */
  readonly #view = new SubmitView();
  readonly #part = new SubmittedPart();
  readonly #validity = new ValidityReader();

  constructor(state: SmscState, receipts: Receipts, responses: Responses) {
    this.#state = state;
    this.#receipts = receipts;
    this.#responses = responses;
  }

  /** Takes or refuses buf[start, end), a submit_sm. */
  handle(link: SmscLink, buf: Buffer, start: number, end: number): void {
    const { now, plan, random, record } = this.#state;
    const view = this.#view;
    link.submits++;
    try {
      readSubmit(buf, start, end, view);
    } catch (error) {
      if (!(error instanceof PduError)) throw error;
      record.submitted(now, view.sequence);
      this.#refuse(link, error.status);
      return;
    }
    record.submitted(now, view.sequence);
    const account = accountOf(this.#state, link);
    if (account === undefined || link.mode !== 'bound' || link.bindType === 'receiver') {
      this.#refuse(link, STATUS.ESME_RINVBNDSTS);
      return;
    }
    this.#part.read(view);
    const sender = record.senders.intern(buf, view.sourceStart, view.sourceEnd, view.sourceTon, view.sourceNpi);
    const status = this.#judge(link, account, sender);
    if (status !== STATUS.ESME_ROK) {
      this.#refuse(link, status);
    } else if (random.chance(plan.behaviour.responses.genericNack)) {
      record.refused(STATUS.ESME_RSYSERR);
      this.#responses.nack(link, view.sequence);
    } else {
      this.#accept(link, account, sender);
    }
  }

  #judge(link: SmscLink, account: AccountState, sender: number): number {
    const { now, plan, random } = this.#state;
    const { settings } = account;
    if (this.#view.destinationNumber === 0) return STATUS.ESME_RINVDSTADR;
    if (settings.window !== null && link.unanswered >= settings.window) return statusNumber(settings.windowStatus);
    if (settings.segmentsPerSecond !== null && account.rate.at(now) >= settings.segmentsPerSecond) {
      return STATUS.ESME_RTHROTTLED;
    }
    if (settings.queueLimit !== null && account.unfinished >= settings.queueLimit) return STATUS.ESME_RMSGQFUL;
    const part = this.#part;
    if (plan.refuseUdh !== undefined && part.headerOctets > 0) return plan.refuseUdh;
    if (plan.refuseSar !== undefined && part.hasSar) return plan.refuseSar;
    if (plan.refuseMessagePayload !== undefined && part.hasPayload) return plan.refuseMessagePayload;
    const { checkLength, checkSender, defaultAlphabet } = plan.behaviour.submissions;
    if (checkSender && !this.#state.record.senders.hasFittingTon(sender)) return STATUS.ESME_RINVSRCTON;
    if (checkSender && this.#view.sourceNpi > 1) return STATUS.ESME_RINVSRCNPI;
    if (checkLength && isTooLong(part, defaultAlphabet)) return STATUS.ESME_RINVMSGLEN;
    return applying(plan.refusals, this.#view.destinationNumber, random)?.status ?? STATUS.ESME_ROK;
  }

  #refuse(link: SmscLink, status: number): void {
    const { record } = this.#state;
    record.refused(status);
    if (status === STATUS.ESME_RTHROTTLED) record.throttled++;
    this.#responses.refuse(link, this.#view.sequence, status);
  }

  #accept(link: SmscLink, account: AccountState, sender: number): void {
    const state = this.#state;
    const { held, now, plan, random, record } = state;
    const view = this.#view;
    const { receipts, submissions } = plan.behaviour;
    account.rate.add(now, 1);
    account.unfinished++;
    const serial = state.nextSerial++;
    const place = held.hold(serial);
    held.content[place] = record.took(now, sender, view.destinationNumber, this.#part);
    held.destination[place] = view.destinationNumber;
    held.destinationTon[place] = view.destinationTon;
    held.destinationNpi[place] = view.destinationNpi;
    held.sender[place] = sender;
    held.account[place] = account.number;
    held.link[place] = link.number;
    held.acceptedAt[place] = now;
    held.finalAt[place] = now + random.between(receipts.delayMs);
    held.outcome[place] = plan.outcomeOf(view.destinationNumber, this.#part.part, random);
    held.asks[place] = this.#asks();
    held.step[place] = random.chance(receipts.intermediate) ? STEP.enroute : STEP.final;
    held.hasLateEnroute[place] = random.chance(receipts.enrouteAfterFinal) ? 1 : 0;
    held.repeatsLeft[place] = random.chance(receipts.repeats.probability) ? receipts.repeats.times : 0;
    if (submissions.honourValidity && view.validityEnd > view.validityStart) this.#expire(place);

    if (random.chance(receipts.beforeResponse)) this.#receipts.sendAtOnce(link, place);
    else this.#receipts.begin(place);
    this.#responses.accept(link, view.sequence, serial);
  }

  /** Which receipts the submission gets: what it asks for, unless the SMSC knows better. */
  #asks(): number {
    const { receipts } = this.#state.plan.behaviour;
    const { part, parts } = this.#part;
    if (receipts.multipart === 'first' && part > 1) return 0;
    if (receipts.multipart === 'last' && part < parts) return 0;
    return receipts.ignoreRegisteredDelivery ? ANY_RECEIPT : this.#view.registeredDelivery & RECEIPT_BITS;
  }

  #expire(place: number): void {
    const { held, now } = this.#state;
    const until = this.#validity.until(this.#view.validityPeriod, now);
    if (until >= held.finalAt[place]!) return;
    held.finalAt[place] = Math.max(until, now);
    held.outcome[place] = EXPIRED;
  }
}

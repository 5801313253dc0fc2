/**
 * Answers to submit_sm: at once, later, in another order, or never. It owns the delays; which status is answered is
 * decided in submissions.ts.
 */
import { COMMAND, STATUS } from '../smpp/constants.ts';
import { MAX_SUBMIT_RESP_BYTES, writeBare, writeSubmitResp } from '../smpp/fast-writers.ts';
import { writeHeader } from '../smpp/octets.ts';
import type { SmscLink } from './smsc-link.ts';
import type { SmscState } from './state.ts';
import { TimingWheel } from './timing-wheel.ts';

const TICK_MS = 5;
/** How long the answer on a frozen session waits until it looks again. */
const FROZEN_MS = 50;
/** In place of a serial: the answer has no message id. */
const NO_ID = -1;

export class Responses {
  readonly #state: SmscState;
  readonly #wheel: TimingWheel;
  readonly #links: number[] = [];
  readonly #sequences: number[] = [];
  readonly #statuses: number[] = [];
  readonly #serials: number[] = [];
  readonly #free: number[] = [];

  constructor(state: SmscState) {
    this.#state = state;
    this.#wheel = new TimingWheel(TICK_MS, state.now);
  }

  accept(link: SmscLink, sequence: number, serial: number): void {
    const { random, record } = this.#state;
    const { responses } = this.#state.plan.behaviour;
    const id = random.chance(responses.withoutMessageId) ? NO_ID : serial;
    if (random.chance(responses.lost)) {
      record.responsesLost++;
    } else if (random.chance(responses.late.probability)) {
      record.responsesLate++;
      this.#later(link, sequence, STATUS.ESME_ROK, id, responses.late.delayMs);
    } else {
      this.#answer(link, sequence, STATUS.ESME_ROK, id);
    }
  }

  refuse(link: SmscLink, sequence: number, status: number): void {
    this.#answer(link, sequence, status, NO_ID);
  }

  nack(link: SmscLink, sequence: number): void {
    const named = this.#state.plan.behaviour.responses.nackSequence === 'same' ? sequence : 0;
    const at = link.writer.reserve(16);
    link.writer.commit(writeBare(link.writer.block, at, COMMAND.generic_nack, STATUS.ESME_RSYSERR, named));
  }

  /** Writes the answers that are due. */
  tick(): void {
    this.#wheel.advance(this.#state.now, this.#onDue);
  }

  #answer(link: SmscLink, sequence: number, status: number, serial: number): void {
    const delayMs = this.#state.random.between(this.#state.plan.behaviour.responses.delayMs);
    if (delayMs <= 0 && !link.isFrozen) this.#write(link, sequence, status, serial);
    else this.#later(link, sequence, status, serial, delayMs);
  }

  #later(link: SmscLink, sequence: number, status: number, serial: number, delayMs: number): void {
    const place = this.#free.pop() ?? this.#links.length;
    this.#links[place] = link.number;
    this.#sequences[place] = sequence;
    this.#statuses[place] = status;
    this.#serials[place] = serial;
    link.unanswered++;
    this.#wheel.arm(place, this.#state.now + delayMs);
  }

  readonly #onDue = (place: number): void => {
    const link = this.#state.links.get(this.#links[place]!);
    if (link?.isFrozen) {
      this.#wheel.arm(place, this.#state.now + FROZEN_MS);
      return;
    }
    this.#free.push(place);
    if (link === undefined || link.mode === 'closed') return;
    link.unanswered--;
    this.#write(link, this.#sequences[place]!, this.#statuses[place]!, this.#serials[place]!);
  };

  #write(link: SmscLink, sequence: number, status: number, serial: number): void {
    const { plan } = this.#state;
    const { emptyBody, errorBody } = plan.behaviour.responses;
    const { writer } = link;
    const at = writer.reserve(MAX_SUBMIT_RESP_BYTES);
    const { block } = writer;
    if (serial !== NO_ID) {
      writer.commit(writeSubmitResp(block, at, sequence, status, plan.responseId(serial)));
      return;
    }
    const body = status === STATUS.ESME_ROK ? emptyBody : errorBody;
    if (body === 'id') {
      writer.commit(writeSubmitResp(block, at, sequence, status, '0'));
      return;
    }
    const length = body === 'none' ? 16 : 17;
    const end = writeHeader(block, at, length, COMMAND.submit_sm_resp, status, sequence);
    if (length === 17) block[end] = 0;
    writer.commit(at + length);
  }
}

/**
 * The submissions of one session: takes places and sequence numbers for them, writes them as one run of octets, and
 * finds whom a response concerns. It owns the window and the numbering; whether the session may send is not its matter.
 */
import { TocsinError } from '../errors.ts';
import type { PduWriter } from './pdu-writer.ts';
import { Sequence } from './sequence.ts';
import type { SessionHandlers } from './session-events.ts';
import { badMsisdn, MSISDN_LIMIT, type SubmitTemplate } from './submit-template.ts';
import { NONE, Window } from './window.ts';

type SubmissionHandlers<Ref> = Pick<SessionHandlers<Ref>, 'onResponse' | 'onLateResponse' | 'onExpired'>;

export class Submissions<Ref> {
  readonly #window: Window<Ref>;
  readonly #handlers: SubmissionHandlers<Ref>;
  readonly #inUse: (sequence: number) => boolean;
  readonly #sequence: Sequence;
  #limit: number;

  /** `inUseElsewhere`: sequence numbers of requests that are no submissions. */
  constructor(
    capacity: number,
    handlers: SubmissionHandlers<Ref>,
    inUseElsewhere: (sequence: number) => boolean,
    firstSequence = 1,
  ) {
    this.#sequence = new Sequence(firstSequence);
    this.#window = new Window(capacity);
    this.#handlers = handlers;
    this.#inUse = (sequence) => this.#window.clashes(sequence) || inUseElsewhere(sequence);
    this.#limit = capacity;
  }

  get room(): number {
    return Math.max(0, this.#limit - this.#window.size);
  }

  get unanswered(): number {
    return this.#window.unanswered;
  }

  /** Most places that are taken from now on, within the capacity. */
  set limit(places: number) {
    this.#limit = Math.max(1, Math.min(places, this.#window.capacity));
  }

  nextSequence(): number {
    return this.#sequence.next(this.#inUse);
  }

  /** See `Session.submit`. */
  submit(
    writer: PduWriter,
    template: SubmitTemplate,
    msisdns: ArrayLike<number>,
    refs: ArrayLike<Ref>,
    from: number,
    to: number,
    now: number,
  ): void {
    // Not the limit, which may have been narrowed since the caller looked: it tells how many to begin, in `room`.
    if (to - from > this.#window.capacity - this.#window.size)
      throw new TocsinError('invalid', 'smpp_window_full', 'no room in the window');
    for (let i = from; i < to; i++) {
      const msisdn = msisdns[i]!;
      if (!(msisdn >= 1 && msisdn < MSISDN_LIMIT)) throw badMsisdn();
    }
    let at = writer.reserve((to - from) * template.maxLength);
    const { block } = writer;
    for (let i = from; i < to; i++) {
      const sequence = this.nextSequence();
      this.#window.take(sequence, refs[i]!, now);
      at = template.write(block, at, sequence, msisdns[i]!);
    }
    writer.commit(at);
  }

  /** Reports the response to whom it concerns; false when nobody waits or waited for it. */
  settle(sequence: number, status: number, messageId: string): boolean {
    const ref = this.#window.answer(sequence);
    if (ref !== NONE) {
      this.#handlers.onResponse(ref, status, messageId);
      return true;
    }
    const late = this.#window.late(sequence);
    if (late === NONE) return false;
    this.#handlers.onLateResponse(late, status, messageId);
    return true;
  }

  release(n: number): void {
    this.#window.release(n);
  }

  expire(now: number, timeoutMs: number): void {
    this.#window.expire(now, timeoutMs, this.#handlers.onExpired);
  }

  unansweredRefs(): Ref[] {
    return this.#window.unansweredRefs();
  }
}

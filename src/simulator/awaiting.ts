/**
 * The deliver_sm of one session that wait for their answer: a ring by sequence number, so that taking one out costs an
 * index. It is full when the oldest unanswered one is a whole ring behind, whatever the window says.
 */
import { MAX_SEQUENCE } from '../smpp/sequence.ts';

const RING = 16_384;
/** Kept free of receipts, for the other PDUs of ours on the session. */
const RESERVE = 1024;
const NOTHING = -1;
/** A PDU of ours that is no receipt: answered, but nothing hangs on it. */
export const NO_MESSAGE = -2;
/** A receipt for an id that was never given: its answer is counted, and no other follows. */
export const UNKNOWN_ID = -3;

export class Awaiting {
  waiting = 0;
  readonly #places = new Int32Array(RING).fill(NOTHING);
  readonly #sentAt = new Float64Array(RING);
  readonly #firstSequence: number;
  /** Ordinals count the PDUs of ours on this session from 0. */
  #nextOrdinal = 0;
  #oldest = 0;

  constructor(firstSequence: number) {
    this.#firstSequence = firstSequence;
  }

  /** Whether no more receipts fit. */
  get isFull(): boolean {
    return this.#nextOrdinal - this.#oldest >= RING - RESERVE;
  }

  /** The sequence number for a PDU of ours. With a place (or NO_MESSAGE, UNKNOWN_ID) its answer is awaited. */
  next(nowMs: number, place = NOTHING): number {
    if (this.#nextOrdinal - this.#oldest >= RING) this.#forget(this.#oldest);
    const ordinal = this.#nextOrdinal++;
    this.#places[ordinal % RING] = place;
    this.#sentAt[ordinal % RING] = nowMs;
    if (place !== NOTHING) this.waiting++;
    this.#skip();
    return ((this.#firstSequence - 1 + ordinal) % MAX_SEQUENCE) + 1;
  }

  /** Takes out what awaited an answer to `sequence`: a place, NO_MESSAGE, UNKNOWN_ID, or -1 when nothing did. */
  answered(sequence: number): number {
    const last = ((this.#firstSequence - 1 + this.#nextOrdinal - 1) % MAX_SEQUENCE) + 1;
    const behind = (last - sequence + MAX_SEQUENCE) % MAX_SEQUENCE;
    const ordinal = this.#nextOrdinal - 1 - behind;
    return ordinal < this.#oldest ? NOTHING : this.#forget(ordinal);
  }

  /** Takes out the oldest place when it was sent before `beforeMs`; -1 when there is none. */
  overdue(beforeMs: number): number {
    this.#skip();
    if (this.#oldest === this.#nextOrdinal || this.#sentAt[this.#oldest % RING]! > beforeMs) return NOTHING;
    return this.#forget(this.#oldest);
  }

  /** Takes out all places, oldest first: the session is gone. */
  drain(onPlace: (place: number) => void): void {
    for (let ordinal = this.#oldest; ordinal < this.#nextOrdinal; ordinal++) {
      const place = this.#forget(ordinal);
      if (place >= 0) onPlace(place);
    }
  }

  #forget(ordinal: number): number {
    const at = ordinal % RING;
    const place = this.#places[at]!;
    if (place !== NOTHING) this.waiting--;
    this.#places[at] = NOTHING;
    this.#skip();
    return place;
  }

  #skip(): void {
    while (this.#oldest < this.#nextOrdinal && this.#places[this.#oldest % RING] === NOTHING) this.#oldest++;
  }
}

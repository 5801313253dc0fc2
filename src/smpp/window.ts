/**
 * The submissions in flight on a link: by sequence number, oldest first. A place is held from `take` until `release`
 * (the response is then durable) or until it expires. Expired ones are remembered, a bounded number of them, so that
 * a late response still finds its reference. It keeps no time and no socket of its own.
 */

/** What `answer` and `late` give for a sequence number they do not know. */
export const NONE: unique symbol = Symbol('none');

const END = -1;

export class Window<Ref> {
  /** Most places that may be held at once. */
  readonly capacity: number;
  /** Places held: unanswered, and answered but not released. */
  size = 0;
  /** Submissions without a response. */
  unanswered = 0;

  // A ring twice as large as the window, indexed by the low bits of the sequence number, and a list through it in
  // the order of sending. No number is in use whose slot is taken: see `clashes`.
  readonly #mask: number;
  readonly #sequences: Int32Array;
  readonly #sentAt: Float64Array;
  readonly #before: Int32Array;
  readonly #after: Int32Array;
  readonly #refs: (Ref | undefined)[];
  #oldest = END;
  #newest = END;

  readonly #late = new Map<number, Ref>();
  readonly #lateLimit: number;

  constructor(capacity: number, lateLimit: number = capacity * 8) {
    this.capacity = capacity;
    this.#lateLimit = lateLimit;
    const slots = 2 ** Math.ceil(Math.log2(Math.max(8, capacity * 2)));
    this.#mask = slots - 1;
    this.#sequences = new Int32Array(slots);
    this.#sentAt = new Float64Array(slots);
    this.#before = new Int32Array(slots);
    this.#after = new Int32Array(slots);
    this.#refs = new Array<Ref | undefined>(slots).fill(undefined);
  }

  /** Whether a sequence number must be skipped for now. */
  clashes(sequence: number): boolean {
    return this.#sequences[sequence & this.#mask] !== 0;
  }

  /** Takes a place; the caller has checked `size` against its limit, and `clashes`. */
  take(sequence: number, ref: Ref, now: number): void {
    const slot = sequence & this.#mask;
    this.#sequences[slot] = sequence;
    this.#refs[slot] = ref;
    this.#sentAt[slot] = now;
    this.#before[slot] = this.#newest;
    this.#after[slot] = END;
    if (this.#newest === END) this.#oldest = slot;
    else this.#after[this.#newest] = slot;
    this.#newest = slot;
    this.size++;
    this.unanswered++;
    if (this.#late.size > 0) this.#late.delete(sequence);
  }

  /** The reference of an unanswered submission, which is answered now; its place stays held. */
  answer(sequence: number): Ref | typeof NONE {
    const slot = sequence & this.#mask;
    if (sequence === 0 || this.#sequences[slot] !== sequence) return NONE;
    return this.#remove(slot);
  }

  /** The reference of an expired submission whose response came after all: once each. */
  late(sequence: number): Ref | typeof NONE {
    if (!this.#late.has(sequence)) return NONE;
    const ref = this.#late.get(sequence) as Ref;
    this.#late.delete(sequence);
    return ref;
  }

  /** Frees `n` places of answered submissions. */
  release(n: number): void {
    if (n > this.size - this.unanswered) throw new RangeError(`release of ${n} places that are not answered`);
    this.size -= n;
  }

  /** Frees the places of all submissions sent `timeoutMs` ago or more, oldest first. */
  expire(now: number, timeoutMs: number, onExpired: (ref: Ref) => void): void {
    while (this.#oldest !== END && now - this.#sentAt[this.#oldest]! >= timeoutMs) {
      const sequence = this.#sequences[this.#oldest]!;
      const ref = this.#remove(this.#oldest);
      this.size--;
      this.#remember(sequence, ref);
      onExpired(ref);
    }
  }

  /** References of all unanswered submissions, oldest first. */
  unansweredRefs(): Ref[] {
    const refs: Ref[] = [];
    for (let slot = this.#oldest; slot !== END; slot = this.#after[slot]!) refs.push(this.#refs[slot] as Ref);
    return refs;
  }

  #remember(sequence: number, ref: Ref): void {
    this.#late.set(sequence, ref);
    if (this.#late.size <= this.#lateLimit) return;
    for (const oldest of this.#late.keys()) {
      this.#late.delete(oldest);
      break;
    }
  }

  #remove(slot: number): Ref {
    const before = this.#before[slot]!;
    const after = this.#after[slot]!;
    if (before === END) this.#oldest = after;
    else this.#after[before] = after;
    if (after === END) this.#newest = before;
    else this.#before[after] = before;
    const ref = this.#refs[slot] as Ref;
    this.#refs[slot] = undefined;
    this.#sequences[slot] = 0;
    this.unanswered--;
    return ref;
  }
}

/**
 * Millions of timers in a few typed arrays. A timer is a handle (a small integer that the caller owns, in the wheel at
 * most once); arming and firing allocate nothing. It keeps no time of its own: `advance` is told what time it is.
 */

const BUCKETS = 4096;
const NONE = -1;

export class TimingWheel {
  readonly #tickMs: number;
  readonly #heads = new Int32Array(BUCKETS).fill(NONE);
  #next = new Int32Array(1024).fill(NONE);
  #previous = new Int32Array(1024).fill(NONE);
  /** The tick at which a handle is due, or -1 when it is not armed. */
  #due = new Float64Array(1024).fill(NONE);
  #tick: number;
  #armed = 0;

  constructor(tickMs: number, nowMs: number) {
    this.#tickMs = tickMs;
    this.#tick = Math.floor(nowMs / tickMs);
  }

  get armed(): number {
    return this.#armed;
  }

  isArmed(handle: number): boolean {
    return handle < this.#due.length && this.#due[handle] !== NONE;
  }

  /** Fires `handle` at the first `advance` at or after `atMs`, never before; an armed handle moves to the new time. */
  arm(handle: number, atMs: number): void {
    if (handle >= this.#due.length) this.#grow(handle + 1);
    if (this.#due[handle] !== NONE) this.disarm(handle);
    const due = Math.max(Math.ceil(atMs / this.#tickMs), this.#tick + 1);
    this.#due[handle] = due;
    this.#armed++;
    this.#link(handle, due % BUCKETS);
  }

  disarm(handle: number): void {
    if (!this.isArmed(handle)) return;
    const next = this.#next[handle]!;
    const previous = this.#previous[handle]!;
    if (previous === NONE) this.#heads[this.#due[handle]! % BUCKETS] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
    this.#due[handle] = NONE;
    this.#armed--;
  }

  /** Fires all that is due at `nowMs`. `onDue` may arm or disarm the handle it was given, or fresh ones, no others. */
  advance(nowMs: number, onDue: (handle: number) => void): void {
    const target = Math.floor(nowMs / this.#tickMs);
    // After a pause longer than a turn of the wheel every bucket is visited once, not once a turn.
    const first = Math.max(this.#tick + 1, target - BUCKETS + 1);
    for (let tick = first; tick <= target; tick++) {
      this.#tick = tick;
      if (this.#heads[tick % BUCKETS] !== NONE) this.#fire(tick % BUCKETS, target, onDue);
    }
    if (target > this.#tick) this.#tick = target;
  }

  #fire(bucket: number, target: number, onDue: (handle: number) => void): void {
    // The list is taken off first: what onDue arms goes to a list of its own and cannot fire in this visit.
    let handle = this.#heads[bucket]!;
    this.#heads[bucket] = NONE;
    let due = NONE;
    while (handle !== NONE) {
      const next = this.#next[handle]!;
      if (this.#due[handle]! > target) {
        this.#link(handle, bucket);
      } else {
        this.#due[handle] = NONE;
        this.#armed--;
        this.#next[handle] = due;
        due = handle;
      }
      handle = next;
    }
    // A bucket holds the newest first; taking it off turned that round, so timers fire in the order they were armed.
    while (due !== NONE) {
      const next = this.#next[due]!;
      onDue(due);
      due = next;
    }
  }

  #link(handle: number, bucket: number): void {
    const head = this.#heads[bucket]!;
    this.#next[handle] = head;
    this.#previous[handle] = NONE;
    if (head !== NONE) this.#previous[head] = handle;
    this.#heads[bucket] = handle;
  }

  #grow(needed: number): void {
    const size = Math.max(needed, this.#due.length * 2);
    this.#next = grown(this.#next, new Int32Array(size).fill(NONE));
    this.#previous = grown(this.#previous, new Int32Array(size).fill(NONE));
    this.#due = grown(this.#due, new Float64Array(size).fill(NONE));
  }
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

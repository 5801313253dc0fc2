/**
 * Sequence numbers of one session (SMPP 3.4 §5.1.4): 1 to 0x7FFFFFFF, then 1 again, without those still in use.
 */

export const MAX_SEQUENCE = 0x7fffffff;

export class Sequence {
  #next: number;

  constructor(first = 1) {
    this.#next = first;
  }

  /** The next number for which `inUse` is false; the caller sees to it that there is one. */
  next(inUse: (sequence: number) => boolean): number {
    let sequence = this.#next;
    while (inUse(sequence)) sequence = following(sequence);
    this.#next = following(sequence);
    return sequence;
  }
}

function following(sequence: number): number {
  return sequence >= MAX_SEQUENCE ? 1 : sequence + 1;
}

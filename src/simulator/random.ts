/** A small seeded generator: the same seed gives the same choices in the same order of arrival. Not for secrets. */

export interface Range {
  min: number;
  max: number;
}

export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** The next number in [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** True with this probability. Draws nothing at 0 and 1, so that an unused fault changes no later choice. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.next() < probability;
  }

  /** A number between both ends; draws nothing when they are equal. */
  between(range: Range): number {
    return range.max <= range.min ? range.min : range.min + this.next() * (range.max - range.min);
  }
}

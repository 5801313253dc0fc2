/** Segments that may leave, each with the moment at which it is due: what a pacer grants, and what is kept of it. */

/** Segments that are due together; `at` by performance.now(). */
export interface Due {
  readonly segments: number;
  readonly at: number;
}

export class Dues {
  /** Oldest first. */
  #dues: Due[] = [];
  #segments = 0;

  get segments(): number {
    return this.#segments;
  }

  /** Adds what is due no sooner than all the rest. */
  add(dues: readonly Due[]): void {
    this.#dues.push(...dues);
    this.#segments += sumOf(dues);
  }

  /** Takes the oldest, `segments` of them or all that there are. */
  take(segments: number): Due[] {
    const { taken, rest } = split(this.#dues, segments);
    this.#dues = rest;
    this.#segments = sumOf(rest);
    return taken;
  }

  /** Takes back what was taken last and is not used. */
  putBack(dues: readonly Due[]): void {
    this.#dues = [...dues, ...this.#dues];
    this.#segments += sumOf(dues);
  }

  /** Forgoes what was due before a moment and is more than `keep`: nobody used it. Returns how many segments that are. */
  forgo(before: number, keep: number): number {
    const held = this.#segments;
    const isOld = () => this.#dues.length > 0 && this.#dues[0]!.at < before;
    while (isOld() && this.#segments - this.#dues[0]!.segments >= keep) this.#segments -= this.#dues.shift()!.segments;
    return held - this.#segments;
  }
}

/** The first `segments` of some dues, and what is left of them. */
export function split(dues: readonly Due[], segments: number): { taken: Due[]; rest: Due[] } {
  const [taken, rest]: [Due[], Due[]] = [[], []];
  let wanted = segments;
  for (const due of dues) {
    const used = Math.min(due.segments, wanted);
    wanted -= used;
    if (used > 0) taken.push(used === due.segments ? due : { segments: used, at: due.at });
    if (used < due.segments) rest.push(used === 0 ? due : { segments: due.segments - used, at: due.at });
  }
  return { taken, rest };
}

export function sumOf(dues: readonly Due[]): number {
  let sum = 0;
  for (const { segments } of dues) sum += segments;
  return sum;
}

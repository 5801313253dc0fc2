/** A moment by which several things must be over, in order: each may use what the ones before it left. */
export class Deadline {
  readonly #at: number;

  constructor(withinMs: number) {
    this.#at = performance.now() + withinMs;
  }

  get leftMs(): number {
    return Math.max(0, this.#at - performance.now());
  }

  /** Waits for `work`, but `reserveMs` before the deadline no longer; says whether it was over by then. */
  async met(work: Promise<unknown> | undefined, reserveMs = 0): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), Math.max(0, this.leftMs - reserveMs));
    });
    const over = Promise.resolve(work).then(() => true as const);
    over.catch(() => {}); // it may fail when nobody waits for it any more
    try {
      return await Promise.race([over, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

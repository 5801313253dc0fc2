/** What this process did for broadcasts and has not yet recorded: once a second is enough, at no cost to a message. */
import { recordCarried, recordReceipts, recordSubmission } from '../broadcasts/times.ts';
import type { Store } from '../store/connection.ts';

interface Submitted {
  /** ms since epoch. */
  at: number;
  /** Segments by route. */
  readonly segments: Map<string, number>;
}

const ignore = (): void => {};

export class Activity {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #submitted = new Map<number, Submitted>();
  readonly #receipted = new Set<number>();
  /** Broadcasts whose first submission is recorded. */
  readonly #begun = new Set<number>();

  constructor({ store, now }: { store: Store; now: () => number }) {
    this.#store = store;
    this.#now = now;
  }

  submitted(no: number, route: string, segments: number): void {
    const at = this.#now();
    const noted = this.#submitted.get(no);
    if (noted) {
      noted.at = at;
      noted.segments.set(route, (noted.segments.get(route) ?? 0) + segments);
    } else {
      this.#submitted.set(no, { at, segments: new Map([[route, segments]]) });
    }
    if (this.#begun.has(no)) return;
    this.#begun.add(no);
    this.record();
  }

  receipted(no: number): void {
    this.#receipted.add(no);
  }

  record(): void {
    for (const [no, { at, segments }] of this.#submitted) {
      recordSubmission(this.#store, no, at).catch(ignore);
      recordCarried(this.#store, no, segments).catch(ignore);
    }
    this.#submitted.clear();
    for (const no of this.#receipted) recordReceipts(this.#store, no, this.#now()).catch(ignore);
    this.#receipted.clear();
  }
}

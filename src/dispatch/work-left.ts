/**
 * What each process still has to submit of the batches that it has at hand on a route, as processes tell each other through
 * Redis: what was told some time ago counts no more, since its process has nothing left, or died.
 */
import type { Store } from '../store/connection.ts';

/** Processes tell some ten times a second. */
const FRESH_MS = 500;
const EXPIRE_MS = 10_000;

export interface WorkLeftDeps {
  readonly store: Store;
  readonly route: { readonly id: string };
  /** The name of this one. */
  readonly process: string;
  /** By one clock for all processes, in milliseconds. */
  readonly now: () => number;
}

export class WorkLeft {
  readonly #deps: WorkLeftDeps;
  readonly #key: string;

  constructor(deps: WorkLeftDeps) {
    this.#deps = deps;
    this.#key = `${deps.store.prefix}{pace-${deps.route.id}}:left`;
  }

  /** Tells how many slots are left here; resolves with the average of all processes that have some. */
  async tell(left: number): Promise<number> {
    const { process, store } = this.#deps;
    const now = this.#deps.now();
    const [, , told] = await Promise.all([
      store.redis.hset(this.#key, process, `${left} ${now}`),
      store.redis.pexpire(this.#key, EXPIRE_MS),
      store.redis.hvals(this.#key),
    ]);
    const fresh = told.map((one) => one.split(' ').map(Number)).filter(([, at = 0]) => Math.abs(now - at) < FRESH_MS);
    return fresh.reduce((sum, [slots = 0]) => sum + slots, 0) / Math.max(1, fresh.length);
  }
}

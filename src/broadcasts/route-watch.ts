/** Decides on the breakers of all routes, from what every process says of them. One process at a time does it. */
import type { Store } from '../store/connection.ts';
import { type Breaker, CLOSED, nextBreaker } from './breaker.ts';
import { Lock } from './lock.ts';
import { viewOf } from './route-faults.ts';
import { freshReports, readBreakers, reportsOf, writeBreaker } from './route-health.ts';

export interface RouteWatchDeps {
  readonly store: Store;
  readonly routes: readonly string[];
  /** Name of this process, for the lock. */
  readonly process: string;
  readonly now: () => number;
  readonly onChange: (route: string, from: Breaker, to: Breaker) => void;
}

/** Short: while the process that decided is dead, nobody does. */
const LOCK_MS = 1_000;

export class RouteWatch {
  readonly #deps: RouteWatchDeps;
  readonly #lock: Lock;

  constructor(deps: RouteWatchDeps) {
    this.#deps = deps;
    this.#lock = new Lock({ store: deps.store, name: 'route-watch', holder: deps.process, ms: LOCK_MS });
  }

  /** Brings the breakers up to date, if this process holds or gets the lock; resolves with them as they are. */
  async tick(): Promise<ReadonlyMap<string, Breaker>> {
    const { store, routes, now, onChange } = this.#deps;
    const [breakers, mine] = await Promise.all([readBreakers(store), this.#lock.hold()]);
    if (!mine) return breakers;
    const fresh = await freshReports(store, now());
    for (const route of routes) {
      const view = viewOf(reportsOf(fresh, route));
      const before = breakers.get(route) ?? CLOSED;
      const after = view ? nextBreaker(before, view, now()) : before;
      if (after === before) continue;
      await writeBreaker(store, route, after);
      breakers.set(route, after);
      if (after.state !== before.state) onChange(route, before, after);
    }
    return breakers;
  }

  leave(): Promise<void> {
    return this.#lock.leave();
  }
}

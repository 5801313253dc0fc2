/**
 * Which of this process's routes carries a batch now. The breakers say which routes to prefer, for all processes; the
 * links that are bound here say which can be used. Where no other route can, an open one goes on as well as it can.
 */

import type { Breaker, BreakerState } from '../broadcasts/breaker.ts';
import type { Lane } from '../broadcasts/broadcast.ts';
import { candidatesOf } from '../broadcasts/route-choice.ts';
import type { BroadcastIndex } from './broadcast-index.ts';
import type { RouteDispatch } from './route-dispatch.ts';

/** Batches at a time, in each process, that try whether a route is healthy again. */
const PROBES = 2;

export class Carriers {
  readonly #routes: ReadonlyMap<string, RouteDispatch>;
  readonly #index: BroadcastIndex;
  #breakers: ReadonlyMap<string, Breaker> = new Map();

  constructor({ routes, index }: { routes: readonly RouteDispatch[]; index: BroadcastIndex }) {
    this.#routes = new Map(routes.map((route) => [route.id, route]));
    this.#index = index;
  }

  /** Takes in the breakers as they are now. */
  follow(breakers: ReadonlyMap<string, Breaker>): void {
    this.#breakers = breakers;
  }

  stateOf(route: string): BreakerState {
    return this.#breakers.get(route)?.state ?? 'closed';
  }

  /**
   * The route to run a batch on; undefined while none of its routes has a bound link here. Without `probing` a route that
   * is only tried again comes last.
   */
  choose(lane: Lane, batch: number, probing = true): RouteDispatch | undefined {
    let last: RouteDispatch | undefined;
    for (const id of candidatesOf(lane.routes, batch)) {
      const route = this.#routes.get(id);
      if (!route?.bound) continue;
      const state = this.stateOf(id);
      if (state === 'closed' || (probing && state === 'half-open' && route.batches.atHand < PROBES)) return route;
      last ??= route;
    }
    return last;
  }

  /** Whether a batch that runs on a route stays there. */
  mayStay(route: string, lane: Lane, batch: number): boolean {
    return this.stateOf(route) !== 'open' || (this.choose(lane, batch)?.id ?? route) === route;
  }

  /** Whether this process can run what waits in a route's queue. While the route is in use, those that reach it do. */
  serves(route: string): boolean {
    if (this.#routes.get(route)?.bound) return true;
    if (this.stateOf(route) === 'closed') return false;
    return this.#index.routesBeside(route).some((id) => this.#routes.get(id)?.bound);
  }
}

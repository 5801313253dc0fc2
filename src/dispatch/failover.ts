/**
 * Has batches carried by the routes that can: follows the breakers, takes part in deciding on them, and tells intakes
 * and routes. All within some hundred milliseconds, apart from whatever else a process does.
 */
import { randomUUID } from 'node:crypto';
import type { Breaker, BreakerState } from '../broadcasts/breaker.ts';
import { RouteWatch } from '../broadcasts/route-watch.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { Rounds } from '../rounds.ts';
import type { Store } from '../store/connection.ts';
import type { Carriers } from './carriers.ts';
import type { Intake } from './intake.ts';
import type { RouteDispatch } from './route-dispatch.ts';

export interface FailoverDeps {
  readonly store: Store;
  readonly routes: readonly RouteDispatch[];
  readonly intakes: readonly Intake[];
  readonly carriers: Carriers;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}

const LOOK_MS = 250;
const STATES: readonly BreakerState[] = ['closed', 'half-open', 'open'];

export class Failover {
  readonly #deps: FailoverDeps;
  readonly #watch: RouteWatch;
  readonly #rounds: Rounds;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: FailoverDeps) {
    this.#deps = deps;
    const { store, routes, now, log } = deps;
    this.#watch = new RouteWatch({
      store,
      routes: routes.map(({ id }) => id),
      process: randomUUID(),
      now,
      onChange: (route, from, to) => this.#note(route, from, to),
    });
    this.#rounds = new Rounds(
      () => this.#look(),
      (error) => log.error({ err: error }, 'the state of routes could not be read'),
    );
  }

  start(): void {
    this.#timer = setInterval(() => this.#rounds.ask(), LOOK_MS);
    this.#rounds.ask();
  }

  async #look(): Promise<void> {
    const { routes, carriers, metrics } = this.#deps;
    const breakers = await this.#watch.tick();
    const before = new Map(routes.map(({ id }) => [id, carriers.stateOf(id)]));
    carriers.follow(breakers);
    for (const route of routes) {
      const state = carriers.stateOf(route.id);
      for (const each of STATES) metrics.routeState.set({ route: route.id, state: each }, each === state ? 1 : 0);
      if (state === 'half-open' && before.get(route.id) === 'open') route.startAfresh();
    }
    this.follow();
  }

  /** What a link that is bound or lost, or a breaker, changes. */
  follow(): void {
    const { routes, intakes, carriers } = this.#deps;
    for (const route of routes) route.handOver(({ lane, batch }) => !carriers.mayStay(route.id, lane, batch.batch));
    for (const intake of intakes) intake.follow();
  }

  #note(route: string, from: Breaker, to: Breaker): void {
    const { metrics, log } = this.#deps;
    const reason = to.reason ?? 'none';
    metrics.routeChanges.inc({ route, from: from.state, to: to.state, reason });
    log[to.state === 'open' ? 'error' : 'warn']({ route, from: from.state, to: to.state, reason }, 'route changed');
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#rounds.end();
    await this.#watch.leave();
  }
}

/** The links of a route in this process, as one: what holds for all of them. What a link hears goes to the route. */
import type { Metrics } from '../metrics.ts';
import type { Link } from './link.ts';

export class RouteLinks {
  readonly all: readonly Link[];

  constructor(all: readonly Link[]) {
    this.all = all;
  }

  start(): void {
    for (const link of this.all) link.start();
  }

  /** How many are bound. */
  get bound(): number {
    return this.all.filter(({ state }) => state === 'bound').length;
  }

  /** Submissions without a response. */
  get inFlight(): number {
    return this.all.reduce((sum, link) => sum + link.inFlight, 0);
  }

  /** The same, with those that are about to be written. */
  get outstanding(): number {
    return this.all.reduce((sum, link) => sum + link.outstanding, 0);
  }

  /** Most submissions in flight on each from now on. */
  narrow(places: number): void {
    for (const link of this.all) link.window = places;
  }

  /** Makes every link bind anew; returns how many are told. */
  reconnect(reason: string): number {
    const told = this.all.filter(({ state }) => state !== 'stopped');
    for (const link of told) link.reconnect(reason);
    return told.length;
  }

  /** Ends all for good, at once. */
  stop(reason: string): void {
    for (const link of this.all) link.stop(reason);
  }

  publish(metrics: Metrics, route: string): void {
    metrics.linksBound.set({ route }, this.bound);
    for (const { no, inFlight } of this.all) metrics.windowInFlight.set({ route, link: String(no) }, inFlight);
  }
}

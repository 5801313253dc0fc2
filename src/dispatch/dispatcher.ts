/**
 * One dispatcher process: all its routes, the keeper, and the ear for what changes. Any number of them share the work
 * of one Redis.
 */
import { randomUUID } from 'node:crypto';
import { OpenBroadcasts } from '../broadcasts/broadcast.ts';
import { Keeper, type KeeperDeps } from '../broadcasts/keeper.ts';
import { reportHealth } from '../broadcasts/route-health.ts';
import type { Route } from '../broadcasts/routes.ts';
import { recordSubmission } from '../broadcasts/times.ts';
import { Slots } from '../ledger/slots.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { BatchQueue } from '../queue/batch-queue.ts';
import { controlChannel, controlMessageSchema } from '../queue/jobs.ts';
import type { Store } from '../store/connection.ts';
import type { BatchProcessorDeps } from './batch-processor.ts';
import { BroadcastIndex } from './broadcast-index.ts';
import { RouteDispatch } from './route-dispatch.ts';

export interface DispatcherDeps {
  readonly store: Store;
  readonly routes: readonly Route[];
  readonly notices: KeeperDeps['notices'];
  readonly block: BatchProcessorDeps['block'];
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now?: () => number;
}

/** Changes are heard at once by the control channel; this is for a message that was missed. */
const LOOK_MS = 400;
const HEALTH_MS = 1_000;
const RECEIPTS_MS = 5_000;

export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #name = randomUUID();
  readonly #now: () => number;
  readonly #index: BroadcastIndex;
  readonly #open: OpenBroadcasts;
  readonly #routes: RouteDispatch[];
  readonly #queues: Map<string, BatchQueue>;
  readonly #keeper: Keeper;
  readonly #ear: Store['redis'];
  readonly #timers: NodeJS.Timeout[] = [];
  /** Broadcasts submitted to since their time was last recorded. */
  readonly #submitted = new Map<number, number>();
  readonly #firstRecorded = new Set<number>();
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #stopping = false;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    const { store, routes, notices, metrics, log } = deps;
    this.#now = deps.now ?? Date.now;
    this.#index = new BroadcastIndex({ store });
    this.#open = new OpenBroadcasts(store);
    this.#ear = store.redis.duplicate();
    this.#ear.on('error', () => {}); // the store's own connection reports it
    this.#queues = new Map(routes.map(({ id }) => [id, new BatchQueue({ store, route: id })]));
    this.#keeper = new Keeper({
      store,
      notices,
      queueOf: (route) => this.#queues.get(route),
      process: this.#name,
      log,
      now: this.#now,
    });
    const slots = new Slots({ store });
    this.#routes = routes.map(
      (route) =>
        new RouteDispatch({
          store,
          connection: store.redis,
          route,
          index: this.#index,
          slots,
          block: deps.block,
          onSubmitted: (no) => this.#noteSubmission(no),
          metrics,
          log: log.child({ route: route.id }),
          now: this.#now,
        }),
    );
  }

  async start(): Promise<void> {
    const { store } = this.#deps;
    this.#ear.on('message', (_channel, message) => {
      if (controlMessageSchema.safeParse(JSON.parse(message)).success) this.#look();
    });
    await this.#ear.subscribe(controlChannel(store.prefix));
    for (const route of this.#routes) route.start();
    this.#look();
    this.#every(LOOK_MS, () => this.#look());
    this.#every(HEALTH_MS, () => this.#report());
    this.#every(RECEIPTS_MS, () => this.#reconcileReceipts());
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, ms));
  }

  /** Reads what is open, tells the routes, and keeps it going; one look at a time. */
  #look(): void {
    if (this.#stopping) return;
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = this.#lookOnce()
      .catch((error: unknown) => this.#deps.log.error({ err: error }, 'broadcasts could not be read'))
      .finally(() => {
        this.#looking = undefined;
        if (this.#lookAgain) {
          this.#lookAgain = false;
          this.#look();
        }
      });
  }

  async #lookOnce(): Promise<void> {
    const open = await this.#open.read();
    const numbers = new Set(open.map(({ value }) => value.no));
    for (const { value } of open) {
      const isNew = this.#index.peek(value.no) === undefined;
      if (isNew) await this.#index.load(value.no);
      else this.#index.refresh(value);
    }
    this.#markClosed(numbers);
    for (const route of this.#routes) {
      route.follow();
      route.forget((no) => numbers.has(no));
    }
    await this.#keeper.tick();
    await Promise.all(this.#deps.routes.map(({ id }, i) => this.#routes[i]!.yieldToGraver(this.#queues.get(id)!)));
  }

  /** Runs of a broadcast that closed under them must end too. */
  #markClosed(open: ReadonlySet<number>): void {
    const running = new Set(this.#routes.flatMap(({ runs }) => runs.map((run) => run.broadcast.no)));
    for (const no of running) {
      const known = open.has(no) ? undefined : this.#index.peek(no);
      if (known) this.#index.refresh({ ...known.broadcast, state: 'closed' });
    }
  }

  #noteSubmission(no: number): void {
    const at = this.#now();
    this.#submitted.set(no, at);
    if (this.#firstRecorded.has(no)) return;
    this.#firstRecorded.add(no);
    this.#recordSubmissions();
  }

  #recordSubmissions(): void {
    for (const [no, at] of this.#submitted) recordSubmission(this.#deps.store, no, at).catch(() => {});
    this.#submitted.clear();
  }

  #report(): void {
    this.#recordSubmissions();
    const health = this.#routes.map((route) => route.health());
    reportHealth(this.#deps.store, this.#name, health, this.#now()).catch(() => {});
  }

  #reconcileReceipts(): void {
    for (const route of this.#routes) route.reconcileReceipts().catch(() => {});
  }

  /** Whether every route has a bound link. */
  get healthy(): boolean {
    return this.#routes.every((route) => route.health().bound > 0);
  }

  /** Drains, records, unbinds. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#routes.map((route) => route.stop()));
    await this.#looking;
    await this.#keeper.leave();
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#recordSubmissions();
    await this.#ear.quit();
  }
}

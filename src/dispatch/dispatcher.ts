/**
 * One dispatcher process: all its routes, the keeper, and the ear for what changes. Any number of them share the work
 * of one Redis.
 */
import { randomUUID } from 'node:crypto';
import { OpenBroadcasts } from '../broadcasts/broadcast.ts';
import { type HaltState, readHalt } from '../broadcasts/halt.ts';
import { Keeper, type KeeperDeps } from '../broadcasts/keeper.ts';
import { ordersFor, type ReconnectOrders, readReconnects } from '../broadcasts/reconnects.ts';
import { freshReports, reportHealth } from '../broadcasts/route-health.ts';
import type { Route } from '../broadcasts/routes.ts';
import { Slots } from '../ledger/slots.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { BatchQueue } from '../queue/batch-queue.ts';
import { controlChannel, isControlMessage } from '../queue/jobs.ts';
import { Notifications, type NotificationsDeps } from '../queue/notifications.ts';
import { Rounds } from '../rounds.ts';
import { duplicate, type Store } from '../store/connection.ts';
import { Activity } from './activity.ts';
import type { BatchProcessorDeps } from './batch-processor.ts';
import { BroadcastIndex } from './broadcast-index.ts';
import { Cancels } from './cancels.ts';
import { Carriers } from './carriers.ts';
import { Deadline } from './deadline.ts';
import { Failover } from './failover.ts';
import { Intake } from './intake.ts';
import { RouteDispatch } from './route-dispatch.ts';
import { SmsNotifications, type SmsNotificationsDeps } from './sms-notifications.ts';
import { WorkLeft } from './work-left.ts';

export interface DispatcherDeps {
  readonly store: Store;
  readonly routes: readonly Route[];
  readonly notices: KeeperDeps['notices'];
  readonly block: BatchProcessorDeps['block'];
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now?: () => number;
  /** Officials who are told by SMS; none by default. */
  readonly officials?: Omit<NotificationsDeps, 'store' | 'now'> & {
    readonly numberOf: SmsNotificationsDeps['numberOf'];
  };
}

/** Changes are heard at once by the control channel; this is for a message that was missed. */
const LOOK_MS = 400;
const LEVEL_MS = 100;
const HEALTH_MS = 1_000;
const NOTIFICATIONS_MS = 400;
const RECEIPTS_MS = 5_000;
/** A supervisor kills after 10 s: all is said and done before. */
const STOP_WITHIN_MS = 9_500;

export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #name = randomUUID();
  readonly #now: () => number;
  readonly #index: BroadcastIndex;
  readonly #open: OpenBroadcasts;
  readonly #routes: RouteDispatch[];
  readonly #intakes: Intake[];
  readonly #failover: Failover;
  readonly #queues: Map<string, BatchQueue>;
  readonly #keeper: Keeper;
  readonly #ear: Store['redis'];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #activity: Activity;
  #toldHalted = false;
  /** Orders to bind anew that were there when it started, or that it has obeyed, by route. */
  readonly #reconnected = new Map<string, number>();
  readonly #cancels: readonly Cancels[];
  readonly #looking: Rounds;
  /** Apart from both: an SMSC that is slow to answer holds nobody up. */
  readonly #notifying: Rounds;
  /** A country is planned in seconds, and a stop must not wait behind it. */
  readonly #keeping: Rounds;
  readonly #levelling: Rounds;
  #processes = 1;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    const { store, routes, notices, metrics, log } = deps;
    this.#now = deps.now ?? Date.now;
    this.#activity = new Activity({ store, now: this.#now });
    this.#index = new BroadcastIndex({ store });
    this.#open = new OpenBroadcasts(store);
    this.#ear = duplicate(store.redis);
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
    this.#looking = new Rounds(
      () => this.#look(),
      (error) => log.error({ err: error }, 'broadcasts could not be read'),
    );
    this.#keeping = new Rounds(
      () => this.#keep(),
      (error) => log.error({ err: error }, 'broadcasts could not be kept'),
    );
    // Ten times a second: what keeps from this is said by the others.
    const notShared = (error: unknown) => log.debug({ err: error }, 'batches could not be shared');
    this.#levelling = new Rounds(() => this.#level(), notShared);
    const slots = new Slots({ store });
    const inheritedMs = Math.max(...routes.map(({ responseTimeoutMs }) => responseTimeoutMs));
    this.#routes = routes.map(
      (route) =>
        new RouteDispatch({
          store,
          route,
          index: this.#index,
          slots,
          block: deps.block,
          onSubmitted: (no, segments) => this.#activity.submitted(no, route.id, segments),
          onReceipt: (no) => this.#activity.receipted(no),
          onLinks: () => this.#failover.follow(),
          inheritedMs,
          metrics,
          log: log.child({ route: route.id }),
          now: this.#now,
        }),
    );
    const common = { store, index: this.#index, slots, block: deps.block, process: this.#name, now: this.#now };
    this.#cancels = routes.map((route, i) => {
      const { links, clock } = this.#routes[i]!;
      return new Cancels({ ...common, route, links, clock, log: log.child({ route: route.id }) });
    });
    const carriers = new Carriers({ routes: this.#routes, index: this.#index });
    this.#intakes = this.#routes.map(
      (route, i) =>
        new Intake({
          store,
          connection: store.redis,
          route: routes[i]!,
          queue: this.#queues.get(route.id)!,
          index: this.#index,
          carriers,
          workLeft: new WorkLeft({ ...common, route }),
          onStoreFault: (error) => route.storeFault(error),
          log: log.child({ route: route.id }),
        }),
    );
    const notifications = deps.officials && this.#notificationsFor(deps.officials);
    this.#notifying = new Rounds(
      async () => notifications?.look(),
      (error) => log.error({ err: error }, 'officials could not be told'),
    );
    this.#failover = new Failover({ ...common, routes: this.#routes, intakes: this.#intakes, carriers, metrics, log });
  }

  #notificationsFor({ numberOf, ...wanted }: NonNullable<DispatcherDeps['officials']>): SmsNotifications {
    const { store, routes, log } = this.#deps;
    return new SmsNotifications({
      notifications: new Notifications({ store, now: this.#now, ...wanted }),
      routes: this.#routes.map((route, i) => ({ kind: routes[i]!.kind, dispatch: route })),
      numberOf,
      halted: () => this.#index.halted,
      log,
    });
  }

  async start(): Promise<void> {
    const { store, routes } = this.#deps;
    this.#ear.on('message', (_channel, message) => {
      if (isControlMessage(message)) this.#looking.ask();
    });
    await this.#ear.subscribe(controlChannel(store.prefix));
    // Before the first job is taken: who starts during a halt obeys it.
    const askedAt = performance.now();
    const [halt, orders] = await Promise.all([readHalt(store), readReconnects(store)]);
    this.#heed(halt, askedAt);
    for (const { id } of routes) this.#reconnected.set(id, ordersFor(orders, id));
    for (const route of this.#routes) route.start();
    this.#failover.start();
    this.#looking.ask();
    this.#every(LOOK_MS, () => this.#looking.ask());
    this.#every(LEVEL_MS, () => this.#levelling.ask());
    this.#every(HEALTH_MS, () => this.#report());
    this.#every(NOTIFICATIONS_MS, () => this.#notifying.ask());
    this.#every(RECEIPTS_MS, () => this.#reconcileReceipts());
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, ms));
  }

  /** Reads what is in force and what is open, and tells the routes. */
  async #look(): Promise<void> {
    const { store } = this.#deps;
    const lookedAt = performance.now();
    const [halt, orders, open] = await Promise.all([readHalt(store), readReconnects(store), this.#open.read()]);
    this.#heed(halt, lookedAt);
    this.#obeyReconnects(orders);
    const numbers = new Set(open.map(({ value }) => value.no));
    for (const { value } of open) this.#index.refresh(value, lookedAt);
    this.#markClosed(numbers, lookedAt);
    for (const route of this.#routes) {
      route.follow();
      route.forget((no) => numbers.has(no));
    }
    this.#index.lookedAt = lookedAt;
    this.#keeping.ask();
    // What is new has nothing to stop, so it is loaded last.
    await Promise.all([...numbers].map((no) => this.#index.load(no)));
    const cancelled = open.map(({ value }) => value).filter(({ state }) => state === 'cancelled');
    for (const cancels of this.#cancels) cancels.follow(cancelled);
  }

  #heed({ halted, by, at }: HaltState, askedAt: number): void {
    this.#index.heed(halted, askedAt);
    this.#deps.metrics.halted.set(this.halted ? 1 : 0);
    if (this.halted === this.#toldHalted || this.halted !== halted) return;
    this.#toldHalted = halted;
    this.#deps.log.warn({ by, at }, halted ? 'halted' : 'the halt is lifted');
  }

  #obeyReconnects(orders: ReconnectOrders | undefined): void {
    this.#deps.routes.forEach(({ id }, i) => {
      const order = ordersFor(orders, id);
      if (order === this.#reconnected.get(id)) return;
      this.#reconnected.set(id, order);
      const links = this.#routes[i]!.reconnect('told to reconnect');
      this.#deps.log.warn({ route: id, links, by: orders?.by }, 'told to reconnect: every link binds anew');
    });
  }

  /** What takes longer, and what nobody who stops something waits for. */
  async #keep(): Promise<void> {
    await this.#keeper.tick(this.#index.halted);
    ({ length: this.#processes } = await freshReports(this.#deps.store, this.#now()));
    await Promise.all(this.#intakes.map((intake) => (intake.busy ? undefined : intake.settle(this.#processes))));
  }

  /** Lanes are levelled more often than all the rest is looked at. */
  async #level(): Promise<void> {
    await Promise.all(this.#intakes.map((intake) => (intake.busy ? intake.settle(this.#processes) : undefined)));
  }

  /** Runs of a broadcast that closed must end too. */
  #markClosed(open: ReadonlySet<number>, lookedAt: number): void {
    const running = new Set(this.#routes.flatMap(({ runs }) => runs.map((run) => run.broadcast.no)));
    for (const no of running) {
      const known = open.has(no) ? undefined : this.#index.peek(no);
      if (known) this.#index.refresh({ ...known.broadcast, state: 'closed' }, lookedAt);
    }
  }

  #report(): void {
    this.#activity.record();
    const health = this.#routes.map((route) => route.health());
    reportHealth(this.#deps.store, this.#name, health, this.#now()).catch(() => {});
  }

  #reconcileReceipts(): void {
    for (const route of this.#routes) route.reconcileReceipts().catch(() => {});
  }

  /** Whether of every kind of routes one has a bound link. */
  get healthy(): boolean {
    const { routes } = this.#deps;
    const bound = new Set(routes.filter((_, i) => this.#routes[i]!.bound).map(({ kind }) => kind));
    return routes.every(({ kind }) => bound.has(kind));
  }

  get halted(): boolean {
    return this.#index.halted;
  }

  /** Drains, records, unbinds; what could not be settled by the deadline is left to the ledger. */
  async stop(withinMs = STOP_WITHIN_MS): Promise<void> {
    const deadline = new Deadline(withinMs);
    for (const timer of this.#timers) clearInterval(timer);
    for (const cancels of this.#cancels) cancels.close();
    const closed = Promise.all(this.#intakes.map((intake) => intake.close())).then(() => {});
    await Promise.all(this.#routes.map((route) => route.stop(deadline, closed)));
    if (await deadline.met(this.#leave())) return;
    this.#deps.log.error('stopped without the store: what it did not record is decided when it is back');
    this.#ear.disconnect();
  }

  async #leave(): Promise<void> {
    await Promise.all([
      this.#looking.end(),
      this.#keeping.end(),
      this.#levelling.end(),
      this.#notifying.end(),
      this.#failover.stop(),
    ]);
    await this.#keeper.leave();
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#activity.record();
    this.#ear.disconnect();
  }
}

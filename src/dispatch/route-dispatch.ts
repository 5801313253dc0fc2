/**
 * One route in one dispatcher process: its links, the batches that run on it and everything between them. Which batches
 * these are is for the intakes; it starts and stops in order.
 */
import { keepReply, type Reply } from '../broadcasts/replies.ts';
import type { HealthReport } from '../broadcasts/route-health.ts';
import { capOf, type Route } from '../broadcasts/routes.ts';
import { MessageIds } from '../ledger/message-ids.ts';
import type { Slots } from '../ledger/slots.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { statusName } from '../smpp/constants.ts';
import { isSpread, type Store, storeFaultOf } from '../store/connection.ts';
import { AnswerWatch } from './answer-watch.ts';
import { BatchProcessor, type BatchProcessorDeps } from './batch-processor.ts';
import type { BatchRun } from './batch-run.ts';
import type { BroadcastIndex } from './broadcast-index.ts';
import type { Deadline } from './deadline.ts';
import { Feed } from './feed.ts';
import { Link, type LinkEvents } from './link.ts';
import { Messages } from './messages.ts';
import { NotificationSender } from './notification-sender.ts';
import { endInOrder } from './orderly-end.ts';
import { Outcomes } from './outcomes.ts';
import { Pacer } from './pacer.ts';
import { ParkedReceipts } from './parked-receipts.ts';
import { Precedence } from './precedence.ts';
import { Pump } from './pump.ts';
import { ReceiptPolicy } from './receipt-policy.ts';
import { Receipts } from './receipts.ts';
import { Recorder } from './recorder.ts';
import { RedisClock } from './redis-clock.ts';
import { RegionGates } from './region-gates.ts';
import { RouteAlarms } from './route-alarms.ts';
import { RouteLinks } from './route-links.ts';
import { reportOf } from './route-report.ts';
import { Tally } from './tally.ts';
import { WindowLearner } from './window-learner.ts';

export interface RouteDispatchDeps {
  readonly store: Store;
  readonly route: Route;
  readonly index: BroadcastIndex;
  readonly slots: Slots;
  readonly block: BatchProcessorDeps['block'];
  readonly onSubmitted: (broadcastNo: number, segments: number) => void;
  readonly onReceipt: (broadcastNo: number) => void;
  /** A link is bound or lost. */
  readonly onLinks: () => void;
  /** Longest that any route waits for a response. */
  readonly inheritedMs: number;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}

export class RouteDispatch {
  readonly batches: BatchProcessor;
  readonly notifications: NotificationSender;
  readonly #deps: RouteDispatchDeps;
  readonly #feed = new Feed();
  readonly #tally = new Tally();
  readonly #alarms: RouteAlarms;
  readonly #recorder: Recorder;
  readonly #parked: ParkedReceipts;
  readonly #outcomes: Outcomes;
  readonly #links: RouteLinks;
  readonly clock: RedisClock;
  readonly #pacer: Pacer;
  readonly #pump: Pump;
  readonly #precedence: Precedence;
  readonly #answers: AnswerWatch;
  readonly #window: WindowLearner;

  constructor(deps: RouteDispatchDeps) {
    this.#deps = deps;
    const { store, route, index, slots, now, log } = deps;
    this.#alarms = new RouteAlarms(log);
    const onStoreFault = (error: Error) => this.storeFault(error);
    this.#recorder = new Recorder({
      slots,
      ids: new MessageIds({ store, route: route.id, now }),
      index,
      policy: new ReceiptPolicy({ route, index, onReceipt: deps.onReceipt }),
      spread: isSpread(store),
      storeUp: () => store.redis.status === 'ready',
      onStoreFault,
      onReceipts: ({ parked, overflow }) => {
        this.#tally.unmatched += parked + overflow;
      },
    });
    const onWork = () => this.#pump.wake();
    this.#parked = new ParkedReceipts({ route: route.id, recorder: this.#recorder, metrics: deps.metrics });
    this.#outcomes = new Outcomes({
      route,
      recorder: this.#recorder,
      index,
      tally: this.#tally,
      now,
      onThrottled: () => void this.#pacer.throttled().catch(onStoreFault),
      windowTried: () => this.#window.trying,
      onWork,
    });
    this.#window = new WindowLearner({
      widest: route.window,
      onLimit: (places) => this.#narrow(places),
      outstanding: () => this.#links.outstanding,
      now: () => performance.now(),
    });
    const keep = (reply: Reply) => keepReply(store, route.id, reply);
    const messages = new Messages({ route, keep, onStoreFault, now });
    const receipts = new Receipts({ route, recorder: this.#recorder, tally: this.#tally, messages });
    this.clock = new RedisClock({ store, route: route.id });
    this.#pacer = new Pacer({ store, route, answers: this.#tally, clock: this.clock });
    const events = this.#linkEvents(receipts);
    this.#links = new RouteLinks(Array.from({ length: route.links }, (_, i) => new Link(route, i, events)));
    this.notifications = new NotificationSender({ route, pacer: this.#pacer, links: () => this.links });
    this.#pump = new Pump({
      route,
      slots,
      feed: this.#feed,
      pacer: this.#pacer,
      gates: new RegionGates({ pacerOf: (region) => this.#regionPacer(region), onDue: onWork, onStoreFault }),
      links: this.#links.all,
      window: () => this.#window.limit,
      now,
      confirm: (run) => this.batches.confirm(run),
      lookedAt: () => index.lookedAt,
      onSubmitted: (run, segments) => {
        this.#tally.segments += segments;
        deps.onSubmitted(run.broadcast.no, segments);
      },
      onStoreFault,
    });
    this.#precedence = new Precedence({
      store,
      route: route.id,
      feed: this.#feed,
      gravest: () => this.#pump.gravest(),
      onChange: onWork,
      onStoreFault,
    });
    const { feed, outcomes } = { feed: this.#feed, outcomes: this.#outcomes };
    const { block, inheritedMs } = deps;
    const common = { route, index, slots, feed, outcomes, log, now };
    this.batches = new BatchProcessor({ ...common, block, inheritedMs, onWork });
    const { responseTimeoutMs } = route;
    this.#answers = new AnswerWatch({ tally: this.#tally, responseTimeoutMs, now: performance.now() });
  }

  #regionPacer(region: string): Pacer | undefined {
    const { store, route } = this.#deps;
    const cap = capOf(route, region);
    if (cap === undefined) return undefined;
    const common = { store, answers: this.#tally, clock: this.clock };
    return new Pacer({ ...common, route: { id: route.id, segmentsPerSecond: cap }, region });
  }

  start(): void {
    if (this.#deps.route.tls?.verify === false) this.#alarms.unverified();
    this.clock.start();
    this.#links.start();
    this.#pump.start();
    this.#precedence.start();
  }

  #linkEvents(receipts: Receipts): LinkEvents {
    return {
      onResponse: (link, address, status, id) => {
        const session = link.session;
        this.#window.answered(status, link);
        this.notifications.answered(address, status);
        this.#outcomes.response(address, status, id, () => link.release(session));
      },
      onLateResponse: (_link, address, status, id) => this.#outcomes.lateResponse(address, status, id),
      onInDoubt: (addresses) => this.#outcomes.inDoubt(addresses),
      onDeliver: (_link, session, deliver) => receipts.take(session, deliver),
      onRoom: () => this.#pump.wake(),
      onState: (link, { from, to, reason }) => {
        const wasBound = from === 'bound' || from === 'leaving';
        const level = to === 'bound' || wasBound ? 'info' : 'debug';
        this.#deps.log[level]({ link: link.no, from, to, reason }, 'link changed');
        if (to === 'bound') this.#alarms.bound();
        if (to === 'waiting' && !this.bound) this.#alarms.down(reason);
        if (to === 'waiting' && wasBound) {
          this.#deps.metrics.linkReconnects.inc({ route: this.#deps.route.id, reason });
        }
        this.#deps.onLinks();
      },
      onRefused: (_link, status) => this.#refuse(statusName(status)),
      onDistrust: (_link, reason) => this.#alarms.distrust(reason),
      onAnomaly: (link, { kind }) => {
        this.#tally.anomalies += 1;
        this.#alarms.anomaly(link.no, kind);
      },
    };
  }

  /** The SMSC refuses the account: no link of the route tries again, since a bind storm locks it. */
  #refuse(status: string): void {
    if (!this.#alarms.refuse(status)) return;
    this.#links.stop(`route refused with ${status}`);
  }

  #narrow(places: number): void {
    this.#links.narrow(places);
    this.#alarms.window(places);
  }

  get id(): string {
    return this.#deps.route.id;
  }

  /** Whether a link is bound here. */
  get bound(): boolean {
    return this.#links.bound > 0;
  }

  /** Stops the runs that another route is to carry. */
  handOver(leaves: (run: BatchRun) => boolean): void {
    for (const run of this.#feed.runs) if (leaves(run)) this.batches.handOver(run);
  }

  /** The route is tried again: what was learned before it failed means nothing any more. */
  startAfresh(): void {
    if (this.#feed.runs.length === 0) this.#pacer.forget().catch((error: Error) => this.storeFault(error));
  }

  storeFault(error: Error): void {
    const { metrics, route } = this.#deps;
    metrics.storeFaults.inc({ route: route.id, reason: storeFaultOf(error) });
    this.#alarms.storeFault(error);
  }

  /** Holds every run against its broadcast as it is now. */
  follow(): void {
    for (const run of this.#feed.runs) this.batches.follow(run);
    this.#pump.wake();
  }

  get links(): readonly Link[] {
    return this.#links.all;
  }

  forget(isOpen: (broadcastNo: number) => boolean): void {
    this.batches.forget(isOpen);
  }

  /** Runs at hand, by the number of their broadcast. */
  get runs(): readonly BatchRun[] {
    return this.#feed.runs;
  }

  /** Makes every link bind anew; returns how many are told. */
  reconnect(reason: string): number {
    return this.#links.reconnect(reason);
  }

  /** See `Pacer.weight`. */
  weigh(weight: number): void {
    this.#pacer.weight = weight;
  }

  reconcileReceipts(): Promise<void> {
    return this.#parked.look();
  }

  health(): HealthReport {
    return reportOf({
      ...this.#deps,
      links: this.#links,
      feed: this.#feed,
      tally: this.#tally,
      pacer: this.#pacer,
      window: this.#window,
      alarms: this.#alarms,
      answers: this.#answers,
    });
  }

  /** See `endInOrder`. `closed`: no batch comes in any more. */
  async stop(deadline: Deadline, closed: Promise<void>): Promise<void> {
    this.#precedence.stop();
    this.clock.stop();
    await endInOrder(
      {
        closed,
        runs: () => this.#feed.runs,
        pump: this.#pump,
        recorder: this.#recorder,
        links: this.#links.all,
        responseTimeoutMs: this.#deps.route.responseTimeoutMs,
        log: this.#deps.log,
      },
      deadline,
    );
  }
}

/**
 * One link of a route: binds, binds again after a pause when it is lost, and stops for good where the SMSC refuses the
 * credentials, since a bind storm locks the account. What the session hears goes to the route.
 */
import type { Socket } from 'node:net';
import type { Route } from '../broadcasts/routes.ts';
import { STATUS } from '../smpp/constants.ts';
import type { Deliver } from '../smpp/deliver.ts';
import { BindError } from '../smpp/errors.ts';
import { Session } from '../smpp/session.ts';
import type { Anomaly } from '../smpp/session-events.ts';
import type { SubmitTemplate } from '../smpp/submit-template.ts';
import { openTransport, type TransportFault } from './transport.ts';

/** `leaving`: told to reconnect, reads what is outstanding. `stopped` is for good: closed by us, or refused by the SMSC. */
export type LinkState = 'connecting' | 'bound' | 'leaving' | 'waiting' | 'stopped';

export interface LinkEvents {
  readonly onResponse: (link: Link, address: number, status: number, messageId: string) => void;
  readonly onLateResponse: (link: Link, address: number, status: number, messageId: string) => void;
  /** The outcome of these submissions is unknown: no response in time, or the link is gone. */
  readonly onInDoubt: (addresses: readonly number[]) => void;
  readonly onDeliver: (link: Link, session: Session<number>, deliver: Deliver) => void;
  /** There may be room. */
  readonly onRoom: () => void;
  readonly onState: (link: Link, change: { from: LinkState; to: LinkState; reason: string }) => void;
  /** The SMSC refuses the account itself. */
  readonly onRefused: (link: Link, status: number) => void;
  /** A certificate was not accepted, theirs or ours; the link tries again after its longest pause. */
  readonly onDistrust: (link: Link, reason: string) => void;
  readonly onAnomaly: (link: Link, anomaly: Anomaly) => void;
}

/** Statuses of a bind_resp after which another try with the same credentials is useless. */
const FATAL_BIND: ReadonlySet<number> = new Set([STATUS.ESME_RINVPASWD, STATUS.ESME_RINVSYSID, STATUS.ESME_RINVSYSTYP]);

/** A link that is told to reconnect waits this long for outstanding responses: a silent SMSC does not hold it up. */
const LEAVE_MS = 2_000;
/** Links that reconnect at one command come back spread over so many of the route's shortest pauses. */
const COMMAND_SPREAD = 4;

export class Link {
  readonly no: number;
  readonly #route: Route;
  readonly #events: LinkEvents;
  #state: LinkState = 'waiting';
  #session: Session<number> | undefined;
  #socket: Socket | undefined;
  #fault: TransportFault | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  /** Places promised to claims that are under way. */
  #reserved = 0;
  #window: number;

  constructor(route: Route, no: number, events: LinkEvents) {
    this.#route = route;
    this.#window = route.window;
    this.no = no;
    this.#events = events;
  }

  get state(): LinkState {
    return this.#state;
  }

  get inFlight(): number {
    return this.#session?.unanswered ?? 0;
  }

  /** Places that nobody has or was promised. */
  get room(): number {
    const session = this.#session;
    if (this.#state !== 'bound' || !session?.writable) return 0;
    return Math.max(0, session.room - this.#reserved);
  }

  /** Narrows or widens the window, within what the route is configured for. */
  set window(places: number) {
    this.#window = places;
    if (this.#session) this.#session.windowLimit = places;
  }

  /** Submissions without a response, and those that will be written whatever the window is by then. */
  get outstanding(): number {
    return this.inFlight + this.#reserved;
  }

  reserve(places: number): void {
    this.#reserved += places;
  }

  unreserve(places: number): void {
    this.#reserved -= places;
  }

  /** Whether reserved submissions may be written now. */
  get open(): boolean {
    return this.#session?.state === 'bound';
  }

  /** Writes submissions for slots `first` to `last`; their places were reserved. */
  submit(template: SubmitTemplate, msisdns: Float64Array, addresses: Float64Array, first: number, last: number): void {
    this.#session?.submit(template, msisdns, addresses, first, last + 1);
  }

  /** Frees a place whose response is durable, on the session it came from. */
  release(session: Session<number> | undefined): void {
    session?.release(1);
    this.#events.onRoom();
  }

  get session(): Session<number> | undefined {
    return this.#session;
  }

  start(): void {
    if (this.#state === 'stopped') return;
    this.#change('connecting', 'start');
    this.#fault = undefined;
    const socket = openTransport(this.#route, {
      onReady: () => this.#bind(socket),
      onFault: (fault) => {
        if (this.#socket !== socket) return;
        this.#fault = fault;
        // A session on it hears of its end by itself, and tells what was in flight.
        if (!this.#session) this.#lost(fault.reason);
      },
    });
    this.#socket = socket;
  }

  #bind(socket: Socket): void {
    if (this.#state === 'stopped') {
      socket.destroy();
      return;
    }
    const route = this.#route;
    const events = this.#events;
    const session: Session<number> = new Session(
      socket,
      {
        systemId: route.systemId,
        password: route.password,
        systemType: route.systemType,
        interfaceVersion: route.interfaceVersion,
        window: route.window,
        responseTimeoutMs: route.responseTimeoutMs,
        enquireLinkMs: route.enquireLinkMs,
        enquireLinkTimeoutMs: route.enquireLinkTimeoutMs,
        bindTimeoutMs: route.bindTimeoutMs,
        // Half a PDU and then nothing is silence too.
        pduTimeoutMs: route.enquireLinkTimeoutMs,
      },
      {
        onResponse: (address, status, id) => events.onResponse(this, address, status, id),
        onLateResponse: (address, status, id) => events.onLateResponse(this, address, status, id),
        onExpired: (address) => {
          events.onInDoubt([address]);
          events.onRoom();
        },
        onDeliver: (deliver) => events.onDeliver(this, session, deliver),
        onDrain: () => events.onRoom(),
        onAnomaly: (anomaly) => events.onAnomaly(this, anomaly),
        onClosed: ({ reason, inFlight }) => {
          events.onInDoubt(inFlight);
          this.#lost(reason);
        },
      },
    );
    session.windowLimit = this.#window;
    this.#session = session;
    session.bind().then(
      () => {
        // Closed in the very chunk that accepted the bind: it is waiting to try again already.
        if (this.#session !== session || this.#state !== 'connecting') return;
        this.#failures = 0;
        this.#change('bound', 'bind accepted');
        events.onRoom();
      },
      (error: unknown) => this.#bindFailed(error),
    );
  }

  #bindFailed(error: unknown): void {
    if (!(error instanceof BindError) || error.status === undefined || !FATAL_BIND.has(error.status)) return;
    this.stop(`bind refused with 0x${error.status.toString(16)}`);
    this.#events.onRefused(this, error.status);
  }

  /** The link is gone, or never came up; another try follows after a jittered pause that doubles (quirks 33, 43). */
  #lost(reason: string): void {
    this.#session = undefined;
    this.#socket = undefined;
    if (this.#state === 'stopped' || this.#state === 'waiting') return;
    const { reconnectMinMs, reconnectMaxMs } = this.#route;
    if (this.#state === 'leaving') {
      this.#change('waiting', reason);
      this.#startAfter(reconnectMinMs * COMMAND_SPREAD * Math.random());
      return;
    }
    const distrusted = this.#state === 'connecting' && this.#fault?.distrusted === true;
    this.#change('waiting', this.#fault?.reason ?? reason);
    const doubled = Math.min(reconnectMaxMs, reconnectMinMs * 2 ** Math.min(this.#failures, 20));
    const pause = distrusted ? reconnectMaxMs : doubled;
    this.#failures += 1;
    if (distrusted) this.#events.onDistrust(this, this.#fault?.reason ?? reason);
    this.#startAfter(pause * (0.5 + Math.random() / 2));
  }

  #startAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), ms);
  }

  /**
   * Binds anew. A bound link submits no more, reads what is outstanding and unbinds, so nothing is in doubt unless the
   * SMSC is silent; one that waits for another try goes ahead of its turn.
   */
  reconnect(reason: string): void {
    if (this.#state === 'stopped' || this.#state === 'leaving') return;
    this.#failures = 0;
    const session = this.#session;
    if (this.#state === 'bound' && session) {
      this.#change('leaving', reason);
      this.#timer = setTimeout(() => session.destroy(), Math.min(LEAVE_MS, this.#route.responseTimeoutMs));
      void session.unbind();
    } else if (this.#state === 'waiting') {
      this.#startAfter(this.#route.reconnectMinMs * COMMAND_SPREAD * Math.random());
    } else if (session) {
      session.destroy();
    } else {
      this.#socket?.destroy(new Error(reason));
    }
  }

  /** Ends the link at once, without another try. */
  stop(reason: string): void {
    clearTimeout(this.#timer);
    if (this.#state !== 'stopped') this.#change('stopped', reason);
    const session = this.#session;
    if (session) session.destroy();
    else this.#socket?.destroy();
  }

  /** Submits no more, waits for what is outstanding, unbinds. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const session = this.#session;
    if (this.#state !== 'stopped') this.#change('stopped', 'closing');
    if (session) await session.unbind();
    else this.#socket?.destroy();
  }

  #change(to: LinkState, reason: string): void {
    const from = this.#state;
    if (from === to) return;
    this.#state = to;
    this.#events.onState(this, { from, to, reason });
  }
}

/**
 * The client's side of an SMPP 3.4 session: binds, submits within a window, hands over responses and deliveries,
 * keeps the link alive and notices when it is not. The owner decides what to submit, when a response is durable
 * (`release`), when a delivery is (`respond`), and when to connect again. It logs nothing and retries nothing.
 */
import type { Duplex } from 'node:stream';
import type { TocsinError } from '../errors.ts';
import { COMMAND, STATUS } from './constants.ts';
import { courtesies } from './courtesies.ts';
import type { Deliver } from './deliver.ts';
import { BindError, notBound } from './errors.ts';
import type { CancelFields } from './fields.ts';
import { type InboundSink, sortInbound } from './inbound.ts';
import { Liveness } from './liveness.ts';
import { encodePdu } from './pdu.ts';
import { Requests } from './requests.ts';
import type { Anomaly, SessionHandlers } from './session-events.ts';
import { type ChangeReason, SessionLife, type SessionState } from './session-life.ts';
import { encodeBind, type ResolvedOptions, resolveOptions, type SessionOptions, tickMs } from './session-options.ts';
import { Submissions } from './submissions.ts';
import type { SubmitTemplate } from './submit-template.ts';
import { Wire } from './wire.ts';

export class Session<Ref> {
  readonly #options: ResolvedOptions;
  readonly #handlers: SessionHandlers<Ref>;
  readonly #wire: Wire;
  readonly #submissions: Submissions<Ref>;
  readonly #requests = new Requests();
  readonly #liveness: Liveness;
  readonly #life: SessionLife;
  readonly #sink: InboundSink;
  readonly #timer: unknown;

  /** Sequence number of the bind, later of the unbind. */
  #handshake = 0;
  /** deliver_sm and data_sm that the owner has not responded to. */
  #owed = 0;
  /** Whether the chunk at hand completed a PDU. */
  #heard = false;
  /** How an unbinding session ends: by our unbind once all is read, or by the peer's. */
  #unbinding: 'ours' | 'ours_sent' | 'peers' | undefined;
  #unbindingSince = 0;
  #unbound: (() => void)[] = [];

  constructor(transport: Duplex, options: SessionOptions, handlers: SessionHandlers<Ref>) {
    this.#options = resolveOptions(options);
    const { clock, window, enquireLinkMs, enquireLinkTimeoutMs, maxPduBytes, firstSequence } = this.#options;
    this.#handlers = handlers;
    this.#life = new SessionLife((change) => handlers.onState?.(change));
    const isRequest = (sequence: number) => this.#requests.has(sequence);
    this.#submissions = new Submissions(window, handlers, isRequest, firstSequence);
    this.#liveness = new Liveness(enquireLinkMs, enquireLinkTimeoutMs, clock.now());
    this.#wire = new Wire(
      transport,
      {
        onFrame: this.#onFrame,
        onChunkEnd: this.#onChunkEnd,
        onFrameError: (error) => {
          badFrame(error);
          this.#end('bad_frame');
        },
        onDrain: () => this.#handlers.onDrain?.(),
        onClosed: (reason) => this.#gone(reason),
      },
      { maxPduBytes, now: clock.now },
    );
    const { badFrame, ...polite } = courtesies(this.#wire.writer, this.#onAnomaly);
    this.#sink = {
      ...polite,
      submitResponse: (sequence, status, id) => this.#takeResponse(COMMAND.submit_sm_resp, sequence, status, id),
      deliver: (deliver) => this.#takeDeliver(deliver),
      unbind: (sequence) => this.#takeUnbind(sequence),
      nack: (sequence, status) => this.#takeNack(sequence, status),
      response: (command, sequence, status) => this.#takeResponse(command, sequence, status, ''),
    };
    this.#timer = clock.setInterval(this.#tick, tickMs(this.#options));
  }

  get state(): SessionState {
    return this.#life.state;
  }

  /** Places free in the window; 0 unless bound. */
  get room(): number {
    return this.#life.state === 'bound' ? this.#submissions.room : 0;
  }

  /** Submissions written and not answered. */
  get unanswered(): number {
    return this.#submissions.unanswered;
  }

  /** False while the transport holds back octets: submit no more until `onDrain`. */
  get writable(): boolean {
    return !this.#wire.writer.blocked;
  }

  /** Narrows or widens `room`, within the size that the window was made with. */
  set windowLimit(places: number) {
    this.#submissions.limit = places;
  }

  /** Binds; rejects with a BindError, and the session is closed then. */
  async bind(): Promise<void> {
    if (this.#life.state === 'closed') throw new BindError('closed');
    this.#life.change('binding', 'bind_sent');
    this.#handshake = this.#submissions.nextSequence();
    const answer = this.#requests.start(this.#handshake, this.#options.clock.now() + this.#options.bindTimeoutMs);
    this.#wire.writer.write(encodeBind(this.#options, this.#handshake));
    const status = await answer.catch((error: TocsinError) => {
      if (error.code !== 'smpp_no_answer') throw new BindError('closed');
      this.#end('bind_timeout');
      throw new BindError('timeout');
    });
    if (status !== STATUS.ESME_ROK) throw new BindError('refused', status);
  }

  /**
   * Submits to msisdns[from, to), each with its reference. The caller has seen to `room` and `writable`; throws before
   * anything is written when there is no room, the session is not bound, or a recipient is no E.164 number.
   */
  submit(template: SubmitTemplate, msisdns: ArrayLike<number>, refs: ArrayLike<Ref>, from: number, to: number): void {
    if (this.#life.state !== 'bound') throw notBound();
    this.#submissions.submit(this.#wire.writer, template, msisdns, refs, from, to, this.#options.clock.now());
  }

  /** Frees the places of `n` responses that are durable now; late responses have none. */
  release(n: number): void {
    this.#submissions.release(n);
  }

  /** Answers a deliver_sm or data_sm (`command`) by its sequence number. */
  respond(sequence: number, status: number, command: number = COMMAND.deliver_sm): void {
    if (this.#life.state === 'closed') return;
    if (this.#owed > 0) this.#owed--;
    this.#wire.writer.writeDeliverResp(command, status, sequence);
    if (this.#life.state === 'unbinding') this.#settleUnbind();
  }

  /** Sends cancel_sm and gives the status of the response; rejects when there is none. */
  async cancel(fields: CancelFields): Promise<number> {
    if (this.#life.state !== 'bound') throw notBound();
    const sequence = this.#submissions.nextSequence();
    this.#wire.writer.write(encodePdu({ ...fields, command: COMMAND.cancel_sm, sequence }));
    return this.#requests.start(sequence, this.#options.clock.now() + this.#options.responseTimeoutMs);
  }

  /**
   * Submits no more, waits until all is answered or expired on both sides, then unbinds and closes. Resolves when
   * the session is closed, however that comes about.
   */
  unbind(): Promise<void> {
    if (this.#life.state === 'closed') return Promise.resolve();
    const unbound = new Promise<void>((resolve) => this.#unbound.push(resolve));
    if (this.#life.state === 'bound') this.#startUnbind('ours', 'unbind_asked');
    else if (this.#life.state !== 'unbinding') this.#end('destroyed');
    return unbound;
  }

  /** Closes at once; what is in flight stays so. */
  destroy(): void {
    this.#wire.destroy();
    this.#gone('destroyed');
  }

  readonly #onAnomaly = (anomaly: Anomaly): void => this.#handlers.onAnomaly?.(anomaly);
  readonly #onFrame = (buf: Buffer, start: number, end: number): void => {
    if (this.#life.state === 'closed') return;
    this.#heard = true;
    sortInbound(buf, start, end, this.#sink);
  };

  readonly #onChunkEnd = (): void => {
    if (this.#heard) {
      this.#heard = false;
      this.#liveness.heard(this.#options.clock.now());
    }
    this.#handlers.onChunkEnd?.();
    if (this.#life.state === 'unbinding') this.#settleUnbind();
  };

  #takeDeliver(deliver: Deliver): void {
    if (this.#life.state === 'bound' || this.#life.state === 'unbinding') {
      this.#owed++;
      this.#handlers.onDeliver(deliver);
      return;
    }
    const { command, sequence } = deliver;
    this.#wire.writer.writeDeliverResp(command, STATUS.ESME_RINVBNDSTS, sequence);
    this.#onAnomaly({ kind: 'not_bound', command, sequence });
  }

  #takeResponse(command: number, sequence: number, status: number, messageId: string): void {
    if (command === COMMAND.submit_sm_resp && this.#submissions.settle(sequence, status, messageId)) return;
    if (command !== COMMAND.submit_sm_resp && this.#settleRequest(sequence, status)) return;
    this.#onAnomaly({ kind: 'unexpected_response', command, sequence, status });
  }

  #takeNack(sequence: number, given: number): void {
    const status = given === STATUS.ESME_ROK ? STATUS.ESME_RSYSERR : given;
    if (this.#submissions.settle(sequence, status, '') || this.#settleRequest(sequence, status)) return;
    this.#onAnomaly({ kind: 'nack', sequence, status });
  }

  #takeUnbind(sequence: number): void {
    this.#wire.writer.writeBare(COMMAND.unbind_resp, STATUS.ESME_ROK, sequence);
    if (this.#life.state === 'bound') this.#startUnbind('peers', 'unbound_by_peer');
    else if (this.#life.state === 'unbinding') this.#unbinding = 'peers';
    else this.#end('unbound_by_peer');
  }

  #settleRequest(sequence: number, status: number): boolean {
    if (!this.#requests.settle(sequence, status)) return false;
    if (sequence !== this.#handshake) return true;
    // The state follows at once, not with the promise: a deliver_sm may be next in this very chunk.
    if (this.#life.state === 'unbinding') this.#end('unbound');
    else if (status === STATUS.ESME_ROK) this.#life.change('bound', 'bind_accepted');
    else this.#end('bind_refused');
    return true;
  }

  readonly #tick = (): void => {
    const { clock, pduTimeoutMs } = this.#options;
    const now = clock.now();
    // A peer that takes no octets keeps a closing transport open for one tick, no longer.
    if (this.#life.state === 'closed') this.destroy();
    else if (now - (this.#wire.pendingSince ?? now) >= pduTimeoutMs) this.#end('pdu_timeout');
    else this.#keepDeadlines(now);
  };

  #keepDeadlines(now: number): void {
    const { responseTimeoutMs, bindTimeoutMs } = this.#options;
    this.#requests.expire(now);
    this.#submissions.expire(now, responseTimeoutMs);
    if (this.#life.state === 'bound') this.#enquire(now);
    if (this.#life.state !== 'unbinding') return;
    if (now - this.#unbindingSince >= responseTimeoutMs + bindTimeoutMs) this.#end('unbind_timeout');
    else this.#settleUnbind();
  }

  #enquire(now: number): void {
    const found = this.#liveness.check(now);
    if (found === 'half_open') this.#end('half_open');
    if (found === 'ask') this.#writeRequest(COMMAND.enquire_link);
  }

  #writeRequest(command: number): number {
    const sequence = this.#submissions.nextSequence();
    this.#wire.writer.writeBare(command, STATUS.ESME_ROK, sequence);
    return sequence;
  }

  #startUnbind(by: 'ours' | 'peers', reason: ChangeReason): void {
    this.#unbinding = by;
    this.#unbindingSince = this.#options.clock.now();
    this.#life.change('unbinding', reason);
    this.#settleUnbind();
  }

  #settleUnbind(): void {
    // Within a chunk there may be more to read: its end comes here again.
    if (this.#heard || this.#submissions.unanswered > 0 || this.#owed > 0) return;
    if (this.#unbinding === 'peers') {
      this.#end('unbound_by_peer');
    } else if (this.#unbinding === 'ours') {
      this.#unbinding = 'ours_sent';
      this.#handshake = this.#writeRequest(COMMAND.unbind);
      const deadline = this.#options.clock.now() + this.#options.bindTimeoutMs;
      this.#requests.start(this.#handshake, deadline).catch(() => this.#end('unbind_timeout'));
    }
  }

  /** Writes what is waiting and closes. */
  #end(reason: ChangeReason): void {
    this.#wire.end();
    this.#closeAs(reason);
  }

  #gone(reason: ChangeReason): void {
    this.#options.clock.clearInterval(this.#timer as never);
    this.#closeAs(reason);
  }

  #closeAs(reason: ChangeReason): void {
    if (this.#life.state === 'closed') return;
    this.#life.change('closed', reason);
    this.#requests.fail();
    if (this.#heard) {
      // Closed within a chunk: the owner may wait for its end to record what it has heard.
      this.#heard = false;
      this.#handlers.onChunkEnd?.();
    }
    for (const resolve of this.#unbound) resolve();
    this.#handlers.onClosed({ reason, inFlight: this.#submissions.unansweredRefs() });
  }
}

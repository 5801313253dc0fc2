/**
 * The client's side of an SMPP 3.4 session: binds, submits within a window, hands over responses and deliveries,
 * keeps the link alive and notices when it is not. The owner decides what to submit, when a response is durable
 * (`release`), when a delivery is (`respond`), and when to connect again. It logs nothing and retries nothing.
 */
import type { Duplex } from 'node:stream';
import { TocsinError } from '../errors.ts';
import { COMMAND, STATUS } from './constants.ts';
import type { Deliver } from './deliver.ts';
import { BindError, type FrameError, type PduError } from './errors.ts';
import type { CancelFields } from './fields.ts';
import { type InboundSink, sortInbound } from './inbound.ts';
import { Liveness } from './liveness.ts';
import { encodePdu } from './pdu.ts';
import { Requests } from './requests.ts';
import { Sequence } from './sequence.ts';
import { type ChangeReason, SESSION_CHANGES, type SessionHandlers, type SessionState } from './session-events.ts';
import { encodeBind, type ResolvedOptions, resolveOptions, type SessionOptions, tickMs } from './session-options.ts';
import { badMsisdn, MSISDN_LIMIT, type SubmitTemplate } from './submit-template.ts';
import { NONE, Window } from './window.ts';
import { Wire } from './wire.ts';

export class Session<Ref> {
  readonly #options: ResolvedOptions;
  readonly #handlers: SessionHandlers<Ref>;
  readonly #wire: Wire;
  readonly #window: Window<Ref>;
  readonly #sequence = new Sequence();
  readonly #requests = new Requests();
  readonly #liveness: Liveness;
  readonly #timer: unknown;

  #state: SessionState = 'open';
  #windowLimit: number;
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
    this.#handlers = handlers;
    const { clock } = this.#options;
    this.#windowLimit = this.#options.window;
    this.#window = new Window(this.#options.window);
    this.#liveness = new Liveness(this.#options.enquireLinkMs, this.#options.enquireLinkTimeoutMs, clock.now());
    this.#wire = new Wire(
      transport,
      {
        onFrame: this.#onFrame,
        onChunkEnd: this.#onChunkEnd,
        onFrameError: this.#onFrameError,
        onDrain: () => this.#handlers.onDrain?.(),
        onClosed: (reason) => this.#gone(reason),
      },
      { maxPduBytes: this.#options.maxPduBytes, now: clock.now },
    );
    this.#timer = clock.setInterval(this.#tick, tickMs(this.#options));
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Places free in the window; 0 unless bound. */
  get room(): number {
    return this.#state === 'bound' ? Math.max(0, this.#windowLimit - this.#window.size) : 0;
  }

  /** Submissions written and not answered. */
  get unanswered(): number {
    return this.#window.unanswered;
  }

  /** False while the transport holds back octets: submit no more until `onDrain`. */
  get writable(): boolean {
    return !this.#wire.writer.blocked;
  }

  /** Narrows or widens the window, within the size it was made with. */
  set windowLimit(places: number) {
    this.#windowLimit = Math.max(1, Math.min(places, this.#window.capacity));
  }

  /** Binds; rejects with a BindError, and the session is closed then. */
  async bind(): Promise<void> {
    const options = this.#options;
    if (this.#state === 'closed') throw new BindError('closed');
    this.#change('binding', 'bind_sent');
    const sequence = this.#nextSequence();
    this.#handshake = sequence;
    const answer = this.#requests.start(sequence, this.#options.clock.now() + options.bindTimeoutMs);
    this.#wire.writer.write(encodeBind(options, sequence));
    let status: number;
    try {
      status = await answer;
    } catch (error) {
      const late = error instanceof TocsinError && error.code === 'smpp_no_answer';
      if (late) this.#end('bind_timeout');
      throw new BindError(late ? 'timeout' : 'closed');
    }
    if (status !== STATUS.ESME_ROK) throw new BindError('refused', status);
  }

  /**
   * Submits to msisdns[from, to), each with its reference. The caller has seen to `room` and `writable`; throws before
   * anything is written when there is no room, the session is not bound, or a recipient is no E.164 number.
   */
  submit(template: SubmitTemplate, msisdns: ArrayLike<number>, refs: ArrayLike<Ref>, from: number, to: number): void {
    if (this.#state !== 'bound') throw notBound();
    if (to - from > this.room) throw new TocsinError('invalid', 'smpp_window_full', 'no room in the window');
    for (let i = from; i < to; i++) {
      const msisdn = msisdns[i]!;
      if (!(msisdn >= 1 && msisdn < MSISDN_LIMIT)) throw badMsisdn();
    }
    const now = this.#options.clock.now();
    const { writer } = this.#wire;
    const window = this.#window;
    let at = writer.reserve((to - from) * template.maxLength);
    const { block } = writer;
    for (let i = from; i < to; i++) {
      const sequence = this.#nextSequence();
      window.take(sequence, refs[i]!, now);
      at = template.write(block, at, sequence, msisdns[i]!);
    }
    writer.commit(at);
  }

  /** Frees the places of `n` responses that are durable now; late responses have none. */
  release(n: number): void {
    this.#window.release(n);
  }

  /** Answers a deliver_sm or data_sm (`command`) by its sequence number. */
  respond(sequence: number, status: number, command: number = COMMAND.deliver_sm): void {
    if (this.#state === 'closed') return;
    if (this.#owed > 0) this.#owed--;
    this.#wire.writer.writeDeliverResp(command, status, sequence);
    if (this.#state === 'unbinding') this.#settleUnbind();
  }

  /** Sends cancel_sm and gives the status of the response; rejects when there is none. */
  async cancel(fields: CancelFields): Promise<number> {
    if (this.#state !== 'bound') throw notBound();
    const sequence = this.#nextSequence();
    this.#wire.writer.write(encodePdu({ ...fields, command: COMMAND.cancel_sm, sequence }));
    return this.#requests.start(sequence, this.#options.clock.now() + this.#options.responseTimeoutMs);
  }

  /**
   * Submits no more, waits until all is answered or expired on both sides, then unbinds and closes. Resolves when
   * the session is closed, however that comes about.
   */
  unbind(): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve();
    const unbound = new Promise<void>((resolve) => this.#unbound.push(resolve));
    if (this.#state === 'bound') this.#startUnbind('ours', 'unbind_asked');
    else if (this.#state !== 'unbinding') this.#end('destroyed');
    return unbound;
  }

  /** Closes at once; what is in flight stays so. */
  destroy(): void {
    this.#wire.destroy();
    this.#gone('destroyed');
  }

  // Inbound

  readonly #sink: InboundSink = {
    submitResponse: (sequence, status, messageId) => this.#takeResponse(sequence, status, messageId),
    deliver: (deliver) => this.#takeDeliver(deliver),
    badDeliver: (error) => this.#takeBadDeliver(error),
    // §4.11: either side, at any time; before the bind too.
    enquiry: (sequence) => this.#wire.writer.writeBare(COMMAND.enquire_link_resp, STATUS.ESME_ROK, sequence),
    unbind: (sequence) => this.#takeUnbind(sequence),
    nack: (sequence, status) => this.#takeNack(sequence, status),
    response: (command, sequence, status) => this.#takeOtherResponse(command, sequence, status),
    notice: (kind) => this.#handlers.onAnomaly?.({ kind }),
    unknown: (command, sequence) => this.#takeUnknown(command, sequence),
  };

  readonly #onFrame = (buf: Buffer, start: number, end: number): void => {
    if (this.#state === 'closed') return;
    this.#heard = true;
    sortInbound(buf, start, end, this.#sink);
  };

  readonly #onChunkEnd = (): void => {
    if (this.#heard) {
      this.#heard = false;
      this.#liveness.heard(this.#options.clock.now());
    }
    this.#handlers.onChunkEnd?.();
    if (this.#state === 'unbinding') this.#settleUnbind();
  };

  #takeDeliver(deliver: Deliver): void {
    if (this.#state === 'bound' || this.#state === 'unbinding') {
      this.#owed++;
      this.#handlers.onDeliver(deliver);
      return;
    }
    const { command, sequence } = deliver;
    this.#wire.writer.writeDeliverResp(command, STATUS.ESME_RINVBNDSTS, sequence);
    this.#handlers.onAnomaly?.({ kind: 'not_bound', command, sequence });
  }

  #takeResponse(sequence: number, status: number, messageId: string): void {
    if (!this.#settleSubmission(sequence, status, messageId)) {
      this.#handlers.onAnomaly?.({ kind: 'unexpected_response', command: COMMAND.submit_sm_resp, sequence, status });
    }
  }

  #takeOtherResponse(command: number, sequence: number, status: number): void {
    if (!this.#settleRequest(sequence, status)) {
      this.#handlers.onAnomaly?.({ kind: 'unexpected_response', command, sequence, status });
    }
  }

  #takeNack(sequence: number, given: number): void {
    const status = given === STATUS.ESME_ROK ? STATUS.ESME_RSYSERR : given;
    if (this.#settleSubmission(sequence, status, '') || this.#settleRequest(sequence, status)) return;
    this.#handlers.onAnomaly?.({ kind: 'nack', sequence, status });
  }

  #takeUnbind(sequence: number): void {
    this.#wire.writer.writeBare(COMMAND.unbind_resp, STATUS.ESME_ROK, sequence);
    if (this.#state === 'bound') this.#startUnbind('peers', 'unbound_by_peer');
    else if (this.#state === 'unbinding') this.#unbinding = 'peers';
    else this.#end('unbound_by_peer');
  }

  #takeUnknown(command: number, sequence: number): void {
    this.#wire.writer.writeBare(COMMAND.generic_nack, STATUS.ESME_RINVCMDID, sequence);
    this.#handlers.onAnomaly?.({ kind: 'unknown_command', command, sequence });
  }

  #takeBadDeliver(error: PduError): void {
    this.#wire.writer.writeDeliverResp(error.command, error.status, error.sequence);
    this.#handlers.onAnomaly?.({ kind: 'bad_pdu', error });
  }

  #settleSubmission(sequence: number, status: number, messageId: string): boolean {
    const ref = this.#window.answer(sequence);
    if (ref !== NONE) {
      this.#handlers.onResponse(ref, status, messageId);
      return true;
    }
    const late = this.#window.late(sequence);
    if (late === NONE) return false;
    this.#handlers.onLateResponse(late, status, messageId);
    return true;
  }

  #settleRequest(sequence: number, status: number): boolean {
    if (!this.#requests.settle(sequence, status)) return false;
    if (sequence !== this.#handshake) return true;
    // The state follows at once, not with the promise: a deliver_sm may be next in this very chunk.
    if (this.#state === 'unbinding') this.#end('unbound');
    else if (status === STATUS.ESME_ROK) this.#change('bound', 'bind_accepted');
    else this.#end('bind_refused');
    return true;
  }

  readonly #onFrameError = (error: FrameError): void => {
    // There is no sequence number to be trusted: §4.3.1 says 0.
    this.#wire.writer.writeBare(COMMAND.generic_nack, STATUS.ESME_RINVCMDLEN, 0);
    this.#handlers.onAnomaly?.({ kind: 'bad_frame', error });
    this.#end('bad_frame');
  };

  // Time

  readonly #tick = (): void => {
    const now = this.#options.clock.now();
    if (this.#state === 'closed') {
      // A peer that takes no octets keeps a closing transport open for one tick, no longer.
      this.#wire.destroy();
      this.#options.clock.clearInterval(this.#timer as never);
      return;
    }
    const options = this.#options;
    const pendingSince = this.#wire.pendingSince;
    if (pendingSince !== undefined && now - pendingSince >= options.pduTimeoutMs) {
      this.#end('pdu_timeout');
      return;
    }
    this.#requests.expire(now);
    this.#window.expire(now, options.responseTimeoutMs, this.#handlers.onExpired);
    if (this.#state === 'bound') this.#enquire(now);
    if (this.#state === 'unbinding') {
      if (now - this.#unbindingSince >= options.responseTimeoutMs + options.bindTimeoutMs) this.#end('unbind_timeout');
      else this.#settleUnbind();
    }
  };

  #enquire(now: number): void {
    const life = this.#liveness.check(now);
    if (life === 'half_open') this.#end('half_open');
    if (life === 'ask') this.#wire.writer.writeBare(COMMAND.enquire_link, STATUS.ESME_ROK, this.#nextSequence());
  }

  // The end

  #startUnbind(by: 'ours' | 'peers', reason: ChangeReason): void {
    this.#unbinding = by;
    this.#unbindingSince = this.#options.clock.now();
    this.#change('unbinding', reason);
    // Ours goes on here; the peer's at the end of the chunk, which may hold more.
    if (by === 'ours') this.#settleUnbind();
  }

  #settleUnbind(): void {
    if (this.#window.unanswered > 0 || this.#owed > 0) return;
    if (this.#unbinding === 'peers') {
      this.#end('unbound_by_peer');
    } else if (this.#unbinding === 'ours') {
      this.#unbinding = 'ours_sent';
      const sequence = this.#nextSequence();
      this.#handshake = sequence;
      this.#wire.writer.writeBare(COMMAND.unbind, STATUS.ESME_ROK, sequence);
      this.#requests
        .start(sequence, this.#options.clock.now() + this.#options.bindTimeoutMs)
        .catch(() => this.#end('unbind_timeout'));
    }
  }

  /** Writes what is waiting and closes. */
  #end(reason: ChangeReason): void {
    this.#wire.end();
    this.#closeAs(reason);
  }

  /** The transport is gone already. */
  #gone(reason: ChangeReason): void {
    this.#options.clock.clearInterval(this.#timer as never);
    this.#closeAs(reason);
  }

  #closeAs(reason: ChangeReason): void {
    if (this.#state === 'closed') return;
    this.#change('closed', reason);
    this.#requests.fail();
    if (this.#heard) {
      // Closed within a chunk: the owner may wait for its end to record what it has heard.
      this.#heard = false;
      this.#handlers.onChunkEnd?.();
    }
    for (const resolve of this.#unbound) resolve();
    this.#handlers.onClosed({ reason, inFlight: this.#window.unansweredRefs() });
  }

  #change(to: SessionState, reason: ChangeReason): void {
    const from = this.#state;
    if (!SESSION_CHANGES[from].includes(to)) {
      throw new TocsinError('conflict', 'smpp_session_state', `a session does not go from ${from} to ${to}`);
    }
    this.#state = to;
    this.#handlers.onState?.({ from, to, reason });
  }

  #nextSequence(): number {
    return this.#sequence.next(this.#inUse);
  }

  readonly #inUse = (sequence: number): boolean => this.#window.clashes(sequence) || this.#requests.has(sequence);
}

function notBound(): TocsinError {
  return new TocsinError('unavailable', 'smpp_not_bound', 'the session is not bound');
}

/**
 * The client's side of an SMPP 3.4 session: binds, submits within a window, hands over responses and deliveries,
 * keeps the link alive and notices when it is not. The owner decides what to submit, when a response is durable
 * (`release`), when a delivery is (`respond`), and when to connect again. It logs nothing and retries nothing.
 */
import type { Duplex } from 'node:stream';
import { TocsinError } from '../errors.ts';
import { COMMAND, RESPONSE_BIT, STATUS } from './constants.ts';
import { readDeliver } from './deliver.ts';
import { BindError, type FrameError, PduError } from './errors.ts';
import { EMPTY_RESP_BYTES, writeBare, writeDeliverResp } from './fast-writers.ts';
import type { PduFields } from './fields.ts';
import { HEADER_BYTES } from './frames.ts';
import { findNul, readLatin1, readU32 } from './octets.ts';
import { encodePdu, isResponse } from './pdu.ts';
import { Requests } from './requests.ts';
import { Sequence } from './sequence.ts';
import {
  type ChangeReason,
  SESSION_CHANGES,
  type SessionClock,
  type SessionHandlers,
  type SessionOptions,
  type SessionState,
} from './session-types.ts';
import { badMsisdn, MSISDN_LIMIT, type SubmitTemplate } from './submit-template.ts';
import { NONE, Window } from './window.ts';
import { Wire } from './wire.ts';

const DEFAULTS = {
  systemType: '',
  bindAs: 'transceiver',
  interfaceVersion: 0x34,
  addressTon: 0,
  addressNpi: 0,
  addressRange: '',
  window: 100,
  responseTimeoutMs: 30_000,
  enquireLinkMs: 30_000,
  enquireLinkTimeoutMs: 10_000,
  bindTimeoutMs: 10_000,
  pduTimeoutMs: 10_000,
  maxPduBytes: 65_536,
} as const satisfies Partial<SessionOptions>;

const SYSTEM_CLOCK: SessionClock = { now: Date.now, setInterval, clearInterval };
/** Deadlines are looked at four times within the shortest of them, but not more often than this. */
const MIN_TICK_MS = 5;
const MAX_TICK_MS = 1_000;

export class Session<Ref> {
  readonly #options: Required<Omit<SessionOptions, 'clock'>>;
  readonly #handlers: SessionHandlers<Ref>;
  readonly #clock: SessionClock;
  readonly #wire: Wire;
  readonly #window: Window<Ref>;
  readonly #sequence = new Sequence();
  readonly #requests = new Requests();
  readonly #timer: unknown;

  #state: SessionState = 'open';
  #windowLimit: number;
  #bindSequence = 0;
  /** deliver_sm and data_sm that the owner has not responded to. */
  #owed = 0;
  #lastHeard: number;
  #enquiredAt: number | undefined;
  /** How an unbinding session ends: by our unbind once all is read, or by the peer's. */
  #unbinding: 'ours' | 'ours_sent' | 'peers' | undefined;
  #unbindingSince = 0;
  #unbound: (() => void)[] = [];

  constructor(transport: Duplex, options: SessionOptions, handlers: SessionHandlers<Ref>) {
    const { clock, ...given } = options;
    this.#options = { ...DEFAULTS, ...given };
    this.#handlers = handlers;
    this.#clock = clock ?? SYSTEM_CLOCK;
    this.#windowLimit = this.#options.window;
    this.#window = new Window(this.#options.window);
    this.#lastHeard = this.#clock.now();
    this.#wire = new Wire(
      transport,
      {
        onFrame: this.#onFrame,
        onChunkEnd: this.#onChunkEnd,
        onFrameError: this.#onFrameError,
        onDrain: () => this.#handlers.onDrain?.(),
        onClosed: (reason) => this.#closeAs(reason),
      },
      { maxPduBytes: this.#options.maxPduBytes, now: this.#clock.now },
    );
    this.#timer = this.#clock.setInterval(this.#tick, tickMs(this.#options));
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
    this.#change('binding', 'bind_sent');
    const sequence = this.#nextSequence();
    this.#bindSequence = sequence;
    const answer = this.#requests.start(sequence, this.#clock.now() + options.bindTimeoutMs);
    this.#wire.writer.write(
      encodePdu({
        command: COMMAND[`bind_${options.bindAs}`],
        sequence,
        system_id: options.systemId,
        password: options.password,
        system_type: options.systemType,
        interface_version: options.interfaceVersion,
        addr_ton: options.addressTon,
        addr_npi: options.addressNpi,
        address_range: options.addressRange,
      }),
    );
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
    const now = this.#clock.now();
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
    this.#answer(command, sequence, status);
    if (this.#state === 'unbinding') this.#settleUnbind();
  }

  /** Sends cancel_sm and gives the status of the response; rejects when there is none. */
  async cancel(
    fields: Pick<
      PduFields,
      | 'service_type'
      | 'message_id'
      | 'source_addr_ton'
      | 'source_addr_npi'
      | 'source_addr'
      | 'dest_addr_ton'
      | 'dest_addr_npi'
      | 'destination_addr'
    >,
  ): Promise<number> {
    if (this.#state !== 'bound') throw notBound();
    const sequence = this.#nextSequence();
    this.#wire.writer.write(encodePdu({ ...fields, command: COMMAND.cancel_sm, sequence }));
    return this.#requests.start(sequence, this.#clock.now() + this.#options.responseTimeoutMs);
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
    this.#closeAs('destroyed');
  }

  // Inbound, hot

  readonly #onFrame = (buf: Buffer, start: number, end: number): void => {
    if (this.#state === 'closed') return;
    this.#enquiredAt = undefined;
    const command = readU32(buf, start + 4);
    if (command === COMMAND.submit_sm_resp) this.#takeResponse(buf, start, end);
    else if (command === COMMAND.deliver_sm || command === COMMAND.data_sm) this.#takeDeliver(buf, start, end);
    else this.#takeRare(command, readU32(buf, start + 8), readU32(buf, start + 12));
  };

  readonly #onChunkEnd = (): void => {
    this.#lastHeard = this.#clock.now();
    this.#handlers.onChunkEnd?.();
    if (this.#state === 'unbinding') this.#settleUnbind();
  };

  #takeResponse(buf: Buffer, start: number, end: number): void {
    const status = readU32(buf, start + 8);
    const idStart = start + HEADER_BYTES;
    const messageId = end > idStart ? readLatin1(buf, idStart, findNul(buf, idStart, end)) : '';
    this.#settleSubmission(readU32(buf, start + 12), status, messageId, COMMAND.submit_sm_resp);
  }

  #settleSubmission(sequence: number, status: number, messageId: string, command: number): void {
    const ref = this.#window.answer(sequence);
    if (ref !== NONE) {
      this.#handlers.onResponse(ref, status, messageId);
      return;
    }
    const late = this.#window.late(sequence);
    if (late !== NONE) this.#handlers.onLateResponse(late, status, messageId);
    else if (command === COMMAND.generic_nack) this.#handlers.onAnomaly?.({ kind: 'nack', sequence, status });
    else this.#handlers.onAnomaly?.({ kind: 'unexpected_response', command, sequence, status });
  }

  #takeDeliver(buf: Buffer, start: number, end: number): void {
    if (this.#state === 'open' || this.#state === 'binding') {
      const command = readU32(buf, start + 4);
      const sequence = readU32(buf, start + 12);
      this.#answer(command, sequence, STATUS.ESME_RINVBNDSTS);
      this.#handlers.onAnomaly?.({ kind: 'not_bound', command, sequence });
      return;
    }
    let deliver: ReturnType<typeof readDeliver>;
    try {
      deliver = readDeliver(buf, start, end);
    } catch (error) {
      if (!(error instanceof PduError)) throw error;
      this.#answer(error.command, error.sequence, error.status);
      this.#handlers.onAnomaly?.({ kind: 'bad_pdu', error });
      return;
    }
    this.#owed++;
    this.#handlers.onDeliver(deliver);
  }

  // Inbound, rare

  #takeRare(command: number, status: number, sequence: number): void {
    switch (command) {
      case COMMAND.enquire_link:
        // §4.11: either side, at any time; before the bind too.
        this.#writeBare(COMMAND.enquire_link_resp, STATUS.ESME_ROK, sequence);
        return;
      case COMMAND.enquire_link_resp:
        return;
      case COMMAND.unbind:
        this.#writeBare(COMMAND.unbind_resp, STATUS.ESME_ROK, sequence);
        if (this.#state === 'bound') this.#startUnbind('peers', 'unbound_by_peer');
        else if (this.#state === 'unbinding') this.#unbinding = 'peers';
        else this.#end('unbound_by_peer');
        return;
      case COMMAND.alert_notification:
        this.#handlers.onAnomaly?.({ kind: 'alert_notification' });
        return;
      case COMMAND.outbind:
        this.#handlers.onAnomaly?.({ kind: 'outbind' });
        return;
      case COMMAND.generic_nack:
        if (!this.#settleRequest(sequence, status === STATUS.ESME_ROK ? STATUS.ESME_RSYSERR : status)) {
          this.#settleSubmission(sequence, status, '', command);
        }
        return;
      default:
        if (!isResponse(command)) {
          this.#writeBare(COMMAND.generic_nack, STATUS.ESME_RINVCMDID, sequence);
          this.#handlers.onAnomaly?.({ kind: 'unknown_command', command, sequence });
        } else if (!this.#settleRequest(sequence, status)) {
          this.#handlers.onAnomaly?.({ kind: 'unexpected_response', command, sequence, status });
        }
    }
  }

  #settleRequest(sequence: number, status: number): boolean {
    if (!this.#requests.settle(sequence, status)) return false;
    // The state follows at once, not with the promise: a deliver_sm may be next in this very chunk.
    if (this.#state === 'binding' && sequence === this.#bindSequence) {
      if (status === STATUS.ESME_ROK) this.#change('bound', 'bind_accepted');
      else this.#end('bind_refused');
    } else if (this.#unbinding === 'ours_sent') {
      this.#end('unbound');
    }
    return true;
  }

  readonly #onFrameError = (error: FrameError): void => {
    // There is no sequence number to be trusted: §4.3.1 says 0.
    this.#writeBare(COMMAND.generic_nack, STATUS.ESME_RINVCMDLEN, 0);
    this.#handlers.onAnomaly?.({ kind: 'bad_frame', error });
    this.#end('bad_frame');
  };

  // Time

  readonly #tick = (): void => {
    const now = this.#clock.now();
    if (this.#state === 'closed') {
      // A peer that takes no octets keeps a closing transport open for one tick, no longer.
      this.#wire.destroy();
      this.#clock.clearInterval(this.#timer as never);
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
    const { enquireLinkMs, enquireLinkTimeoutMs } = this.#options;
    if (this.#enquiredAt !== undefined) {
      if (now - this.#enquiredAt >= enquireLinkTimeoutMs) this.#end('half_open');
    } else if (now - this.#lastHeard >= enquireLinkMs) {
      this.#enquiredAt = now;
      this.#writeBare(COMMAND.enquire_link, STATUS.ESME_ROK, this.#nextSequence());
    }
  }

  // The end

  #startUnbind(by: 'ours' | 'peers', reason: ChangeReason): void {
    this.#unbinding = by;
    this.#unbindingSince = this.#clock.now();
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
      this.#writeBare(COMMAND.unbind, STATUS.ESME_ROK, sequence);
      this.#requests
        .start(sequence, this.#clock.now() + this.#options.bindTimeoutMs)
        .catch(() => this.#end('unbind_timeout'));
    }
  }

  /** Writes what is waiting and closes. */
  #end(reason: ChangeReason): void {
    this.#wire.end();
    this.#closeAs(reason);
  }

  #closeAs(reason: ChangeReason): void {
    if (this.#state === 'closed') return;
    this.#change('closed', reason);
    this.#requests.fail();
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

  // Outbound

  #answer(command: number, sequence: number, status: number): void {
    const { writer } = this.#wire;
    const at = writer.reserve(EMPTY_RESP_BYTES);
    writer.commit(writeDeliverResp(writer.block, at, (command | RESPONSE_BIT) >>> 0, sequence, status));
  }

  #writeBare(command: number, status: number, sequence: number): void {
    const { writer } = this.#wire;
    const at = writer.reserve(HEADER_BYTES);
    writer.commit(writeBare(writer.block, at, command, status, sequence));
  }

  #nextSequence(): number {
    return this.#sequence.next(this.#inUse);
  }

  readonly #inUse = (sequence: number): boolean => this.#window.clashes(sequence) || this.#requests.has(sequence);
}

function tickMs(options: Required<Omit<SessionOptions, 'clock'>>): number {
  const shortest = Math.min(
    options.responseTimeoutMs,
    options.enquireLinkMs,
    options.enquireLinkTimeoutMs,
    options.bindTimeoutMs,
    options.pduTimeoutMs,
  );
  return Math.max(MIN_TICK_MS, Math.min(MAX_TICK_MS, Math.floor(shortest / 4)));
}

function notBound(): TocsinError {
  return new TocsinError('unavailable', 'smpp_not_bound', 'the session is not bound');
}

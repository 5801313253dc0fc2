/**
 * One TCP connection of a client: bytes in, PDUs out, and the mode of its session. It stops reading while the client
 * does not read, while it is frozen, and where it is told to be slow. What PDUs mean is decided elsewhere.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { FrameReader, type OnFrame } from '../smpp/frames.ts';
import { encodePdu, type PduInput } from '../smpp/pdu.ts';
import { PduWriter } from '../smpp/pdu-writer.ts';
import { Awaiting, NO_MESSAGE } from './awaiting.ts';
import type { BIND_TYPES } from './behaviour-sessions.ts';
import { Dribble } from './dribble.ts';

export type BindType = (typeof BIND_TYPES)[number];
export type LinkMode = 'open' | 'bound' | 'unbinding' | 'closed';

const ALLOWED: Readonly<Record<LinkMode, readonly LinkMode[]>> = {
  open: ['bound', 'closed'],
  bound: ['unbinding', 'closed'],
  unbinding: ['closed'],
  closed: [],
};

export interface LinkSettings {
  firstSequence: number;
  writeChunkBytes: number | null;
  readBytesPerSecond: () => number | null;
}

export interface LinkHandlers {
  onFrame: (link: SmscLink, buf: Buffer, start: number, end: number) => void;
  onChunkStart: () => void;
  onChunkEnd: (link: SmscLink) => void;
  onFrameError: (link: SmscLink) => void;
  onDrain: (link: SmscLink) => void;
  onClosed: (link: SmscLink) => void;
}

export class SmscLink {
  readonly number: number;
  readonly writer: PduWriter;
  readonly awaiting: Awaiting;
  /** The account that the session is bound to; undefined before. */
  accountNumber: number | undefined;
  systemId: string | undefined;
  bindType: BindType = 'transceiver';
  submits = 0;
  /** Submissions whose response is still to be written. */
  unanswered = 0;
  isFrozen = false;
  enquiredAt = 0;

  readonly #socket: Socket;
  readonly #settings: LinkSettings;
  readonly #reader = new FrameReader();
  #mode: LinkMode = 'open';
  #slowTimer: NodeJS.Timeout | undefined;

  constructor(number: number, socket: Socket, settings: LinkSettings, handlers: LinkHandlers) {
    this.number = number;
    this.#socket = socket;
    this.#settings = settings;
    this.awaiting = new Awaiting(settings.firstSequence);
    socket.setNoDelay(true);
    const transport = settings.writeChunkBytes === null ? socket : new Dribble(settings.writeChunkBytes);
    if (transport !== socket) transport.pipe(socket);
    this.writer = new PduWriter(transport, () => {
      this.#readOn();
      handlers.onDrain(this);
    });
    const onFrame: OnFrame = (buf, start, end) => {
      if (this.#mode !== 'closed') handlers.onFrame(this, buf, start, end);
    };
    socket.on('data', (chunk: Buffer) => {
      handlers.onChunkStart();
      if (this.#reader.push(chunk, onFrame) !== undefined) handlers.onFrameError(this);
      if (this.#mode === 'closed') return;
      handlers.onChunkEnd(this);
      this.#readOn(chunk.length);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#close();
      handlers.onClosed(this);
    });
  }

  get mode(): LinkMode {
    return this.#mode;
  }

  get canTakeReceipts(): boolean {
    return this.#mode === 'bound' && this.bindType !== 'transmitter' && !this.writer.blocked && !this.isFrozen;
  }

  become(mode: LinkMode): void {
    if (!ALLOWED[this.#mode].includes(mode)) throw new Error(`a session cannot go from ${this.#mode} to ${mode}`);
    this.#mode = mode;
  }

  send(pdu: PduInput): void {
    if (this.#mode !== 'closed') this.writer.write(encodePdu(pdu));
  }

  /** Sends a request of ours; its answer is awaited but nothing hangs on it. */
  request(nowMs: number, pdu: Omit<PduInput, 'sequence'>): void {
    this.send({ ...pdu, sequence: this.awaiting.next(nowMs, NO_MESSAGE) });
  }

  /** Writes no more from now on, while the connection stays open. */
  mute(): void {
    this.writer.close();
    this.freeze();
  }

  freeze(): void {
    this.isFrozen = true;
    this.#readOn();
  }

  thaw(): void {
    this.isFrozen = false;
    this.#readOn();
  }

  /** Writes what is waiting and closes. */
  end(): void {
    this.writer.flush();
    this.#close();
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Closes at once; with `reset`, by RST. What waited to be written is lost. */
  drop(reset = false): void {
    this.#close();
    // Over TLS there is no handle to reset.
    if (reset && !(this.#socket instanceof TLSSocket)) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  #close(): void {
    clearTimeout(this.#slowTimer);
    this.writer.close();
    this.#mode = 'closed';
  }

  /** Reads on, or does not: a client that does not read is not read from, or its answers would pile up here. */
  #readOn(octetsRead = 0): void {
    const bytesPerSecond = this.#settings.readBytesPerSecond();
    if (bytesPerSecond !== null && octetsRead > 0) {
      clearTimeout(this.#slowTimer);
      this.#slowTimer = setTimeout(
        () => {
          this.#slowTimer = undefined;
          this.#readOn();
        },
        (octetsRead / bytesPerSecond) * 1000,
      );
    }
    const rests = this.isFrozen || this.writer.blocked || this.#slowTimer !== undefined;
    if (rests) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }
}

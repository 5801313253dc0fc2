/**
 * Joins the frame reader and the writer to a transport: what both ends of an SMPP connection have in common. It
 * stops reading while too much waits to be written, so memory stays bounded whatever the peer does; it knows no PDU.
 */
import type { Duplex } from 'node:stream';
import type { FrameError } from './errors.ts';
import { FrameReader, type OnFrame } from './frames.ts';
import { PduWriter } from './pdu-writer.ts';

export interface WireHandlers {
  onFrame: OnFrame;
  /** After all frames of a chunk. */
  onChunkEnd: () => void;
  /** The stream cannot be cut any further: nothing is read from now on. */
  onFrameError: (error: FrameError) => void;
  onDrain: () => void;
  /** The transport is gone, and not by `end` or `destroy`. */
  onClosed: (reason: 'peer_closed' | 'transport_error') => void;
}

export interface WireOptions {
  maxPduBytes?: number;
  /** Octets waiting to be written above which reading pauses. */
  maxQueuedBytes?: number;
  now?: () => number;
}

const DEFAULT_MAX_QUEUED_BYTES = 1_048_576;

export class Wire {
  readonly writer: PduWriter;

  readonly #transport: Duplex;
  readonly #handlers: WireHandlers;
  readonly #reader: FrameReader;
  readonly #maxQueuedBytes: number;
  #open = true;
  #paused = false;

  constructor(transport: Duplex, handlers: WireHandlers, options: WireOptions = {}) {
    this.#transport = transport;
    this.#handlers = handlers;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES;
    this.#reader = new FrameReader(options);
    this.writer = new PduWriter(transport, this.#onDrain);
    transport.on('data', this.#onData);
    transport.on('end', () => this.#gone('peer_closed'));
    transport.on('close', () => this.#gone('peer_closed'));
    transport.on('error', () => this.#gone('transport_error'));
  }

  /** Since when a PDU has waited for its last octet, or undefined. */
  get pendingSince(): number | undefined {
    return this.#reader.pendingSince;
  }

  /** Writes what is waiting, then closes; `destroy` follows where the peer does not let the octets go. */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.writer.flush();
    this.writer.close();
    this.#transport.end(() => this.#transport.destroy());
  }

  /** Closes at once. */
  destroy(): void {
    this.#open = false;
    this.writer.close();
    this.#transport.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.#open) return;
    const error = this.#reader.push(chunk, this.#handlers.onFrame);
    if (!this.#open) return;
    if (error !== undefined) {
      this.#transport.off('data', this.#onData);
      this.#handlers.onFrameError(error);
      return;
    }
    this.#handlers.onChunkEnd();
    // Only a blocked writer is sure to see a drain, which reading goes on with.
    if (this.#open && this.writer.blocked && this.writer.queuedBytes > this.#maxQueuedBytes) {
      this.#paused = true;
      this.#transport.pause();
    }
  };

  readonly #onDrain = (): void => {
    if (!this.#open) return;
    if (this.#paused) {
      this.#paused = false;
      this.#transport.resume();
    }
    this.#handlers.onDrain();
  };

  #gone(reason: 'peer_closed' | 'transport_error'): void {
    if (!this.#open) return;
    this.destroy();
    this.#handlers.onClosed(reason);
  }
}

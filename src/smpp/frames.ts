/**
 * Cuts a byte stream into PDUs by command_length (SMPP 3.4 §3.2). Frames inside a chunk are handed out in place;
 * only a frame that straddles chunks is put together, once. It refuses a command_length outside 16..max before it
 * keeps a single octet of the body, and looks at nothing else of a PDU.
 */
import { FrameError } from './errors.ts';
import { readU32 } from './octets.ts';

export const HEADER_BYTES = 16;
export const DEFAULT_MAX_PDU_BYTES = 65_536;

/** Takes one whole PDU, buf[start, end). The octets may be kept: nobody writes into them again. Must not throw. */
export type OnFrame = (buf: Buffer, start: number, end: number) => void;

export interface FrameReaderOptions {
  maxPduBytes?: number;
  /** Milliseconds; asked once when a frame begins without its end. */
  now?: () => number;
}

export class FrameReader {
  /** Since when a frame has waited for its end, or undefined while none does. */
  pendingSince: number | undefined;

  readonly #maxPduBytes: number;
  readonly #now: () => number;
  readonly #head = Buffer.alloc(4);
  #frame: Buffer | undefined;
  #filled = 0;
  #error: FrameError | undefined;

  constructor(options: FrameReaderOptions = {}) {
    this.#maxPduBytes = options.maxPduBytes ?? DEFAULT_MAX_PDU_BYTES;
    this.#now = options.now ?? Date.now;
  }

  /** Hands every PDU completed by this chunk to `onFrame`; returns the error that ends the stream, if any. */
  push(chunk: Buffer, onFrame: OnFrame): FrameError | undefined {
    if (this.#error !== undefined) return this.#error;
    let at = 0;
    if (this.#filled > 0) {
      at = this.#complete(chunk, onFrame);
      if (at < 0) return this.#error;
    }
    const end = chunk.length;
    while (end - at >= 4) {
      const length = readU32(chunk, at);
      if (length < HEADER_BYTES || length > this.#maxPduBytes) return this.#fail(length);
      if (length > end - at) break;
      onFrame(chunk, at, at + length);
      at += length;
    }
    if (at < end && this.#filled === 0) this.#begin(chunk, at);
    return undefined;
  }

  /** Keeps the start of a frame whose end is still to come. */
  #begin(chunk: Buffer, at: number): void {
    this.pendingSince = this.#now();
    const available = chunk.length - at;
    if (available < 4) {
      chunk.copy(this.#head, 0, at);
    } else {
      this.#frame = Buffer.allocUnsafe(readU32(chunk, at));
      chunk.copy(this.#frame, 0, at);
    }
    this.#filled = available;
  }

  /** Feeds the pending frame; returns the offset of the first octet not used, or -1 when the stream has failed. */
  #complete(chunk: Buffer, onFrame: OnFrame): number {
    let at = 0;
    let frame = this.#frame;
    if (frame === undefined) {
      while (this.#filled < 4 && at < chunk.length) this.#head[this.#filled++] = chunk[at++]!;
      if (this.#filled < 4) return at;
      const length = readU32(this.#head, 0);
      if (length < HEADER_BYTES || length > this.#maxPduBytes) {
        this.#fail(length);
        return -1;
      }
      frame = Buffer.allocUnsafe(length);
      this.#head.copy(frame, 0);
      this.#frame = frame;
    }
    const copied = chunk.copy(frame, this.#filled, at, Math.min(chunk.length, at + frame.length - this.#filled));
    this.#filled += copied;
    at += copied;
    if (this.#filled === frame.length) {
      this.#frame = undefined;
      this.#filled = 0;
      this.pendingSince = undefined;
      onFrame(frame, 0, frame.length);
    }
    return at;
  }

  #fail(length: number): FrameError {
    this.#error = new FrameError(length, this.#maxPduBytes);
    this.#frame = undefined;
    this.#filled = 0;
    this.pendingSince = undefined;
    return this.#error;
  }
}

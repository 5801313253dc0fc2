/**
 * Gathers the PDUs that one turn of the event loop produces and writes them to the transport at once. It honours
 * backpressure by telling of it; what to stop sending is for the sessions to decide.
 */
import type { Duplex } from 'node:stream';
import { EMPTY_RESP_BYTES, writeBare, writeDeliverResp } from './fast-writers.ts';
import { HEADER_BYTES } from './frames.ts';

const BLOCK_BYTES = 65_536;

export class PduWriter {
  /** The block to write into, from the offset that `reserve` gave. */
  block: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  /** True from a write that the transport did not take at once until its `drain`. */
  blocked = false;

  readonly #transport: Duplex;
  readonly #onDrain: () => void;
  readonly #full: Buffer[] = [];
  /** Octets of `block` before `#flushed` are with the transport, those up to `#filled` are still to go. */
  #flushed = 0;
  #filled = 0;
  #scheduled = false;
  #closed = false;

  constructor(transport: Duplex, onDrain: () => void = () => {}) {
    this.#transport = transport;
    this.#onDrain = onDrain;
    transport.on('drain', this.#drained);
  }

  /** Octets written by the caller and not yet taken by the transport's own end. */
  get queuedBytes(): number {
    let bytes = this.#filled - this.#flushed + this.#transport.writableLength;
    for (const part of this.#full) bytes += part.length;
    return bytes;
  }

  /** Makes room for `bytes` in `block` and returns the offset to write at; follow with `commit`. */
  reserve(bytes: number): number {
    if (this.block.length - this.#filled < bytes) this.#renew(bytes);
    return this.#filled;
  }

  /** Takes what was written in `block` up to `end`, to go out before the next turn of the event loop. */
  commit(end: number): void {
    this.#filled = end;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flushLater);
  }

  /** Copies whole PDUs in: for the rare ones. */
  write(octets: Uint8Array): void {
    const at = this.reserve(octets.length);
    this.block.set(octets, at);
    this.commit(at + octets.length);
  }

  /** Writes a PDU that is a header alone: enquire_link, unbind, generic_nack and their like. */
  writeBare(command: number, status: number, sequence: number): void {
    const at = this.reserve(HEADER_BYTES);
    this.commit(writeBare(this.block, at, command, status, sequence));
  }

  /** Writes the response to a deliver_sm or data_sm, `command`. */
  writeDeliverResp(command: number, status: number, sequence: number): void {
    const at = this.reserve(EMPTY_RESP_BYTES);
    this.commit(writeDeliverResp(this.block, at, command, sequence, status));
  }

  /** Writes at once what is waiting: before the transport is ended. */
  flush(): void {
    if (this.#closed) return;
    if (this.#filled > this.#flushed) this.#full.push(this.block.subarray(this.#flushed, this.#filled));
    this.#flushed = this.#filled;
    if (this.#full.length === 0 || !this.#transport.writable) return;
    if (this.#full.length > 1) this.#transport.cork();
    for (const part of this.#full) {
      if (!this.#transport.write(part)) this.blocked = true;
    }
    if (this.#full.length > 1) this.#transport.uncork();
    this.#full.length = 0;
  }

  /** Forgets what is waiting and writes no more. */
  close(): void {
    this.#closed = true;
    this.#full.length = 0;
    this.#filled = this.#flushed;
    this.#transport.off('drain', this.#drained);
  }

  // Blocks are never written twice: a transport may keep its slices for as long as it likes.
  #renew(bytes: number): void {
    if (this.#filled > this.#flushed) this.#full.push(this.block.subarray(this.#flushed, this.#filled));
    this.block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes));
    this.#flushed = 0;
    this.#filled = 0;
  }

  readonly #flushLater = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  readonly #drained = (): void => {
    this.blocked = false;
    this.#onDrain();
  };
}

/** A stream that lets octets through a few at a time, one piece a turn of the event loop: PDUs cut at every byte. */
import { Transform, type TransformCallback } from 'node:stream';

export class Dribble extends Transform {
  readonly #pieceBytes: number;

  constructor(pieceBytes: number) {
    super();
    this.#pieceBytes = pieceBytes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let at = 0;
    const next = () => {
      this.push(chunk.subarray(at, at + this.#pieceBytes));
      at += this.#pieceBytes;
      if (at < chunk.length) setImmediate(next);
      else done();
    };
    next();
  }
}

/**
 * Files of an evidence folder as they are written: private to this account, hashed on the way to the disk, and the same
 * bytes for the same content (sorted JSON, gzip without a time).
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import canonicalize from 'canonicalize';

export interface EvidenceFile {
  readonly name: string;
  readonly bytes: number;
  /** Hex, of the file as it is on disk. */
  readonly sha256: string;
}

type Chunks = Iterable<string> | AsyncIterable<string>;

/** RFC 8785: keys sorted, so that the same content has the same bytes. */
export const jsonLine = (value: unknown): string => `${canonicalize(value)}\n`;

/** Writes files into one folder and remembers them; `signal` ends the writing. */
export class EvidenceFolder {
  readonly files: EvidenceFile[] = [];
  readonly #folder: string;
  readonly #signal: AbortSignal | undefined;

  constructor(folder: string, signal?: AbortSignal) {
    this.#folder = folder;
    this.#signal = signal;
  }

  json(name: string, value: unknown): Promise<void> {
    return this.write(name, [jsonLine(value)]);
  }

  /** Compressed where the name ends in `.gz`. */
  async write(name: string, content: Chunks): Promise<void> {
    const meter = new Meter();
    const source = Readable.from(content, { objectMode: true, highWaterMark: 2 });
    const target = createWriteStream(this.path(name), { mode: 0o600 });
    const options = this.#signal === undefined ? {} : { signal: this.#signal };
    // zlib writes a gzip header with mtime 0 (RFC 1952 §2.3.1).
    if (name.endsWith('.gz')) await pipeline(source, createGzip(), through(meter), target, options);
    else await pipeline(source, through(meter), target, options);
    this.files.push({ name, ...meter.result() });
  }

  /** A file that something else writes. */
  async add(name: string, write: (path: string, signal: AbortSignal | undefined) => Promise<void>): Promise<void> {
    const path = this.path(name);
    await write(path, this.#signal);
    await chmod(path, 0o600);
    this.files.push({ name, ...(await measure(createReadStream(path))) });
  }

  path(name: string): string {
    return join(this.#folder, name);
  }
}

/** Size and SHA-256 of a stream, which is read to its end. */
export async function measure(stream: Readable): Promise<{ bytes: number; sha256: string }> {
  const meter = new Meter();
  for await (const chunk of stream) meter.take(chunk as Buffer);
  return meter.result();
}

/** Size and SHA-256 of what it takes. */
export class Meter {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  take(data: Buffer): void {
    this.#hash.update(data);
    this.#bytes += data.length;
  }

  result(): { bytes: number; sha256: string } {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

/** A step of a pipeline that measures what passes. */
function through(meter: Meter) {
  return async function* (chunks: AsyncIterable<Buffer | string>) {
    for await (const chunk of chunks) {
      const data = Buffer.from(chunk);
      meter.take(data);
      yield data;
    }
  };
}

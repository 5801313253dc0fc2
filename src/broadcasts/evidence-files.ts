/**
 * Files of an evidence folder as they are written: private to this account, hashed on the way to the disk, and the same
 * bytes for the same content (sorted JSON, gzip without a time).
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
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
    const hash = createHash('sha256');
    let bytes = 0;
    const measure = async function* (chunks: AsyncIterable<Buffer | string>) {
      for await (const chunk of chunks) {
        const data = Buffer.from(chunk);
        hash.update(data);
        bytes += data.length;
        yield data;
      }
    };
    const source = Readable.from(content, { objectMode: true, highWaterMark: 2 });
    const target = createWriteStream(join(this.#folder, name), { mode: 0o600 });
    const options = this.#signal === undefined ? {} : { signal: this.#signal };
    // zlib writes a gzip header with mtime 0 (RFC 1952 §2.3.1).
    if (name.endsWith('.gz')) await pipeline(source, createGzip(), measure, target, options);
    else await pipeline(source, measure, target, options);
    this.files.push({ name, bytes, sha256: hash.digest('hex') });
  }
}

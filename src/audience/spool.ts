/**
 * Takes an upload to disk as plain CSV: gzip is told by its first bytes and undone here, bytes are counted, and what is
 * not UTF-8 is found, since old spreadsheets write Latin-1. Refuses broken gzip.
 */
import { isAscii } from 'node:buffer';
import { createWriteStream } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { TocsinError } from '../errors.ts';

export interface Spooled {
  /** As received, and as plain CSV. */
  readonly bytes: number;
  readonly plainBytes: number;
  readonly encoding: 'utf-8' | 'latin-1';
}

const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** Writes the stream's plain text to `file`. Throws `invalid` / `broken_gzip`; `signal` ends it with its own reason. */
export async function spool(
  stream: Readable,
  file: string,
  { signal, onBytes }: { signal?: AbortSignal | undefined; onBytes?: ((bytes: number) => void) | undefined } = {},
): Promise<Spooled> {
  let bytes = 0;
  let plainBytes = 0;
  const utf8 = new Utf8Check();
  const received = counting((chunk) => {
    bytes += chunk.length;
    onBytes?.(bytes);
  });
  const plain = counting((chunk) => {
    plainBytes += chunk.length;
    utf8.take(chunk);
  });
  const options = signal === undefined ? {} : { signal };
  try {
    await pipeline(stream, received, sniffGzip, plain, createWriteStream(file), options);
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw new TocsinError('invalid', 'broken_gzip', 'The compressed file is damaged or cut short', { cause: error });
  }
  return { bytes, plainBytes, encoding: utf8.sound() ? 'utf-8' : 'latin-1' };
}

function counting(take: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      take(chunk);
      done(null, chunk);
    },
  });
}

/** Passes the source through, by way of gunzip when its first two bytes say so. */
async function* sniffGzip(
  source: AsyncIterable<Buffer>,
  { signal }: { signal?: AbortSignal } = {},
): AsyncGenerator<Buffer> {
  const iterator = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < GZIP_MAGIC.length) {
    const { value, done } = await iterator.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const whole = (async function* () {
    if (head.length > 0) yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  })();
  if (!GZIP_MAGIC.every((byte, i) => head[i] === byte)) return yield* whole;
  const gunzip = createGunzip();
  const fed = pipeline(whole, gunzip, signal === undefined ? {} : { signal });
  // The failure reaches us through the reading side; unheard here it would end the process.
  fed.catch(() => {});
  yield* gunzip as AsyncIterable<Buffer>;
  await fed;
}

/** Whether a sequence of chunks is UTF-8, cheap as long as it is ASCII. */
class Utf8Check {
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #sound = true;

  take(chunk: Buffer): void {
    if (!this.#sound) return;
    if (this.#decoder === undefined && isAscii(chunk)) return;
    this.#decoder ??= new TextDecoder('utf-8', { fatal: true });
    this.#try(this.#decoder, chunk);
  }

  sound(): boolean {
    if (this.#sound && this.#decoder) this.#try(this.#decoder);
    return this.#sound;
  }

  #try(decoder: InstanceType<typeof TextDecoder>, chunk?: Buffer): void {
    try {
      decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      this.#sound = false;
    }
  }
}

function isZlibError(error: unknown): boolean {
  return /^Z_/.test(String((error as { code?: unknown } | null)?.code));
}

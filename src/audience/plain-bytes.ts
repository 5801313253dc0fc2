/**
 * An upload as plain bytes of CSV, piece by piece: gzip is told by its first bytes and undone on the way, by another
 * thread. Refuses broken gzip and uploads that end before their file does.
 */
import type { Readable, TransformOptions } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, type ZlibOptions } from 'node:zlib';
import { TocsinError } from '../errors.ts';

const GZIP_MAGIC = [0x1f, 0x8b] as const;
/** Large, so that the two threads seldom wait for one another. */
const GUNZIP: ZlibOptions & TransformOptions = { chunkSize: 256 * 1_024, readableHighWaterMark: 1_024 * 1_024 };

export interface Reception {
  /** Ends the reading with the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes as received, so compressed ones of a compressed file. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Throws `invalid`: `broken_gzip`, `upload_cut_short`. */
export async function* plainBytes(stream: Readable, { signal, onBytes }: Reception = {}): AsyncGenerator<Buffer> {
  const stop = () => stream.destroy(signal?.reason);
  signal?.addEventListener('abort', stop);
  try {
    signal?.throwIfAborted();
    yield* gunzipped(counted(stream, onBytes));
  } catch (error) {
    signal?.throwIfAborted();
    throw refusal(error);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

async function* counted(stream: Readable, onBytes: Reception['onBytes']): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer | string>) {
    const buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    bytes += buffer.length;
    onBytes?.(bytes);
    yield buffer;
  }
}

/** Passes the source through, by way of gunzip when its first two bytes say so. */
async function* gunzipped(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < GZIP_MAGIC.length) {
    const { value, done } = await source.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const whole = (async function* () {
    if (head.length > 0) yield head;
    yield* source;
  })();
  if (!GZIP_MAGIC.every((byte, i) => head[i] === byte)) return yield* whole;
  const gunzip = createGunzip(GUNZIP);
  const fed = pipeline(whole, gunzip);
  // The failure reaches us through the reading side; unheard here it would end the process.
  fed.catch(() => {});
  yield* gunzip as AsyncIterable<Buffer>;
  await fed;
}

function refusal(error: unknown): unknown {
  const code = String((error as { code?: unknown } | null)?.code);
  if (code.startsWith('Z_')) {
    return new TocsinError('invalid', 'broken_gzip', 'The compressed file is damaged or cut short', { cause: error });
  }
  if (code !== 'ERR_STREAM_PREMATURE_CLOSE') return error;
  return new TocsinError('invalid', 'upload_cut_short', 'The upload ended before the file did', { cause: error });
}

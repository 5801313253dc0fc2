/**
 * Bodies as they come in: of the media types that the call takes, read whole where they are small and in time, or handed
 * on as a bounded stream. What is in them is the call's business.
 */
import { type Readable, Transform } from 'node:stream';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { TocsinError } from '../errors.ts';
import { type Call, mediaOf } from './call.ts';
import type { ApiDeps } from './deps.ts';
import { parseJson } from './json-body.ts';

const BODY_LIMIT_BYTES = 1_048_576;
const UPLOAD_LIMIT_BYTES = 4 * 1_024 ** 3;
/** A mebibyte takes a second on the worst line; who sends slower holds a connection, not a conversation. */
const BODY_MS = 15_000;

/** Reads a body whole where it is small, and refuses other media types before reading a byte of it. */
export function readBody(call: Call, bodyMs = BODY_MS): RequestHandler[] {
  if (call.method === 'get' || call.method === 'delete') return [];
  const refuseOthers: RequestHandler = (request, _response, next) => {
    const empty = request.headers['transfer-encoding'] === undefined && !Number(request.headers['content-length'] ?? 0);
    const accepted = mediaOf(call);
    if ((!empty || call.body?.kind === 'stream') && !accepted.includes(mediaType(request))) {
      const message = `Send ${accepted.join(' or ')}`;
      throw new TocsinError('invalid', 'unsupported_media_type', message, {
        faults: [{ at: 'header Content-Type', message }],
      });
    }
    next();
  };
  if (call.body?.kind === 'stream') return [refuseOthers];
  return [refuseOthers, inTime(express.raw({ type: () => true, limit: BODY_LIMIT_BYTES }), bodyMs)];
}

/** Answers 408 to a body that does not come, and ends its connection. */
function inTime(read: RequestHandler, bodyMs: number): RequestHandler {
  return (request, response, next) => {
    let isOver = false;
    const proceed = (error?: unknown) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      next(error);
    };
    const timer = setTimeout(() => {
      response.set('Connection', 'close');
      response.once('finish', () => request.destroy());
      proceed(new TocsinError('invalid', 'body_too_slow', 'The body did not come in time'));
    }, bodyMs);
    response.once('close', () => clearTimeout(timer));
    read(request, response, proceed);
  };
}

const mediaType = (request: Request): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

export async function parsedBody(call: Call, request: Request, deps: ApiDeps): Promise<unknown> {
  if (call.body?.kind === 'stream' || call.method === 'get' || call.method === 'delete') {
    return call.body === undefined ? {} : undefined;
  }
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return mayBeEmpty(call) ? {} : parseJson(Buffer.alloc(0));
  const notation = call.body?.notations?.[mediaType(request)];
  return notation === undefined ? parseJson(bytes) : notation(bytes, deps);
}

const mayBeEmpty = ({ body }: Call): boolean => body === undefined || (body.kind === 'json' && body.optional === true);

export function uploadOf(
  call: Call,
  request: Request,
  response: Response,
  { uploadLimitBytes = UPLOAD_LIMIT_BYTES }: { uploadLimitBytes?: number },
): Readable {
  if (call.body?.kind !== 'stream') return request;
  return bounded(request, response, call.body.limitBytes ?? uploadLimitBytes);
}

/** The upload as a stream of its own, so that a refusal is answered while the rest still comes, and read away. */
function bounded(request: Request, response: Response, limitBytes: number): Readable {
  let bytes = 0;
  const upload = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= limitBytes) return done(null, chunk);
      done(new TocsinError('too-large', 'body_too_large', `An upload may have ${limitBytes} bytes`));
    },
  });
  // Whoever reads gets the error; that nobody reads yet must not end the process.
  upload.on('error', () => {});
  // A client that keeps its connection sends all of it before it asks again.
  response.once('finish', () => {
    request.unpipe(upload);
    request.resume();
  });
  request.once('close', () => {
    if (request.complete) return;
    upload.destroy(new TocsinError('invalid', 'incomplete_body', 'The upload broke off'));
  });
  return request.pipe(upload);
}

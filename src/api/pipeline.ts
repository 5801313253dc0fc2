/**
 * How a call is served: the same named steps for all of them, in the order that costs least and tells least to
 * strangers. Owns no rule of the domain.
 */
import { pipeline as pipeStreams } from 'node:stream/promises';
import type { Request, RequestHandler, Response } from 'express';
import { TocsinError } from '../errors.ts';
import { authenticate, callerOf } from './authenticate.ts';
import type { Call, Reply } from './call.ts';
import { etagOf, ifVersion } from './conditional.ts';
import type { ApiDeps } from './deps.ts';
import { idempotencyKey, type KeptReply, once, printOf } from './idempotency.ts';
import { parsedBody, readBody, uploadOf } from './request-body.ts';
import { regionsFor, requireRight } from './rights.ts';

const DEADLINE_MS = 30_000;

/** The steps of one call, for express. `limit` meters the caller, after it is known who that is. */
export function steps(call: Call, deps: ApiDeps, limit: RequestHandler): RequestHandler[] {
  return [
    requireStore(deps),
    authenticate(deps),
    limit,
    (_request, response, next) => {
      const caller = callerOf(response);
      requireRight(caller.roles, call.right);
      const { granted } = caller;
      if (granted !== undefined) response.locals.caller = { ...caller, regions: regionsFor(call.right, granted) };
      next();
    },
    ...readBody(call, deps.bodyMs),
    serve(call, deps),
  ];
}

/** Without the store nothing can be answered: say so at once, instead of waiting for it. */
export function requireStore({ store }: Pick<ApiDeps, 'store'>): RequestHandler {
  return (_request, _response, next) => {
    if (store.redis.status !== 'ready') {
      throw new TocsinError('unavailable', 'store_unavailable', 'The store cannot be reached; try again');
    }
    next();
  };
}

function serve(call: Call, deps: ApiDeps): RequestHandler {
  return async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const accept = acceptable(call, request);
    const length = Number(request.headers['content-length'] ?? Number.NaN);
    const run = async () =>
      call.run(
        {
          params: request.params,
          query: request.query,
          body: await parsedBody(call, request, deps),
          upload: uploadOf(call, request, response, deps),
          ...(Number.isSafeInteger(length) ? { uploadBytes: length } : {}),
          signal: gone.signal,
          ifVersion: call.conditional ? ifVersion(request.headers['if-match']) : undefined,
          caller: callerOf(response),
          accept,
        },
        deps,
      );
    const timed = call.body?.kind === 'stream' ? run : () => withDeadline(run(), deps.deadlineMs ?? DEADLINE_MS);
    const key = call.method === 'post' ? idempotencyKey(request.get('idempotency-key')) : undefined;
    if (key === undefined) return send(request, response, call, await timed());
    const caller = callerOf(response);
    const body: unknown = request.body;
    // A streamed upload is not held, so only its address counts.
    const print = printOf([call.method, request.originalUrl, Buffer.isBuffer(body) ? body : '']);
    const attempt = { caller: caller.actor, token: caller.token, key, print };
    const { reply, replayed } = await once(deps.store, attempt, async () => kept(call, await timed()));
    if (replayed) {
      response.set('Idempotency-Replayed', 'true');
      // What is not read must not hold the connection up.
      request.resume();
    }
    sendKept(response, reply);
  };
}

/** Throws `not_acceptable` (RFC 9110 §15.5.7). */
function acceptable(call: Call, request: Request): string {
  const offered = call.reply.media ?? ['application/json'];
  const chosen = request.accepts([...offered]);
  if (chosen !== false) return chosen;
  if (request.accepts('application/problem+json') !== false && offered.length === 1) return offered[0] ?? '';
  throw new TocsinError('invalid', 'not_acceptable', `This call replies with ${offered.join(' or ')}`);
}

/** The call goes on when time is up: the reply then says that the outcome is not known, not that nothing happened. */
async function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const message = 'The call took too long; it may yet take effect: read before you try again';
      reject(new TocsinError('unavailable', 'deadline_exceeded', message));
    }, deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function kept(call: Call, reply: Reply<unknown>): KeptReply {
  if (reply.kind === 'stream' || reply.kind === 'live') throw new Error(`${call.path} replies with a stream to a POST`);
  const representation = reply.kind === 'text' ? reply.representation : undefined;
  const location = reply.kind === 'json' ? reply.location : undefined;
  return {
    status: reply.status ?? call.reply.status,
    headers: {
      'Content-Type': reply.kind === 'json' ? 'application/json; charset=utf-8' : reply.media,
      ...(reply.version === undefined ? {} : { ETag: etagOf(reply.version, representation) }),
      ...(location === undefined ? {} : { Location: location }),
    },
    body: reply.kind === 'json' ? JSON.stringify(reply.body) : reply.body,
  };
}

function sendKept(response: Response, { status, headers, body }: KeptReply): void {
  response.status(status).set(headers);
  if (status === 204) response.end();
  else response.send(body);
}

async function send(request: Request, response: Response, call: Call, reply: Reply<unknown>): Promise<void> {
  if (reply.kind === 'live') {
    // HEAD asks for no stream, and one without a body would never be seen to end.
    if (request.method === 'HEAD') response.type(call.reply.media?.[0] ?? '').end();
    else reply.open(response);
    return;
  }
  if (reply.kind !== 'stream') return sendKept(response, kept(call, reply));
  response.status(call.reply.status).attachment(reply.name).type(reply.media);
  // Log, limits, metrics, compression and the pipeline all listen: more than Node's ten, and no leak.
  response.setMaxListeners(20);
  await pipeStreams(reply.stream, response);
}

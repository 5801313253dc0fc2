/**
 * The HTTP API v1: what comes before and after the calls. It opens no port, reads no environment and has no rule of the
 * domain: those are in server.ts, in bin/ and in the modules it is given.
 */
import compression from 'compression';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { TocsinError } from '../errors.ts';
import { AuditedRefusals, attemptOf, originOfRequest } from './audited-refusals.ts';
import type { Call } from './call.ts';
import { callTable } from './call-table.ts';
import { capFeed } from './cap-feed.ts';
import type { ApiDeps } from './deps.ts';
import { docsPage } from './docs-page.ts';
import { gapsPage } from './gaps-page.ts';
import { limitByAddress, limitByKey, limitFailedAttempts } from './limits.ts';
import { openApiDocument } from './openapi.ts';
import { steps } from './pipeline.ts';
import { foreseen, INTERNAL, problemHeaders, problemOf } from './problem.ts';
import { ProgressStreams } from './progress-streams.ts';
import { requestLog } from './request-log.ts';
import { securityHeaders } from './security-headers.ts';
import { supervision } from './supervision.ts';

export interface ApiApp {
  readonly app: Express;
  /** Ends the event streams, which would keep a server from closing. */
  closeStreams(): void;
}

export function createApp(deps: ApiDeps): ApiApp {
  const streams = new ProgressStreams({
    progress: deps.broadcasts.progress,
    onError: (error) => deps.log.warn({ component: 'http', err: error }, 'progress could not be read'),
  });
  const calls = callTable(streams);
  const app = express();
  app.disable('x-powered-by');
  // ETags are versions of records here, not hashes of bytes.
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.set('trust proxy', deps.trustedProxies ?? 0);
  app.use(...requestLog(deps));
  app.use(...securityHeaders());
  app.use(
    compression({
      filter: (request, response) =>
        !isEventStream(response.getHeader('Content-Type')) && compression.filter(request, response),
    }),
  );
  app.use(supervision(deps));
  app.use(docsPage(), gapsPage());
  const document = openApiDocument(calls, deps);
  app.get('/openapi.json', (_request, response) => {
    response.json(document);
  });
  app.use('/v1', originOfRequest, limitByAddress(deps), limitFailedAttempts(deps));
  app.use('/v1/cap', capFeed(deps));
  mount(app, calls, deps);
  app.use((_request, _response) => {
    throw new TocsinError('not-found', 'unknown_path', 'There is no call with this path; /docs shows them all');
  });
  app.use(answerErrors(deps));
  return { app, closeStreams: () => streams.closeAll() };
}

function mount(app: Express, calls: readonly Call[], deps: ApiDeps): void {
  const limit = limitByKey(deps);
  for (const call of calls) {
    const name: RequestHandler = (request, response, next) => {
      response.locals.call = call;
      response.locals.id = request.params.id;
      next();
    };
    app[call.method](call.path, name, ...steps(call, deps, limit));
  }
  for (const path of new Set(calls.map((call) => call.path))) {
    const methods = calls.filter((call) => call.path === path).map(({ method }) => method.toUpperCase());
    app.all(path, (_request, response) => {
      response.set('Allow', methods.join(', '));
      throw new TocsinError('invalid', 'method_not_allowed', `This path takes ${methods.join(', ')}`);
    });
  }
}

const isEventStream = (type: unknown): boolean => String(type).startsWith('text/event-stream');

/** The last word on every error: a problem document, and a log line where nobody foresaw it. */
function answerErrors({ log, store, now }: ApiDeps): ErrorRequestHandler {
  const refusals = new AuditedRefusals({ store, log, now });
  return (error: unknown, request, response, _next) => {
    // Beside the answer: it waits for no entry.
    void refusals.note(attemptOf(request, response, error));
    const known = foreseen(error);
    if (known === undefined)
      log.error({ component: 'http', requestId: request.id, err: error }, 'unforeseen error in a call');
    // A reply that has begun cannot become another: cut it, so that the caller sees it is not whole.
    if (response.headersSent) return response.destroy();
    const conditional = request.headers['if-match'] !== undefined;
    const problem = known === undefined ? INTERNAL : problemOf(known, conditional);
    const body = { ...problem, instance: `urn:uuid:${String(request.id)}` };
    response.removeHeader('ETag');
    response.removeHeader('Content-Disposition');
    response.status(problem.status).set('Cache-Control', 'no-store');
    for (const [name, value] of Object.entries(problemHeaders(problem))) {
      if (response.get(name) === undefined) response.set(name, value);
    }
    response.type('application/problem+json').send(JSON.stringify(body));
  };
}

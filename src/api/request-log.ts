/** One log line and one measurement a request: the call and its status, never the path, which may hold a number. */
import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { pinoHttp } from 'pino-http';
import type { Call, Caller } from './call.ts';
import type { ApiDeps } from './deps.ts';

/** The call's name for logs and metrics: bounded, free of anything the caller wrote. */
const nameOf = (response: Response): string => (response.locals.call as Call | undefined)?.right ?? 'other';

export function requestLog({ log, metrics }: ApiDeps): RequestHandler[] {
  const logger = pinoHttp({
    logger: log.child({ component: 'http' }),
    genReqId: (_request, response) => {
      const id = randomUUID();
      response.setHeader('X-Request-Id', id);
      return id;
    },
    quietReqLogger: true,
    quietResLogger: true,
    autoLogging: { ignore: (request) => ['/healthz', '/readyz', '/metrics'].includes(request.url ?? '') },
    customLogLevel: (_request, response) => (response.statusCode >= 500 ? 'warn' : 'info'),
    customSuccessMessage: () => 'request served',
    customErrorMessage: () => 'request failed',
    // Replaces the default objects, which hold the URL and the headers.
    customSuccessObject: (request, response) => described(request.method, response as Response),
    customErrorObject: (request, response) => described(request.method, response as Response),
  });
  const measure: RequestHandler = (request, response, next) => {
    const startedMs = performance.now();
    response.once('close', () => {
      const seconds = (performance.now() - startedMs) / 1_000;
      const labels = { method: request.method, call: nameOf(response), status: String(response.statusCode) };
      metrics.httpRequestSeconds.observe(labels, seconds);
    });
    next();
  };
  return [(request, response, next) => logger(request, response, next), measure];
}

function described(method: string | undefined, response: Response): object {
  const caller = response.locals.caller as Caller | undefined;
  return {
    requestId: response.getHeader('X-Request-Id'),
    method,
    call: nameOf(response),
    status: response.statusCode,
    ...(caller === undefined ? {} : { caller: caller.actor }),
  };
}

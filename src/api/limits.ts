/** How often one may call: by API key, counted in Redis for all processes; and failed attempts by address, counted here. */
import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import { TocsinError } from '../errors.ts';
import type { ApiDeps } from './deps.ts';
import { callerOf } from './pipeline.ts';

const WINDOW_MS = 60_000;
const CALLS_A_MINUTE = 1_200;
const FAILED_ATTEMPTS_A_MINUTE = 30;

const refuse: RequestHandler = () => {
  throw new TocsinError('unavailable', 'rate_limited', 'Too many calls; wait as Retry-After says');
};

/** After authentication: what one key may do. */
export function limitByKey({ store, callsPerMinute = CALLS_A_MINUTE }: ApiDeps): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: callsPerMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    identifier: 'calls',
    keyGenerator: (_request, response) => callerOf(response).key.id,
    handler: refuse,
    store: new RedisStore({
      prefix: `${store.prefix}{rate}:`,
      sendCommand: async (command: string, ...args: string[]) => {
        const reply = await store.redis.call(command, ...args);
        return reply as number | string | (number | string)[];
      },
    }),
  });
}

/** Before authentication: guesses at keys. In memory, so that an attack does not reach the store. */
export function limitFailedAttempts({
  failedAttemptsPerMinute = FAILED_ATTEMPTS_A_MINUTE,
}: Pick<ApiDeps, 'failedAttemptsPerMinute'>): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: failedAttemptsPerMinute,
    standardHeaders: false,
    legacyHeaders: false,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_request, response) => response.statusCode !== 401,
    keyGenerator: (request) => ipKeyGenerator(request.ip ?? ''),
    handler: refuse,
  });
}

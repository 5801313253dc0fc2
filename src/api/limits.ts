/** How often one may call: by API key, counted in Redis for all processes; and failed attempts by address, counted here. */
import { createHash } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit } from 'express-rate-limit';
import { type RedisReply, RedisStore } from 'rate-limit-redis';
import { TocsinError } from '../errors.ts';
import type { RedisConnection } from '../store/connection.ts';
import { callerOf, onIdentified } from './authenticate.ts';
import type { ApiDeps } from './deps.ts';

const WINDOW_MS = 60_000;
const CALLS_A_MINUTE = 1_200;
const CALLS_A_MINUTE_OF_ADDRESS = 12_000;
const FEED_READS_A_MINUTE = 240;
const FAILED_ATTEMPTS_A_MINUTE = 30;
const REMEMBERED_TOKENS = 1_000;

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
    keyGenerator: (_request, response) => callerOf(response).actor,
    handler: refuse,
    store: new RedisStore({
      prefix: `${store.prefix}{rate}:`,
      sendCommand: sendWhole(store.redis),
    }),
  });
}

/**
 * The store's scripts, sent whole with each call. Left to itself it loads them once, at construction: were Redis away
 * just then, the limit would fail for good, and the process with an unhandled rejection.
 */
function sendWhole(redis: RedisConnection) {
  const scripts = new Map<string, string>();
  return async (command: string, ...args: string[]): Promise<RedisReply> => {
    const [first = '', second = '', ...rest] = args;
    if (command === 'SCRIPT') {
      const sha = createHash('sha1').update(second).digest('hex');
      scripts.set(sha, second);
      return sha;
    }
    const script = scripts.get(first);
    if (command !== 'EVALSHA' || script === undefined) return (await redis.call(command, args)) as RedisReply;
    return (await redis.call('EVAL', [script, second, ...rest])) as RedisReply;
  };
}

/** Before anything else: what one address may do, behind which a whole cell may sit. In memory, as the next. */
export function limitByAddress({
  callsPerMinuteOfAddress = CALLS_A_MINUTE_OF_ADDRESS,
}: Pick<ApiDeps, 'callsPerMinuteOfAddress'>): RequestHandler {
  return byAddress(callsPerMinuteOfAddress, false);
}

/** By address too: whoever reads the CAP feed may have no key. They are told how much is left. */
export function limitFeedReads({
  feedReadsPerMinute = FEED_READS_A_MINUTE,
}: Pick<ApiDeps, 'feedReadsPerMinute'>): RequestHandler {
  return byAddress(feedReadsPerMinute, 'draft-8');
}

function byAddress(limit: number, standardHeaders: 'draft-8' | false): RequestHandler {
  return rateLimit({
    ...{ windowMs: WINDOW_MS, limit, standardHeaders, legacyHeaders: false },
    keyGenerator: (request) => ipKeyGenerator(request.ip ?? ''),
    handler: refuse,
  });
}

/**
 * Before authentication: guesses at keys. In memory, so that an attack does not reach the store. Whoever was let in a
 * moment ago is not held back by the failures of others at the same address, so that nobody can lock a cell out. Each
 * call counts from its beginning, so that many at once are no way around, until it is known to be no guess.
 */
export function limitFailedAttempts({
  failedAttemptsPerMinute = FAILED_ATTEMPTS_A_MINUTE,
}: Pick<ApiDeps, 'failedAttemptsPerMinute'>): RequestHandler {
  const letIn = new RecentTokens();
  const attempts = new MemoryStore();
  const addressOf = (request: Request) => ipKeyGenerator(request.ip ?? '');
  const limit = rateLimit({
    ...{ windowMs: WINDOW_MS, limit: failedAttemptsPerMinute, standardHeaders: false, legacyHeaders: false },
    ...{ store: attempts, keyGenerator: addressOf, handler: refuse },
  });
  return (request, response, next) => {
    const { authorization } = request.headers;
    // Who shows no key guesses at none.
    if (authorization === undefined) return next();
    let counts = !letIn.has(authorization);
    const noGuess = () => {
      if (counts) void attempts.decrement(addressOf(request));
      counts = false;
    };
    onIdentified(response, () => {
      letIn.add(authorization);
      noGuess();
    });
    response.once('finish', () => {
      if (response.statusCode === 401) letIn.forget(authorization);
      else noGuess();
    });
    return counts ? limit(request, response, next) : next();
  };
}

/** What was accepted within the last minute, as hashes; the oldest go first. */
class RecentTokens {
  readonly #untilMs = new Map<string, number>();

  has(authorization: string): boolean {
    return (this.#untilMs.get(printOf(authorization)) ?? 0) > performance.now();
  }

  add(authorization: string): void {
    const print = printOf(authorization);
    this.#untilMs.delete(print);
    this.#untilMs.set(print, performance.now() + WINDOW_MS);
    for (const oldest of this.#untilMs.keys()) {
      if (this.#untilMs.size <= REMEMBERED_TOKENS) break;
      this.#untilMs.delete(oldest);
    }
  }

  forget(authorization: string): void {
    this.#untilMs.delete(printOf(authorization));
  }
}

const printOf = (text: string): string => createHash('sha256').update(text).digest('base64');

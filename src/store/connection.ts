/**
 * The one store, Redis: how to connect to it, and how its keys are named. Every key starts with the store's prefix and
 * carries one hash tag, so that a script touches one slot of a Cluster only.
 */
import { Redis, type RedisOptions } from 'ioredis';

/** A connection and the prefix of every key below it (`tocsin:`; tests use one of their own). */
export interface Store {
  readonly redis: Redis;
  readonly prefix: string;
}

/** `request` fails fast, for HTTP handlers; `worker` waits until Redis is back, for queues and the dispatcher. */
export type ConnectionKind = 'request' | 'worker';

const RECONNECT_MAX_MS = 1_000;

export function redisOptions(kind: ConnectionKind): RedisOptions {
  return {
    lazyConnect: false,
    enableReadyCheck: true,
    maxRetriesPerRequest: kind === 'worker' ? null : 1,
    enableOfflineQueue: kind === 'worker',
    connectTimeout: 5_000,
    ...(kind === 'request' ? { commandTimeout: 5_000 } : {}),
    retryStrategy: (attempt) => Math.min(50 * attempt, RECONNECT_MAX_MS),
    // A replica that was promoted away, or a server still loading its AOF: connect again instead of failing for good.
    reconnectOnError: (error) => (/^(READONLY|LOADING)/.test(error.message) ? 2 : false),
  };
}

/**
 * Opens a connection; errors reach `onError`, since an unheard 'error' event would end the process. Of an outage only the
 * first does, not one for each attempt to connect.
 */
export function connectRedis(url: string, kind: ConnectionKind, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, redisOptions(kind));
  let told: string | undefined;
  redis.on('ready', () => {
    told = undefined;
  });
  redis.on('error', (error: Error) => {
    if (error.message === told) return;
    told = error.message;
    onError(error);
  });
  return redis;
}

/** Waits until the connection is usable. Throws the connection's own error after `deadlineMs`. */
export async function ready(redis: Redis, deadlineMs = 10_000): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    let last = new Error(`Redis did not answer within ${deadlineMs} ms`);
    const onError = (error: Error) => {
      last = error;
    };
    const timer = setTimeout(() => done(() => reject(last)), deadlineMs);
    const onReady = () => done(resolve);
    const done = (settle: () => void) => {
      clearTimeout(timer);
      redis.off('ready', onReady);
      redis.off('error', onError);
      settle();
    };
    redis.on('ready', onReady);
    redis.on('error', onError);
  });
}

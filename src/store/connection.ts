/**
 * The one store, Redis: how to connect to it, and how its keys are named. Every key starts with the store's prefix and
 * carries one hash tag, so that a command and a script touch one slot of a Cluster only.
 */
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { type RedisTarget, redisTarget } from './redis-url.ts';
import { Replicas } from './replicas.ts';

/** A server, the master that the Sentinels name, or a Cluster. */
export type RedisConnection = Redis | Cluster;

/** A connection and the prefix of every key below it (`tocsin:`; tests use one of their own). */
export interface Store {
  readonly redis: RedisConnection;
  readonly prefix: string;
  /** The replicas that must hold a write before it counts; absent where the master's own disk is enough. */
  readonly replicas?: Replicas;
}

export interface StoreSettings {
  readonly url: string;
  readonly prefix: string;
  /** How many replicas must hold a write before it counts. */
  readonly replicas: number;
}

/** `request` fails fast, for HTTP handlers; `worker` waits until Redis is back, for queues and the dispatcher. */
export type ConnectionKind = 'request' | 'worker';

const RECONNECT_MAX_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 5_000;
/** A socket that was told to end, or is gone already, holds up the end of its process for no longer. */
const DISCONNECT_TIMEOUT_MS = 300;
/** How often the map of a Cluster is read again: so a master that froze is left when another has its slots. */
const REFRESH_MS = 2_000;
const REFRESH_TIMEOUT_MS = 1_000;
/** A blocking command whose reply is lost to a change of nodes is given up: the queue's look for a job takes a second. */
const BLOCKING_TIMEOUT_MS = 3_000;
/** Each try to reach a slot of a Cluster takes this long at least: the product outlasts an election. */
const CLUSTER_RETRY_MS = 100;
const CLUSTER_RETRIES = { request: 16, worker: 100 } as const;
/** The same fault is told again after this time. */
const TOLD_MS = 60_000;

export function redisOptions(kind: ConnectionKind): RedisOptions {
  return {
    lazyConnect: false,
    enableReadyCheck: true,
    maxRetriesPerRequest: kind === 'worker' ? null : 1,
    enableOfflineQueue: kind === 'worker',
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    ...(kind === 'request' ? { commandTimeout: COMMAND_TIMEOUT_MS } : {}),
    retryStrategy: (attempt) => Math.min(50 * attempt, RECONNECT_MAX_MS),
    // A master that was made a replica, or a server still loading its AOF: connect again instead of failing for good.
    // Redis 6 puts the word into the middle of what it says of a script.
    reconnectOnError: (error) => (/(^|-)(READONLY|LOADING)\b/.test(error.message) ? 2 : false),
  };
}

/**
 * Opens a connection; errors reach `onError`, since an unheard 'error' event would end the process. Of an outage only the
 * first does, not one for each attempt to connect. Throws `bad_redis_url`.
 */
export function connectRedis(url: string, kind: ConnectionKind, onError: (error: Error) => void): RedisConnection {
  const redis = open(redisTarget(url), kind);
  let told: { message: string; at: number } | undefined;
  const tell = (error: Error) => {
    const now = performance.now();
    if (error.message === told?.message && now - told.at < TOLD_MS) return;
    told = { message: error.message, at: now };
    onError(error);
  };
  redis.on('ready', () => {
    told = undefined;
  });
  redis.on('connect', () => {
    // Each reply after which it connects again listens for the end of the old socket: as many as were in flight, and no leak.
    if (redis instanceof Redis) redis.stream.setMaxListeners(0);
  });
  redis.on('error', tell);
  redis.on('node error', tell);
  return redis;
}

function open(target: RedisTarget, kind: ConnectionKind): RedisConnection {
  const options = redisOptions(kind);
  if (target.kind === 'server') return new Redis(target.url, options);
  const { login, tls } = target;
  const secured = { ...login, ...(tls ? { tls: {} } : {}) };
  if (target.kind === 'sentinel') {
    const { username, password } = target.sentinelLogin;
    return new Redis({
      ...options,
      ...secured,
      db: target.db,
      sentinels: [...target.hosts],
      name: target.master,
      ...(username ? { sentinelUsername: username } : {}),
      ...(password ? { sentinelPassword: password } : {}),
      ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
      sentinelRetryStrategy: (attempt) => Math.min(50 * attempt, RECONNECT_MAX_MS),
      sentinelReconnectStrategy: (attempt) => Math.min(100 * attempt, RECONNECT_MAX_MS),
      sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
      // Told of a failover by the Sentinels, it leaves a master that froze or is cut off and answers nothing.
      failoverDetector: true,
    });
  }
  // A node that is lost is not waited for by its connection: the Cluster's map says who has its slots.
  const { lazyConnect: _lazy, enableOfflineQueue, retryStrategy, reconnectOnError: _readonly, ...ofNode } = options;
  return new Cluster([...target.hosts], {
    redisOptions: { ...ofNode, ...secured, blockingTimeout: BLOCKING_TIMEOUT_MS },
    enableOfflineQueue: enableOfflineQueue ?? true,
    clusterRetryStrategy: (attempt) => Math.min(50 * attempt, RECONNECT_MAX_MS),
    maxRedirections: CLUSTER_RETRIES[kind],
    retryDelayOnFailover: CLUSTER_RETRY_MS,
    retryDelayOnClusterDown: CLUSTER_RETRY_MS,
    slotsRefreshInterval: REFRESH_MS,
    slotsRefreshTimeout: REFRESH_TIMEOUT_MS,
    // Certificates name hosts, and a Cluster under TLS may name its nodes by host: they are not to be looked up first.
    ...(tls ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
  });
}

/** The store as the settings say. The caller waits for `ready(store.redis)`. */
export function openStore(settings: StoreSettings, kind: ConnectionKind, onError: (error: Error) => void): Store {
  const { url, prefix, replicas } = settings;
  const redis = connectRedis(url, kind, onError);
  return { redis, prefix, ...(replicas > 0 ? { replicas: new Replicas({ redis, prefix, least: replicas }) } : {}) };
}

/** Whether keys of different hash tags may stand on different servers, so that only what is awaited comes in order. */
export const isSpread = ({ redis }: Store): boolean => redis instanceof Cluster;

/** What Redis says when it cannot serve now, by its own words. */
const FAULT_WORDS =
  /\b(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|OOM|NOREPLICAS|MOVED|NOSCRIPT|BUSY|NOAUTH|NOPERM)\b/;

/** A word for a fault of the store, of which there are few: for counting. */
export function storeFaultOf(error: Error): string {
  if ('code' in error && error.code === 'not_replicated') return 'not_replicated';
  const word = FAULT_WORDS.exec(error.message)?.[1]?.toLowerCase();
  return (
    word ?? (/clos|connect|redirections|stream|timed out|unreachable/i.test(error.message) ? 'unreachable' : 'other')
  );
}

/** Another connection to the same store, with the same settings: for what blocks or only listens. */
export const duplicate = (redis: RedisConnection): RedisConnection =>
  redis instanceof Cluster ? redis.duplicate() : redis.duplicate();

/** Waits until the connection is usable. Throws the connection's own error after `deadlineMs`. */
export async function ready(redis: RedisConnection, deadlineMs = 10_000): Promise<void> {
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

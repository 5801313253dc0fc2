/**
 * Tocsin promises that nothing acknowledged is lost, and that rests on settings of Redis: four of each server, and one of
 * ours where another server may take over. Live routes are refused without them, by name.
 */
import { Cluster, type Redis } from 'ioredis';
import type { Fault } from '../errors.ts';
import type { Store } from './connection.ts';

const REQUIRED = [
  { setting: 'appendonly', value: 'yes', why: 'without the append-only file a restart forgets who was sent the text' },
  {
    setting: 'appendfsync',
    value: 'always',
    why: 'a reply must mean that the write is on disk before a message leaves',
  },
  { setting: 'maxmemory-policy', value: 'noeviction', why: 'eviction would drop recipients and ids silently' },
] as const;

/** Every setting that breaks the ledger's promise, with the command that mends it; empty when all is well. */
export async function durabilityFaults(store: Store): Promise<Fault[]> {
  const { redis } = store;
  const spread = redis instanceof Cluster;
  const servers = spread ? redis.nodes('all') : [redis];
  const masters = spread ? redis.nodes('master') : [redis];
  const faults = await Promise.all([
    ...servers.map((server) => settingFaults(server, spread)),
    ...masters.map((master) => replicaFaults(master, store, spread)),
  ]);
  return [...failoverFaults(store), ...faults.flat()];
}

/** Names the server only where there are several. */
const placeOf = (redis: Redis, spread: boolean): string =>
  spread ? `redis ${redis.options.host}:${redis.options.port}` : 'redis';

async function settingFaults(redis: Redis, spread: boolean): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const { setting, value, why } of REQUIRED) {
    const [, actual = 'unknown'] = (await redis.config('GET', setting)) as string[];
    if (actual !== value) {
      faults.push({
        at: `${placeOf(redis, spread)} ${setting}`,
        message: `is "${actual}", must be "${value}": ${why}. Set it in redis.conf, or: redis-cli CONFIG SET ${setting} ${value}`,
      });
    }
  }
  return faults;
}

async function replicaFaults(master: Redis, { replicas }: Store, spread: boolean): Promise<Fault[]> {
  if (!replicas) return [];
  const info = await master.info('replication');
  const online = info.match(/^slave\d+:.*state=online/gm)?.length ?? 0;
  if (online >= replicas.least) return [];
  const message = `${online} are online, TOCSIN_REDIS_REPLICAS asks for ${replicas.least}: nothing is sent until they are`;
  return [{ at: `${placeOf(master, spread)} replicas`, message }];
}

/** Where a replica may take over it must have the writes first: else the last of them, acknowledged, are forgotten. */
function failoverFaults({ redis, replicas }: Store): Fault[] {
  const failsOver = redis instanceof Cluster ? redis.nodes('slave').length > 0 : redis.options.sentinels !== null;
  if (!failsOver || replicas) return [];
  const message = 'is 0, but a replica may take over from this Redis, without the last writes: set it to 1 or more';
  return [{ at: 'TOCSIN_REDIS_REPLICAS', message }];
}

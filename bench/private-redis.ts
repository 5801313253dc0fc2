/** A Redis of the benchmark's own, set as the shipped config/redis.conf says, and what it costs to use it. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type EmbeddedRedis, startEmbeddedRedis } from '../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../src/demo/redis-binary.ts';
import { connectRedis, ready, type Store } from '../src/store/connection.ts';
import type { Children } from './children.ts';

const SHIPPED = new URL('../config/redis.conf', import.meta.url);
/** Fixed once Redis runs, or set by the one who starts it. */
const NOT_AT_RUN_TIME = new Set(['appendonly', 'tcp-backlog', 'save', 'timeout', 'tcp-keepalive']);

export interface RedisReading {
  readonly cpuMicros: number;
  readonly aofBytes: number;
  readonly memoryBytes: number;
}

export class PrivateRedis {
  readonly store: Store;
  readonly url: string;
  readonly pid: number;
  readonly #embedded: EmbeddedRedis;
  readonly #children: Children;
  readonly #folder: string;

  private constructor(embedded: EmbeddedRedis, store: Store, children: Children, folder: string) {
    this.#embedded = embedded;
    this.#children = children;
    this.#folder = folder;
    this.store = store;
    this.url = embedded.url;
    this.pid = embedded.pid;
  }

  static async start(children: Children, folder: string): Promise<PrivateRedis> {
    const binary = await findOrInstallRedis({ say: (line) => process.stderr.write(`${line}\n`) });
    const embedded = await startEmbeddedRedis({ binary, folder });
    children.adopt(embedded.pid);
    const redis = connectRedis(embedded.url, 'worker', () => {});
    await ready(redis);
    for (const [name, value] of shippedSettings()) {
      // An older Redis or a Valkey may lack a setting; what the ledger rests on is read back below.
      await redis.config('SET', name, value).catch(() => undefined);
    }
    return new PrivateRedis(embedded, { redis, prefix: 'bench:' }, children, folder);
  }

  async setting(name: string): Promise<string> {
    const [, value = 'unknown'] = (await this.store.redis.config('GET', name)) as string[];
    return value;
  }

  async version(): Promise<string> {
    return field(await this.store.redis.info('server'), 'redis_version');
  }

  async read(): Promise<RedisReading> {
    const info = await this.store.redis.info('everything');
    const number = (name: string) => Number(field(info, name));
    return {
      cpuMicros: (number('used_cpu_user') + number('used_cpu_sys')) * 1e6,
      aofBytes: number('aof_current_size'),
      memoryBytes: number('used_memory'),
    };
  }

  /** One value of INFO. */
  async info(name: string): Promise<string> {
    return field(await this.store.redis.info('everything'), name);
  }

  /** Microseconds that each command took since `resetCommands`, the dearest first. */
  async commands(): Promise<{ command: string; calls: number; micros: number }[]> {
    const info = await this.store.redis.info('commandstats');
    const found = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+),usec=(\d+)/gm)];
    return found
      .map(([, command = '', calls, micros]) => ({ command, calls: Number(calls), micros: Number(micros) }))
      .sort((a, b) => b.micros - a.micros);
  }

  async resetCommands(): Promise<void> {
    await this.store.redis.config('RESETSTAT');
  }

  /** Ends the server and removes its files. */
  async stop(): Promise<void> {
    this.store.redis.disconnect();
    await this.#embedded.stop();
    this.#children.release(this.pid);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export const redisFolder = (work: string, round: number | string): string => join(work, `redis-${round}`);

/** Name and value of every setting of the shipped file that can be set while Redis runs. */
function shippedSettings(): [string, string][] {
  const lines = readFileSync(SHIPPED, 'utf8').split('\n');
  const settings = lines.flatMap((line): [string, string][] => {
    const [, name, value] = /^([a-z][a-z-]+)\s+(\S+)\s*$/.exec(line) ?? [];
    return name === undefined || value === undefined || NOT_AT_RUN_TIME.has(name) ? [] : [[name, value]];
  });
  return settings;
}

function field(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? '';
}

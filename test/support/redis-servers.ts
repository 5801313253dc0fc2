/** Redis servers of a test's own that fail over: a master with its replica, Sentinels over them, and a Cluster. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type EmbeddedRedis, freePort, startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import { waitFor } from './wait-for.ts';

const HOST = '127.0.0.1';
const BUS_OFFSET = 10_000;
const HASH_SLOTS = 16_384;
const SETTLED_MS = 20_000;

export interface Server {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  /** For commands of the test. */
  readonly redis: Redis;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on its files. */
  restart(): Promise<void>;
}

/** Registers nothing: call `end` when all is over. */
export async function redisServers() {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-servers-'));
  const binary = await findOrInstallRedis({ say: () => {} });
  const endings: (() => Promise<void>)[] = [];

  const server = async (settings: Readonly<Record<string, string>> = {}, port?: number): Promise<Server> => {
    const at = port ?? (await freePort());
    const own = join(folder, String(at));
    // Replication without a first wait: a test has no seconds for it.
    const given = { 'repl-diskless-sync-delay': '0', ...settings };
    let running: EmbeddedRedis = await startEmbeddedRedis({ binary, folder: own, port: at, settings: given });
    const redis = new Redis(running.url, {
      retryStrategy: () => 100,
      maxRetriesPerRequest: null,
      disconnectTimeout: 100,
    });
    redis.on('error', () => {});
    const kill = async () => {
      process.kill(running.pid, 'SIGKILL');
      await running.ended;
    };
    endings.push(async () => {
      redis.disconnect();
      // A master that is asked to end waits for its replicas first.
      if (!dead) await kill();
    });
    let dead = false;
    return {
      port: at,
      url: running.url,
      folder: own,
      redis,
      kill: async () => {
        dead = true;
        await kill();
      },
      restart: async () => {
        dead = false;
        running = await startEmbeddedRedis({ binary, folder: own, port: at, settings: given });
      },
    };
  };

  const replicaOf = async (master: Server, settings: Readonly<Record<string, string>> = {}): Promise<Server> => {
    const replica = await server(settings);
    await replica.redis.replicaof(HOST, master.port);
    const info = () => master.redis.info('replication');
    await waitFor(
      async () => new RegExp(`port=${replica.port},state=online`).test(await info()),
      SETTLED_MS,
      'the replica',
    );
    return replica;
  };

  /** Three processes that watch over `master`; resolves with the URL when they know each other and its replicas. */
  const sentinels = async (master: Server, replicas = 1): Promise<string> => {
    const ports = [await freePort(), await freePort(), await freePort()];
    for (const port of ports) endings.push(await startSentinel(binary, folder, port, master.port));
    for (const port of ports) {
      const redis = new Redis(port, HOST);
      await waitFor(
        async () => {
          const [state = []] = (await redis.call('SENTINEL', 'MASTERS')) as string[][];
          const of = (name: string) => Number(state[state.indexOf(name) + 1]);
          return of('num-other-sentinels') === 2 && of('num-slaves') === replicas;
        },
        SETTLED_MS,
        'the Sentinels',
      );
      redis.disconnect();
    }
    return `redis+sentinel://${ports.map((port) => `${HOST}:${port}`).join(',')}/mymaster`;
  };

  /** Masters that share all slots, each with one replica if wanted; resolves when the Cluster serves. */
  const cluster = async ({ masters = 3, replicas = true } = {}) => {
    const settings = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '1000' };
    const start = async () => server(settings, await freeBusPort());
    const nodes: Server[] = [];
    for (let i = 0; i < masters * (replicas ? 2 : 1); i += 1) nodes.push(await start());
    const [first] = nodes as [Server];
    for (const [i, { redis }] of nodes.entries()) await redis.cluster('SET-CONFIG-EPOCH', i + 1);
    for (const { redis } of nodes.slice(1)) await redis.cluster('MEET', HOST, first.port);
    for (let i = 0; i < masters; i += 1) {
      const from = Math.floor((i * HASH_SLOTS) / masters);
      const until = Math.floor(((i + 1) * HASH_SLOTS) / masters);
      await nodes[i]!.redis.cluster('ADDSLOTS', ...Array.from({ length: until - from }, (_, slot) => from + slot));
    }
    const agree = async ({ redis }: Server) => {
      const info = String(await redis.cluster('INFO'));
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length}`);
    };
    for (const node of nodes) await waitFor(() => agree(node), SETTLED_MS, 'the Cluster');
    for (let i = masters; i < nodes.length; i += 1) {
      const master = nodes[i - masters]!;
      await nodes[i]!.redis.cluster('REPLICATE', String(await master.redis.cluster('MYID')));
    }
    for (const node of replicas ? nodes.slice(0, masters) : []) {
      await waitFor(() => isOnline(node), SETTLED_MS, 'a replica of the Cluster');
    }
    const url = `redis+cluster://${nodes
      .slice(0, masters)
      .map(({ port }) => `${HOST}:${port}`)
      .join(',')}`;
    return { url, nodes };
  };

  const end = async () => {
    for (const each of endings.splice(0).reverse()) await each();
    rmSync(folder, { recursive: true, force: true });
  };
  return { server, replicaOf, sentinels, cluster, end };
}

export async function isOnline(master: Server): Promise<boolean> {
  return /^slave0:.*state=online/m.test(await master.redis.info('replication'));
}

export async function isMaster({ redis }: Server): Promise<boolean> {
  return (await redis.info('replication')).includes('role:master');
}

async function startSentinel(binary: string, folder: string, port: number, master: number) {
  const own = join(folder, `sentinel-${port}`);
  mkdirSync(own, { recursive: true });
  const file = join(own, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    `bind ${HOST}`,
    `dir ${own}`,
    `sentinel monitor mymaster ${HOST} ${master} 2`,
    'sentinel down-after-milliseconds mymaster 500',
    'sentinel failover-timeout mymaster 3000',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const child = spawn(binary, [file, '--sentinel'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await monitoring(child);
  return async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
}

async function monitoring(child: ChildProcess): Promise<void> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await waitFor(() => output.includes('+monitor'), SETTLED_MS, 'a Sentinel');
}

/** A free port whose Cluster bus, 10,000 above it, is free too. */
async function freeBusPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port + BUS_OFFSET <= 65_535 && (await isFree(port + BUS_OFFSET))) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, HOST, () => probe.close(() => resolve(true)));
  });

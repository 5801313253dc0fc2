/**
 * A private Redis for the demo, the tests and `npm start` on one machine: its own port, its own folder, AOF with
 * `appendfsync always`. Never used where a Redis is configured.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { TocsinError } from '../errors.ts';

export interface EmbeddedRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves with how the server ended, whoever ended it. */
  readonly ended: Promise<string>;
  /** Ends the server after it has written everything; the folder stays. */
  stop(): Promise<void>;
}

const START_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 10_000;
const PROBE_MS = 1_000;
/** In the server's folder: the URL of the server that runs there. */
const URL_FILE = 'server-url';

/** Below the ports that systems give to outgoing connections: one of those might take it before its server listens. */
const FREE_PORTS = { from: 12_000, to: 32_000 } as const;
const TRIES = 100;

/** A port on which nobody listens now. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(FREE_PORTS.from, FREE_PORTS.to);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error('no port could be had');
}

/**
 * Starts `binary` on `port` (or a free one) in `folder` and waits until it takes connections, which is after it has read
 * its AOF. Throws `conflict` / `folder_in_use` when a server runs there: two on one AOF would ruin it.
 */
export async function startEmbeddedRedis(options: {
  binary: string;
  folder: string;
  port?: number;
  deadlineMs?: number;
  /** Further settings, by their name in redis.conf. */
  settings?: Readonly<Record<string, string>>;
}): Promise<EmbeddedRedis> {
  const { binary, folder, port = await freePort(), deadlineMs = START_DEADLINE_MS } = options;
  // It will hold telephone numbers.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await refuseSecondServer(folder);
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
    save: '',
    'auto-aof-rewrite-min-size': '8gb',
    daemonize: 'no',
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  // A group of its own: Ctrl-C must not end the store before those who write to it.
  const child = spawn(binary, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  await listening(child, deadlineMs);
  const ended = new Promise<string>((done) => child.once('exit', (code, by) => done(by ?? `status ${code}`)));
  const url = `redis://127.0.0.1:${port}`;
  writeFileSync(join(folder, URL_FILE), url);
  return { url, port, pid: child.pid ?? 0, ended, stop: () => stop(child) };
}

/** By asking the server itself, so that a file that a killed one left behind is no obstacle. */
async function refuseSecondServer(folder: string): Promise<void> {
  let url: string;
  try {
    url = readFileSync(join(folder, URL_FILE), 'utf8');
  } catch {
    return;
  }
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: PROBE_MS,
    disconnectTimeout: 100,
  });
  redis.on('error', () => {});
  try {
    await redis.connect();
    const [, dir] = (await redis.config('GET', 'dir')) as string[];
    if (dir !== resolve(folder)) return;
    const pid = /process_id:(\d+)/.exec(await redis.info('server'))?.[1];
    const message = `A Redis runs on ${folder} already (process ${pid}, ${url}): Tocsin was started there, or was killed and left it behind. End it first`;
    throw new TocsinError('conflict', 'folder_in_use', message);
  } catch (error) {
    if (error instanceof TocsinError) throw error;
  } finally {
    redis.disconnect();
  }
}

function listening(child: ChildProcess, deadlineMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const settle = (error?: Error) => {
      clearTimeout(timer);
      child.removeAllListeners('error').removeAllListeners('exit');
      // Read on without keeping it: a full pipe would stop the server.
      for (const stream of [child.stdout, child.stderr]) stream?.removeAllListeners('data').resume();
      if (error) reject(error);
      else resolve();
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      settle(new Error(`Redis did not start within ${deadlineMs} ms:\n${output}`));
    }, deadlineMs);
    const onData = (chunk: Buffer) => {
      output += chunk.toString();
      if (/ready to accept connections/i.test(output)) settle();
    };
    child.stdout?.on('data', onData);
    child.stderr?.on('data', onData);
    child.once('error', settle);
    child.once('exit', (code) => settle(new Error(`Redis ended at start-up with code ${code}:\n${output}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  // Redis refuses to end while it writes its first AOF.
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await ended;
  clearTimeout(timer);
}

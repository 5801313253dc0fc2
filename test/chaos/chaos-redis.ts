/**
 * A durable Redis of the run's own that can be killed, frozen, filled up and put on a wrong clock. It comes back on its
 * port and its files, as a supervisor would have it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Children } from '../../bench/children.ts';
import { until } from '../../bench/waiting.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import { connectRedis, ready, type Store } from '../../src/store/connection.ts';

const SHIM_SOURCE = fileURLToPath(new URL('./shifted-clock.c', import.meta.url));
/** Room left in the AOF when the disk is about to be full: less than a group of changes. */
const LAST_BYTES = 2_048;
/** A supervisor starts a server that died again after so long. */
const SUPERVISOR_MS = 300;
const COMES_BACK_WITHIN_MS = 20_000;
/** sh counts `ulimit -f` in blocks of this many bytes (POSIX). */
const BLOCK_BYTES = 512;

/** It reads the AOF of all broadcasts before it, on a machine that has more to do. */
const LOADED_WITHIN_MS = 60_000;

export class ChaosRedis {
  readonly store: Store;
  readonly url: string;
  readonly #children: Children;
  readonly #signal: AbortSignal;
  readonly #folder: string;
  readonly #wrapper: string;
  #server: EmbeddedRedis;

  private constructor(parts: {
    store: Store;
    children: Children;
    signal: AbortSignal;
    folder: string;
    wrapper: string;
    server: EmbeddedRedis;
  }) {
    this.store = parts.store;
    this.url = parts.server.url;
    this.#children = parts.children;
    this.#signal = parts.signal;
    this.#folder = parts.folder;
    this.#wrapper = parts.wrapper;
    this.#server = parts.server;
  }

  static async start(children: Children, folder: string, signal: AbortSignal): Promise<ChaosRedis> {
    const binary = await findOrInstallRedis({ say: (line) => process.stderr.write(`${line}\n`) });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const wrapper = writeWrapper(folder, binary);
    const server = await startEmbeddedRedis({ binary: wrapper, folder });
    children.adopt(server.pid);
    const redis = connectRedis(server.url, 'worker', () => {});
    await ready(redis);
    return new ChaosRedis({ store: { redis, prefix: 'chaos:' }, children, signal, folder, wrapper, server });
  }

  /** SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    process.kill(this.#server.pid, 'SIGKILL');
    await this.#gone();
  }

  async #gone(): Promise<void> {
    await this.#server.ended;
    this.#children.release(this.#server.pid);
  }

  /** Starts it again on its port and files; resolves when its AOF is read and it takes connections. */
  async restart(): Promise<void> {
    const { port } = this.#server;
    this.#server = await startEmbeddedRedis({
      binary: this.#wrapper,
      folder: this.#folder,
      port,
      deadlineMs: LOADED_WITHIN_MS,
    });
    this.#children.adopt(this.#server.pid);
  }

  freeze(): void {
    process.kill(this.#server.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.#server.pid, 'SIGCONT');
  }

  /**
   * The disk is full for a while: the AOF may not grow. Under `appendfsync always` a Redis that cannot write its AOF ends
   * itself; whoever supervises it starts it again and again, until there is room.
   */
  async fillDisk(forMs: number): Promise<void> {
    const room = this.#aofBytes() + LAST_BYTES;
    writeFileSync(join(this.#folder, 'room'), String(Math.ceil(room / BLOCK_BYTES)));
    const { status, stderr } = spawnSync('prlimit', ['--pid', String(this.#server.pid), `--fsize=${room}:`]);
    if (status !== 0) throw new Error(`prlimit failed: ${stderr}`);
    await this.#gone();
    const end = performance.now() + forMs;
    while (performance.now() < end) {
      await pause(SUPERVISOR_MS);
      const again = await this.restart().then(
        () => true,
        () => false,
      );
      if (again) await Promise.race([this.#gone(), pause(end - performance.now())]);
    }
    rmSync(join(this.#folder, 'room'));
    if (await this.#answers()) {
      spawnSync('prlimit', ['--pid', String(this.#server.pid), '--fsize=unlimited:']);
    } else {
      await this.restart();
    }
  }

  #aofBytes(): number {
    const folder = join(this.#folder, 'appendonlydir');
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    return Math.max(0, ...sizes);
  }

  async #answers(): Promise<boolean> {
    return Promise.race([
      this.#server.ended.then(() => false),
      this.store.redis.ping().then(
        () => true,
        () => false,
      ),
    ]);
  }

  /** Refuses writes with MISCONF for a while: its last snapshot failed, since a folder stands where its file should be. */
  async failSnapshots(forMs: number): Promise<void> {
    const { redis } = this.store;
    const obstacle = join(this.#folder, 'dump.rdb');
    rmSync(obstacle, { recursive: true, force: true });
    mkdirSync(join(obstacle, 'in-the-way'), { recursive: true });
    await redis.config('SET', 'save', '86400 1000000000');
    await redis.bgsave();
    await this.#snapshot('err');
    await pause(forMs);
    rmSync(obstacle, { recursive: true });
    await redis.bgsave();
    await this.#snapshot('ok');
    await redis.config('SET', 'save', '');
  }

  async #snapshot(status: 'ok' | 'err'): Promise<void> {
    const patience = { what: `a snapshot ends with ${status}`, deadlineMs: 20_000, pollMs: 10, signal: this.#signal };
    await until(patience, async () => {
      const info = await this.store.redis.info('persistence');
      return info.includes('rdb_bgsave_in_progress:0') && info.includes(`rdb_last_bgsave_status:${status}`)
        ? true
        : undefined;
    });
  }

  /** Refuses what needs memory for a while (`noeviction`). */
  async exhaustMemory(forMs: number): Promise<void> {
    await this.store.redis.config('SET', 'maxmemory', '1');
    await pause(forMs);
    await this.store.redis.config('SET', 'maxmemory', '0');
  }

  /** Puts its wall clock off by so many seconds, until it is put right. */
  async shiftClock(seconds: number): Promise<void> {
    writeFileSync(join(this.#folder, 'clock'), String(seconds));
    const { redis } = this.store;
    const patience = { what: 'the store is on the other clock', deadlineMs: 5_000, pollMs: 20, signal: this.#signal };
    await until(patience, async () => {
      const [at] = await redis.time();
      return Math.abs(Number(at) - Date.now() / 1_000 - seconds) < 60 ? true : undefined;
    });
  }

  async untilReady(): Promise<void> {
    await ready(this.store.redis, COMES_BACK_WITHIN_MS);
  }

  async stop(): Promise<void> {
    this.store.redis.disconnect();
    await this.#server.stop();
    this.#children.release(this.#server.pid);
  }
}

/**
 * Started in place of the server: a signal for a full disk becomes the error that a full disk is, the limit of room is
 * kept over a restart, and where the clock can be shifted it is.
 */
function writeWrapper(folder: string, binary: string): string {
  const wrapper = join(folder, 'redis-server.sh');
  const shim = shiftedClock(folder);
  const clock = join(folder, 'clock');
  writeFileSync(clock, '0');
  const lines = [
    '#!/bin/sh',
    "trap '' XFSZ",
    `[ ! -f '${folder}/room' ] || ulimit -S -f "$(cat '${folder}/room')"`,
    ...(shim === undefined ? [] : [`export LD_PRELOAD='${shim}' TOCSIN_TEST_CLOCK_FILE='${clock}'`]),
    `exec '${binary}' "$@"`,
  ];
  writeFileSync(wrapper, `${lines.join('\n')}\n`, { mode: 0o700 });
  return wrapper;
}

/** The compiled shim; undefined where there is no C compiler, or no preloading. */
function shiftedClock(folder: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const library = join(folder, 'shifted-clock.so');
  const { status } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SHIM_SOURCE]);
  return status === 0 ? library : undefined;
}

export const noCompiler = (): string | undefined =>
  process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0
    ? undefined
    : 'needs Linux and a C compiler (cc), to put Redis on another clock';

export const noPrlimit = (): string | undefined =>
  spawnSync('prlimit', ['--version']).status === 0 ? undefined : 'needs prlimit, to leave a file no room to grow';

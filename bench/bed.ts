/**
 * What every benchmark stands on: a work folder, child processes, the simulator, and on demand a private Redis and
 * dispatchers, all real processes as they run in production.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Route, routeSchema } from '../src/broadcasts/routes.ts';
import { freePort } from '../src/demo/embedded-redis.ts';
import { ACCOUNT, WARM_UP_ACCOUNT } from './account.ts';
import { type Child, Children, hasEnded, tailOf } from './children.ts';
import { PrivateRedis, redisFolder } from './private-redis.ts';
import type { Screen } from './screen.ts';
import { SimulatedSmsc } from './simulated-smsc.ts';
import { until } from './waiting.ts';

const DISPATCHER = fileURLToPath(new URL('../dist/bin/dispatcher.js', import.meta.url));

export interface RouteChoice {
  /** Sessions of each dispatcher. */
  readonly links: number;
  readonly window: number;
  readonly segmentsPerSecond?: number | null;
  /** Caps by region. */
  readonly regionSegmentsPerSecond?: Readonly<Record<string, number>>;
  /** Sessions of each dispatcher to the route that it is warmed up on; none by default. */
  readonly warmUpLinks?: number;
}

export class Bed {
  readonly folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));
  readonly children = new Children(this.folder);
  readonly signal: AbortSignal;
  readonly screen: Screen;
  readonly #redises = new Set<PrivateRedis>();
  #smsc: SimulatedSmsc | undefined;
  #count = 0;

  constructor({ signal, screen }: { signal: AbortSignal; screen: Screen }) {
    this.signal = signal;
    this.screen = screen;
  }

  get smsc(): SimulatedSmsc {
    if (!this.#smsc) throw new Error('the simulator was not started');
    return this.#smsc;
  }

  async startSimulator(): Promise<SimulatedSmsc> {
    this.#smsc = await SimulatedSmsc.start(this.children, this.signal);
    return this.#smsc;
  }

  async startRedis(): Promise<PrivateRedis> {
    this.#count += 1;
    const redis = await PrivateRedis.start(this.children, redisFolder(this.folder, this.#count));
    this.#redises.add(redis);
    return redis;
  }

  async stopRedis(redis: PrivateRedis): Promise<void> {
    this.#redises.delete(redis);
    await redis.stop();
  }

  /**
   * The route to the simulator, and the file that dispatchers read it from. Beside it is one of another account, to warm
   * dispatchers up on, where `warmUpLinks` says so.
   */
  route({ links, window, segmentsPerSecond = null, regionSegmentsPerSecond = {}, warmUpLinks = 0 }: RouteChoice): {
    route: Route;
    warmUp: Route;
    file: string;
  } {
    const account = {
      kind: 'exercise',
      host: '127.0.0.1',
      port: this.smsc.smppPort,
      sender: { address: SENDER },
    };
    const sim = { ...account, ...ACCOUNT, id: 'sim', links, window, segmentsPerSecond, regionSegmentsPerSecond };
    const warm = { ...account, ...WARM_UP_ACCOUNT, id: 'warm', links: Math.max(1, warmUpLinks) };
    const file = join(this.folder, 'routes.yaml');
    writeFileSync(file, JSON.stringify({ routes: warmUpLinks > 0 ? [sim, warm] : [sim] }));
    const parsed = (given: typeof sim | typeof warm) => {
      const { passwordFile, ...route } = routeSchema.parse(given);
      return { ...route, password: given.password };
    };
    return { route: parsed(sim), warmUp: parsed(warm), file };
  }

  /** Starts dispatchers and waits until all their links are bound. `nodeArgs` go before the program. */
  async startDispatchers(
    count: number,
    { redis, routesFile, links, nodeArgs = [] }: DispatcherChoice,
  ): Promise<Child[]> {
    const before = await this.smsc.bound();
    const started: Child[] = [];
    for (let i = 0; i < count; i += 1) {
      const env = {
        ...withoutTocsin(process.env),
        TOCSIN_REDIS_URL: redis.url,
        TOCSIN_REDIS_PREFIX: redis.store.prefix,
        TOCSIN_ROUTES_FILE: routesFile,
        TOCSIN_METRICS_PORT: String(await freePort()),
        TOCSIN_DATA_FOLDER: this.folder,
        TOCSIN_LOG_LEVEL: 'warn',
      };
      started.push(this.children.start('dispatcher', process.execPath, [...nodeArgs, DISPATCHER], { env }));
    }
    const patience = { what: 'all links are bound', deadlineMs: 20_000, pollMs: 50, signal: this.signal };
    await until(patience, async () => {
      this.requireRunning(started);
      return (await this.smsc.bound()) >= before + count * links ? true : undefined;
    });
    return started;
  }

  /** Throws, with the end of its log, when one has ended by itself. */
  requireRunning(children: readonly Child[]): void {
    const ended = children.find(hasEnded);
    if (ended) throw new Error(`the ${ended.name} ended by itself:\n${tailOf(ended)}`);
  }

  async stopChildren(children: readonly Child[]): Promise<void> {
    await Promise.all(children.map((child) => this.children.stop(child)));
  }

  async close(): Promise<void> {
    await this.children.stopAll();
    for (const redis of this.#redises) await redis.stop();
    this.children.killAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface DispatcherChoice {
  readonly redis: PrivateRedis;
  readonly routesFile: string;
  readonly links: number;
  readonly nodeArgs?: readonly string[];
}

export const SENDER = 'ALERTE';

/** Settings of the one who runs the benchmark are not the dispatcher's. */
function withoutTocsin(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TOCSIN_')));
}

/**
 * Where faults happen: the simulator, a durable Redis and dispatchers, and on demand the API, all real processes as they
 * run in production. Whatever is started is ended.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ACCOUNT } from '../../bench/account.ts';
import { type Child, Children, hasEnded, tailOf } from '../../bench/children.ts';
import type { Screen } from '../../bench/screen.ts';
import { SimulatedSmsc } from '../../bench/simulated-smsc.ts';
import { until } from '../../bench/waiting.ts';
import type { Route } from '../../src/broadcasts/routes.ts';
import { loadRoutes } from '../../src/broadcasts/routes-file.ts';
import { freePort } from '../../src/demo/embedded-redis.ts';
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import type { Store } from '../../src/store/connection.ts';
import { ChaosRedis } from './chaos-redis.ts';

const program = (name: string): string => fileURLToPath(new URL(`../../dist/bin/${name}.js`, import.meta.url));
const CLOCK = new URL('./shifted-clock.mjs', import.meta.url).href;
const READY_WITHIN_MS = 30_000;
const DISPATCHERS = 2;
const LINKS = 2;

export interface StageChoice {
  readonly signal: AbortSignal;
  readonly screen: Screen;
  readonly segmentsPerSecond: number;
  /** How long a response is waited for; other times of the route follow from it. */
  readonly responseTimeoutMs: number;
}

interface Running {
  child: Child;
  readonly health: string;
}

export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'tocsin-chaos-'));
  readonly signal: AbortSignal;
  readonly screen: Screen;
  readonly responseTimeoutMs: number;
  readonly children = new Children(this.folder);
  readonly #clockFile = join(this.folder, 'clock');
  readonly #routesFile = join(this.folder, 'routes.yaml');
  readonly #dispatchers: Running[] = [];
  #api: Running | undefined;
  #redis: ChaosRedis | undefined;
  #smsc: SimulatedSmsc | undefined;
  #route: Route | undefined;
  #broadcasts = 0;

  private constructor({ signal, screen, responseTimeoutMs }: StageChoice) {
    this.signal = signal;
    this.screen = screen;
    this.responseTimeoutMs = responseTimeoutMs;
  }

  static async start(choice: StageChoice): Promise<Stage> {
    const stage = new Stage(choice);
    try {
      await stage.#start(choice);
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  async #start({ segmentsPerSecond, responseTimeoutMs }: StageChoice): Promise<void> {
    writeFileSync(this.#clockFile, '0');
    this.#redis = await ChaosRedis.start(this.children, join(this.folder, 'redis'), this.signal);
    this.#smsc = await SimulatedSmsc.start(this.children, this.signal);
    const route = {
      id: 'sim',
      kind: 'exercise',
      host: '127.0.0.1',
      port: this.smsc.smppPort,
      ...ACCOUNT,
      links: LINKS,
      window: 200,
      segmentsPerSecond,
      sender: { address: 'ALERTE' },
      responseTimeoutMs,
      enquireLinkMs: Math.ceil(responseTimeoutMs / 2),
      enquireLinkTimeoutMs: Math.ceil(responseTimeoutMs / 2),
      bindTimeoutMs: responseTimeoutMs,
      reconnectMinMs: 50,
      reconnectMaxMs: 1_000,
    };
    writeFileSync(this.#routesFile, JSON.stringify({ routes: [route] }));
    [this.#route] = await loadRoutes(this.#routesFile);
    for (let i = 0; i < DISPATCHERS; i += 1) this.#dispatchers.push(await this.#startDispatcher());
    await this.untilWhole();
  }

  get redis(): ChaosRedis {
    return this.#redis!;
  }

  get store(): Store {
    return this.redis.store;
  }

  get smsc(): SimulatedSmsc {
    return this.#smsc!;
  }

  get route(): Route {
    return this.#route!;
  }

  get dispatchers(): number {
    return this.#dispatchers.length;
  }

  /** Tells notices and numbers of one stage apart. */
  nextBroadcast(): number {
    this.#broadcasts += 1;
    return this.#broadcasts;
  }

  /** The simulator answers and receipts as a good SMSC does, but for what is given. */
  async behave(behaviour: BehaviourInput = {}): Promise<void> {
    await this.smsc.behave({
      responses: { delayMs: { min: 0, max: 30 }, ...behaviour.responses },
      receipts: {
        delayMs: { min: 20, max: 600 },
        link: 'any',
        // For half an hour, longer than any storm keeps the store away; an SMSC tries for days.
        retry: { temporaryErrorAfterMs: 200, unansweredAfterMs: 3_000, times: 10_000 },
        ...behaviour.receipts,
      },
    });
  }

  async #startDispatcher(): Promise<Running> {
    const port = await freePort();
    return { child: this.#spawnDispatcher(port), health: `http://127.0.0.1:${port}/readyz` };
  }

  #spawnDispatcher(port: number): Child {
    return this.#spawn('dispatcher', { TOCSIN_METRICS_PORT: String(port) });
  }

  /** What `tocsin verify` finds wrong with a broadcast. */
  async verify(broadcast: string): Promise<string[]> {
    const { process: child, log } = this.#spawn('tocsin', {}, ['verify', broadcast]);
    const code = await new Promise((resolve) => child.once('exit', resolve));
    return code === 0 ? [] : [`tocsin verify ended with ${code}: ${readFileSync(log, 'utf8')}`];
  }

  #spawn(name: string, settings: Readonly<Record<string, string>>, args: readonly string[] = []): Child {
    const env = {
      ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(TOCSIN_|NODE_OPTIONS)/.test(key))),
      TOCSIN_REDIS_URL: this.redis.url,
      TOCSIN_REDIS_PREFIX: this.store.prefix,
      TOCSIN_ROUTES_FILE: this.#routesFile,
      TOCSIN_DATA_FOLDER: this.folder,
      TOCSIN_LOG_LEVEL: 'info',
      TOCSIN_TEST_CLOCK_FILE: this.#clockFile,
      ...settings,
    };
    return this.children.start(name, process.execPath, ['--import', CLOCK, program(name), ...args], { env });
  }

  /** SIGKILL, and another one in its place at once. */
  async killDispatcher(i: number): Promise<void> {
    const victim = this.#dispatchers[i]!;
    await killed(victim.child);
    const port = Number(new URL(victim.health).port);
    victim.child = this.#spawnDispatcher(port);
  }

  /** Waits until a dispatcher is up, with all its links. */
  async untilReady(i: number): Promise<void> {
    await this.#healthy(this.#dispatchers[i]!);
  }

  /** Waits until everything is up. */
  async untilWhole(): Promise<void> {
    for (let i = 0; i < this.dispatchers; i += 1) await this.untilReady(i);
    const patience = { what: 'all links are bound', deadlineMs: READY_WITHIN_MS, pollMs: 25, signal: this.signal };
    await until(patience, async () => ((await this.smsc.bound()) >= this.dispatchers * LINKS ? true : undefined));
  }

  async #healthy({ child, health }: Running): Promise<void> {
    const patience = {
      what: `the ${child.name} is ready`,
      deadlineMs: READY_WITHIN_MS,
      pollMs: 25,
      signal: this.signal,
    };
    await until(patience, async () => {
      if (hasEnded(child)) throw new Error(`the ${child.name} ended by itself:\n${tailOf(child)}`);
      return (await answers(health)) ? true : undefined;
    });
  }

  /** Throws, with the end of its log, when a program has ended that nobody here has ended. */
  requireRunning(): void {
    const ended = [this.smsc.child, ...this.#dispatchers.map(({ child }) => child)].find(hasEnded);
    if (ended) throw new Error(`the ${ended.name} ended by itself:\n${tailOf(ended)}`);
  }

  /** Starts the API unless it runs, and waits until it answers; returns where. */
  async api(): Promise<string> {
    const port = this.#api ? Number(new URL(this.#api.health).port) : await freePort();
    if (!this.#api || hasEnded(this.#api.child)) {
      const child = this.#spawn('api', { TOCSIN_HTTP_PORT: String(port) });
      this.#api = { child, health: `http://127.0.0.1:${port}/readyz` };
    }
    await this.#healthy(this.#api);
    return `http://127.0.0.1:${port}`;
  }

  async killApi(): Promise<void> {
    if (this.#api) await killed(this.#api.child);
  }

  /** Sets the wall clock of all dispatchers, or of the first so many, off by some seconds; 0 puts them right. */
  shiftClocks(seconds: number, dispatchers = this.dispatchers): void {
    writeFileSync(this.#clockFile, String(seconds));
    for (const { child } of this.#dispatchers.slice(0, dispatchers)) child.process.kill('SIGWINCH');
  }

  freezeSmsc(): void {
    this.smsc.child.process.kill('SIGSTOP');
  }

  thawSmsc(): void {
    this.smsc.child.process.kill('SIGCONT');
  }

  /** The ends of the logs, for whoever looks into what went wrong. */
  logs(): string {
    return this.#dispatchers.map(({ child }) => `${child.log}:\n${tailOf(child)}`).join('\n');
  }

  async close(): Promise<void> {
    // One that is frozen hears no other signal.
    if (this.#smsc) this.thawSmsc();
    await this.children.stopAll();
    await this.#redis?.stop();
    this.children.killAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function killed({ process: child }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function answers(url: string): Promise<boolean> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await reply.arrayBuffer();
    return reply.ok;
  } catch {
    return false;
  }
}

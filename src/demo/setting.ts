/**
 * The stage of the demo: a private durable Redis, the SMSC simulator, the API and a dispatcher, each the program that
 * runs in production, on free ports of the loopback. What is started is ended.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type EmbeddedRedis, freePort, startEmbeddedRedis } from './embedded-redis.ts';
import { Programs } from './programs.ts';
import { findOrInstallRedis } from './redis-binary.ts';
import type { Screen } from './screen.ts';

/** SMPP accounts have passwords of 8 characters at most (SMPP 3.4 §5.2.2); this one opens nothing but the simulator. */
const ACCOUNT = { systemId: 'demo', password: 'exercise' } as const;
const LINKS = 4;
const TEMPLATES = fileURLToPath(new URL('../../templates', import.meta.url));
/** What becomes of the messages, in percent; receipts come 50 to 1,500 ms after the acceptance. */
const BEHAVIOUR = {
  accounts: [{ ...ACCOUNT, maxBinds: 64 }],
  receipts: { mix: { delivered: 95, undeliverable: 3, expired: 2 }, delayMs: { min: 50, max: 1_500 }, link: 'any' },
} as const;

export interface SettingPlan {
  readonly node: string;
  /** The environment without Tocsin's own settings. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly rate?: number;
  readonly seed: number;
  /** Aborted when all shall end. */
  readonly signal: AbortSignal;
}

export class Setting {
  readonly folder: string;
  readonly #plan: SettingPlan;
  readonly #screen: Screen;
  #redis: EmbeddedRedis | undefined;
  #programs: Programs | undefined;
  api = '';
  simulator = '';

  constructor(plan: SettingPlan, screen: Screen) {
    this.folder = plan.folder;
    this.#plan = plan;
    this.#screen = screen;
  }

  get redisUrl(): string {
    return this.#redis?.url ?? '';
  }

  get programs(): Programs {
    if (this.#programs) return this.#programs;
    throw new Error('the setting is not started');
  }

  async start(): Promise<void> {
    const { node, env, folder, rate, seed, signal } = this.#plan;
    const screen = this.#screen;
    mkdirSync(folder, { recursive: true });
    const binary = await findOrInstallRedis({ say: (line) => screen.say(`   ${line}`) });
    this.#redis = await startEmbeddedRedis({ binary, folder: join(folder, 'redis') });
    screen.say(`   Redis       ${this.#redis.url}, every write on disk before it counts`);

    const [smppPort, controlPort, httpPort, metricsPort] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    this.simulator = `http://127.0.0.1:${controlPort}`;
    this.api = `http://127.0.0.1:${httpPort}`;
    const settings = {
      TOCSIN_REDIS_URL: this.#redis.url,
      TOCSIN_HTTP_PORT: String(httpPort),
      TOCSIN_METRICS_PORT: String(metricsPort),
      TOCSIN_TEMPLATES_FOLDER: TEMPLATES,
      TOCSIN_ROUTES_FILE: this.#write('routes.yaml', { routes: [route(smppPort, rate)] }),
      TOCSIN_DATA_FOLDER: join(folder, 'data'),
    };
    mkdirSync(settings.TOCSIN_DATA_FOLDER, { recursive: true });
    this.#programs = new Programs({ node, folder, env: { ...env, ...settings }, signal });
    const behaviour = this.#write('simulator.yaml', BEHAVIOUR);
    const ports = ['--smpp-port', String(smppPort), '--http-port', String(controlPort)];
    const args = [...ports, '--seed', String(seed), '--behaviour', behaviour];
    await this.#programs.start({ name: 'simulator', args, health: `${this.simulator}/healthz` });
    screen.say(`   Simulator   an SMSC on port ${smppPort}; what it saw: ${this.simulator}/record`);
    await this.#programs.start({ name: 'api', health: `${this.api}/readyz` });
    screen.say(`   API         ${this.api}`);
    await this.#programs.start({ name: 'dispatcher', health: `http://127.0.0.1:${metricsPort}/healthz` });
    screen.say(`   Dispatcher  metrics on http://127.0.0.1:${metricsPort}/metrics`);
  }

  /** Ends everything; the folder stays, without Redis's own files unless they are wanted. */
  async stop(): Promise<void> {
    await this.#programs?.stopAll();
    await this.#redis?.stop();
    rmSync(join(this.folder, 'redis'), { recursive: true, force: true });
  }

  #write(name: string, content: unknown): string {
    const file = join(this.folder, name);
    writeFileSync(file, stringify(content));
    return file;
  }
}

const route = (port: number, rate: number | undefined) => ({
  id: 'exercise',
  kind: 'exercise',
  host: '127.0.0.1',
  port,
  ...ACCOUNT,
  links: LINKS,
  window: 500,
  segmentsPerSecond: rate ?? null,
  sender: { address: 'TOCSIN' },
});

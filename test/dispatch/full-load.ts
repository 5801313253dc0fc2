/**
 * A platform at full load: the SMSC simulator and several dispatchers as programs of their own, on the run's Redis, with
 * an audience that keeps them busy for longer than a test looks. Nothing limits the rate but the machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Audiences } from '../../src/audience/audiences.ts';
import { cancel } from '../../src/broadcasts/control.ts';
import { launch, launchPhrase } from '../../src/broadcasts/launch.ts';
import { ProgressReader } from '../../src/broadcasts/progress.ts';
import type { Route } from '../../src/broadcasts/routes.ts';
import { freePort } from '../../src/demo/embedded-redis.ts';
import { REGIONS } from '../../src/directory/regions.ts';
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import type { RecordSnapshot } from '../../src/simulator/record.ts';
import type { Store } from '../../src/store/connection.ts';
import { aNotice, approval, aRoute, noticeRecords, OPERATOR, storeNotice } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { ACCOUNT, aTextRendering, SHORT_TEXT } from './harness.ts';

const CODES = REGIONS.slice(0, 100).map(({ code }) => code);
const FIRST = 999_300_000_000;
const HOUR_MS = 3_600_000;

export interface Program {
  readonly child: ChildProcess;
  /** Lines of JSON that it logged. */
  readonly logged: { msg?: string; level?: number }[];
  /** Sends SIGTERM; gives how long it took to end, and with what code. */
  readonly terminate: () => Promise<{ ms: number; code: number | null; signal: NodeJS.Signals | null }>;
}

export interface FullLoadInput {
  readonly recipients: number;
  readonly dispatchers: number;
  readonly route?: Partial<Record<keyof Route, unknown>>;
  readonly behaviour?: BehaviourInput;
  /** A store of the caller's; else one of its own on the run's Redis. */
  readonly store?: { readonly store: Store; readonly url: string };
}

export type FullLoad = Awaited<ReturnType<typeof startFullLoad>>;

export async function startFullLoad(input: FullLoadInput) {
  const { recipients } = input;
  const endings: (() => unknown)[] = [];
  const end = async () => {
    for (const each of endings.splice(0).reverse()) await each();
  };
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-load-'));
  endings.push(() => rmSync(folder, { recursive: true, force: true }));
  const own = input.store ? undefined : await testStore();
  const { store, url } = input.store ?? own!;
  if (own) endings.push(own.close);

  const start = (name: string, args: readonly string[], env: Record<string, string> = {}): Program => {
    const program = fileURLToPath(new URL(`../../dist/bin/${name}.js`, import.meta.url));
    if (!existsSync(program)) throw new Error(`${program} is missing: run "npm run build", or "npm test", which does`);
    const child = spawn(process.execPath, [program, ...args], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const logged: { msg?: string; level?: number }[] = [];
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) logged.push(JSON.parse(line));
    });
    const ended = () => child.exitCode !== null || child.signalCode !== null;
    endings.push(async () => {
      if (ended()) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    });
    const terminate = async () => {
      const asked = performance.now();
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null];
      return { ms: performance.now() - asked, code, signal };
    };
    return { child, logged, terminate };
  };

  const behaviourFile = join(folder, 'behaviour.json');
  writeFileSync(behaviourFile, JSON.stringify(input.behaviour ?? {}));
  const [smppPort, httpPort] = [await freePort(), await freePort()];
  const smsc = start('simulator', [
    ...['--smpp-port', String(smppPort), '--http-port', String(httpPort)],
    ...['--max-binds', '64', '--behaviour', behaviourFile].slice(input.behaviour?.accounts ? 2 : 0),
  ]);
  await waitFor(() => smsc.logged.some(({ msg }) => msg === 'simulator ready'), 15_000, 'the simulator');
  const simulator = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${httpPort}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    return response.status === 204 ? undefined : response.json();
  };
  const record = async () => (await simulator('GET', '/record')) as RecordSnapshot;

  const route = {
    id: 'drill',
    kind: 'exercise',
    host: '127.0.0.1',
    port: smppPort,
    ...ACCOUNT,
    sender: { address: 'Tocsin' },
    links: 4,
    window: 500,
    ...input.route,
  };
  const audiences = new Audiences({ store, workFolder: folder });
  const { snapshot } = await audiences.import(Readable.from(csv(recipients)), { name: 'all' }, 'cli:tester');
  const routesFile = join(folder, 'routes.yaml');
  writeFileSync(routesFile, JSON.stringify({ routes: [route] }));
  const dispatcher = (env: Record<string, string> = {}): Program =>
    start('dispatcher', [], {
      TOCSIN_REDIS_URL: url,
      TOCSIN_REDIS_PREFIX: store.prefix,
      TOCSIN_ROUTES_FILE: routesFile,
      TOCSIN_DATA_FOLDER: folder,
      TOCSIN_METRICS_PORT: '0',
      TOCSIN_LOG_LEVEL: 'info',
      ...env,
    });
  const dispatchers = Array.from({ length: input.dispatchers }, () => dispatcher());

  let launches = 0;
  /** Launches a notice with a text of its own to the whole audience, and waits until `submits` of it have come. */
  const launchOne = async (submits: number): Promise<string> => {
    launches += 1;
    const text = `${SHORT_TEXT} No ${launches}.`;
    const notice = aNotice({
      audience: snapshot.id,
      regions: [...CODES],
      renderings: CODES.map((region) => aTextRendering(region, text)),
      decisions: CODES.map(approval),
      expires: new Date(Date.now() + HOUR_MS).toISOString(),
    });
    await storeNotice(store, `n${launches}`, notice);
    const deps = {
      store,
      notices: noticeRecords(store),
      routes: [aRoute(route)],
      groupsOf: async () => snapshot.value.groups,
      now: Date.now,
    };
    const before = (await record()).submits;
    const { id } = await launch(deps, `n${launches}`, launchPhrase(notice, recipients), OPERATOR);
    await waitFor(async () => (await record()).submits - before >= submits, 30_000, `${submits} submissions`);
    return id;
  };
  const reader = new ProgressReader({ store });
  const progress = (id: string) => reader.read(id);
  const closed = (id: string, withinMs = 60_000) =>
    waitFor(
      async () => {
        const current = await progress(id);
        return current.state === 'closed' ? current : undefined;
      },
      withinMs,
      `the end of ${id}`,
    );
  return {
    store,
    folder,
    smsc,
    simulator,
    record,
    dispatcher,
    dispatchers,
    launch: launchOne,
    progress,
    closed,
    cancel: (id: string) => cancel(store, id, OPERATOR, Date.now),
    end,
  };
}

function* csv(recipients: number): Generator<string> {
  const lines: string[] = ['msisdn,region,language\n'];
  for (let i = 0; i < recipients; i += 1) {
    lines.push(`+${FIRST + i},${CODES[i % CODES.length]},fr\n`);
    if (lines.length < 1_000) continue;
    yield lines.join('');
    lines.length = 0;
  }
  yield lines.join('');
}

/** Gives an order and waits for silence; how long after its answer the SMSC heard of the last submission. */
export async function lastSubmissionAfter(load: FullLoad, order: () => Promise<unknown>): Promise<number> {
  await order();
  const answeredAt = Date.now();
  const { lastSubmitAt } = await waitFor(
    async () => {
      const now = await load.record();
      return Date.now() - Math.max(now.lastSubmitAt ?? 0, answeredAt) > 1_300 ? now : undefined;
    },
    15_000,
    'silence',
  );
  return (lastSubmitAt ?? 0) - answeredAt;
}

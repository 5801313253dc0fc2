/** A dispatcher program that is killed with SIGKILL in mid-broadcast, several times: the promise of the ledger. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Audiences } from '../../src/audience/audiences.ts';
import { launch, launchPhrase } from '../../src/broadcasts/launch.ts';
import { ProgressReader } from '../../src/broadcasts/progress.ts';
import { recipientState } from '../../src/broadcasts/recipient.ts';
import { verify } from '../../src/broadcasts/verify.ts';
import { REGIONS } from '../../src/directory/regions.ts';
import { recipientList } from '../../src/simulator/record-views.ts';
import type { Simulator } from '../../src/simulator/running.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { aNotice, approval, aRoute, noticeRecords, OPERATOR, storeNotice } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { ACCOUNT, aTextRendering, nonZero, SHORT_TEXT } from './harness.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/bin/dispatcher.js', import.meta.url));
const RECIPIENTS = 20_000;
const REGION_CODES = REGIONS.slice(0, 100).map(({ code }) => code);
/** Kills come when the SMSC has heard of this many submissions. */
const KILLS = [3_000, 7_000, 11_000, 15_000];
const FIRST = 999_200_000_000;

describe('a dispatcher that is killed', () => {
  const endings: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  function* csv(): Generator<string> {
    yield 'msisdn,region,language\n';
    for (let i = 0; i < RECIPIENTS; i += 1) yield `+${FIRST + i},${REGION_CODES[i % REGION_CODES.length]},fr\n`;
  }

  function startProgram(settings: Record<string, string>): ChildProcess {
    const env = { PATH: process.env.PATH, TOCSIN_METRICS_PORT: '0', TOCSIN_LOG_LEVEL: 'fatal', ...settings };
    const child = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    endings.push(() => kill(child));
    return child;
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  const routeOf = (simulator: Simulator) => ({
    id: 'drill',
    kind: 'exercise',
    host: '127.0.0.1',
    port: simulator.smppPort,
    ...ACCOUNT,
    sender: { address: 'Tocsin' },
    links: 2,
    window: 200,
    segmentsPerSecond: 4_000,
    responseTimeoutMs: 1_000,
    reconnectMinMs: 20,
  });

  test('R3: loses nobody (rules 1, 5 and 7), and whoever has the text twice is listed as in doubt', async () => {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run "npm run build", or "npm test", which does`);
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-kill-'));
    endings.push(() => rmSync(folder, { recursive: true, force: true }));
    const { store, url, close } = await testStore();
    endings.push(close);
    const simulator = await startSimulator({
      behaviour: {
        responses: { delayMs: { min: 0, max: 20 } },
        receipts: { delayMs: { min: 0, max: 300 }, beforeResponse: 0.1, link: 'any' },
      },
    });
    endings.push(() => simulator.stop());
    const audiences = new Audiences({ store, workFolder: folder });
    const { snapshot } = await audiences.import(Readable.from(csv()), { name: 'all' }, 'cli:tester');
    const regions = [...REGION_CODES];
    const notice = aNotice({
      audience: snapshot.id,
      regions,
      renderings: regions.map((region) => aTextRendering(region, SHORT_TEXT)),
      decisions: regions.map(approval),
      expires: new Date(Date.now() + 600_000).toISOString(),
    });
    await storeNotice(store, 'n1', notice);
    const routesFile = join(folder, 'routes.yaml');
    writeFileSync(routesFile, JSON.stringify({ routes: [routeOf(simulator)] }));
    const settings = {
      TOCSIN_REDIS_URL: url,
      TOCSIN_REDIS_PREFIX: store.prefix,
      TOCSIN_ROUTES_FILE: routesFile,
      TOCSIN_DATA_FOLDER: folder,
    };
    let program = startProgram(settings);
    const deps = {
      store,
      notices: noticeRecords(store),
      routes: [aRoute(routeOf(simulator))],
      groupsOf: async () => snapshot.value.groups,
      now: Date.now,
    };
    const { id } = await launch(deps, 'n1', launchPhrase(notice, RECIPIENTS), OPERATOR);
    for (const submits of KILLS) {
      await waitFor(() => simulator.record.submits >= submits, 15_000, `${submits} submissions`);
      await kill(program);
      program = startProgram(settings);
    }
    const reader = new ProgressReader({ store });
    const progress = await waitFor(
      async () => {
        const current = await reader.read(id);
        return current.state === 'closed' ? current : undefined;
      },
      30_000,
      'the end of the broadcast',
    );

    const record = simulator.record.snapshot();
    expect(progress).toMatchObject({ recipients: RECIPIENTS, final: RECIPIENTS, unaccounted: 0 });
    expect(nonZero(progress.counts)).toEqual({ delivered: RECIPIENTS });
    expect(record.recipients).toBe(RECIPIENTS);
    expect(progress.inDoubt).toBeGreaterThan(0);
    expect(record.duplicates).toBeLessThanOrEqual(progress.inDoubt);
    const locate = (audience: string, msisdn: number) => audiences.locate(audience, msisdn);
    for (const { msisdn, times } of recipientList(simulator.record, 2, RECIPIENTS)) {
      expect(times).toBeLessThanOrEqual(1 + KILLS.length);
      expect((await recipientState(store, locate, id, Number(msisdn))).inDoubt).toBe(true);
    }
    const { differences, inDoubt } = await verify(store, id);
    expect({ differences, inDoubt }).toEqual({ differences: [], inDoubt: progress.inDoubt });
  }, 60_000);
});

/** The API as a program: reads the settings, wires the modules, listens, stops on SIGTERM. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import closeWithGrace from 'close-with-grace';
import { createApp } from '../api/app.ts';
import { loadCredentials } from '../api/credentials.ts';
import { startServer } from '../api/server.ts';
import { archiveCalls } from '../archive/calls.ts';
import { startHousekeeping } from '../archive/housekeeping.ts';
import { Audiences } from '../audience/audiences.ts';
import { broadcastCalls } from '../broadcasts/calls.ts';
import { routesByRegion } from '../broadcasts/route-choice.ts';
import { liveRouteFaults, requireDurableStore } from '../broadcasts/routes.ts';
import { explainConfigError, loadConfig } from '../config.ts';
import { Directory } from '../directory/directory.ts';
import { startEscalation } from '../escalation/escalation.ts';
import { createLogger } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { Notices } from '../notices/notices.ts';
import { policyContacts } from '../notices/policy-contacts.ts';
import { CLOCKS_APART, StoreClock } from '../store/clock.ts';
import { openStore, ready } from '../store/connection.ts';
import { readFiles } from './files.ts';

const STOP_MS = 10_000;
/** Imports that died with their process are removed when their lease has run out. */
const SWEEP_MS = 20_000;

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const { routes, order, templates, languages, policy, cap, warnings } = await readFiles(config);
  const log = createLogger(config.logLevel, 'api');
  for (const warning of warnings) log.warn(warning, 'a setting that should not stay so');
  const store = openStore(config.redis, 'request', (error) => log.error({ err: error }, 'store connection'));
  await ready(store.redis);
  await requireDurableStore(store, routes);
  const clock = new StoreClock({ store, onDisagreement: (apart) => log.warn(apart, CLOCKS_APART) });
  const now = await clock.start();

  const audiences = new Audiences({ store, workFolder: config.dataFolder });
  await audiences.sweepUnfinished();
  setInterval(() => void audiences.sweepUnfinished().catch(() => {}), SWEEP_MS).unref();
  const directory = new Directory({ store, now, ...config.directory, expected: policyContacts(policy) });
  const snapshot = async (id: string) => (await audiences.usable(id)).value;
  const notices = new Notices({
    ...{ store, templates, languages, directory, snapshot, policy, now },
    routesOf: (notice) => routesByRegion(routes, order, notice),
  });
  const broadcasts = broadcastCalls({ store, notices: notices.records, routes, order, audiences, now });
  const filed = { ...config, store, notices: notices.records, audiences, now, log };
  const archive = archiveCalls(filed);
  const stopHousekeeping = startHousekeeping({ ...filed, archive: archive.archive });
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const metrics = createMetrics({ processMetrics: true });
  const credentials = await loadCredentials(config.identityFile, { store, log, now });
  const { app, closeStreams } = createApp({
    ...{ ...credentials, store, notices, directory, audiences, templates, broadcasts, archive },
    ...{ routes, order, cap, log, metrics, version, now, trustedProxies: config.http.proxies },
    notReady: () => liveRouteFaults(store, routes),
  });
  const server = await startServer(app, { ...config.http, closeStreams });
  const stopEscalation = startEscalation({ store, notices: notices.records, policy, now, log });
  log.info({ port: server.port }, 'api ready');

  closeWithGrace({ delay: STOP_MS, logger: log }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'api ends by an error');
    stopHousekeeping();
    await Promise.all([server.stop(), stopEscalation()]);
    store.redis.disconnect();
    log.info({ signal }, 'api stopped');
  });
}

main().catch((error: unknown) => {
  for (const line of explainConfigError(error)) console.error(line);
  process.exit(1);
});

/** The dispatcher as a program: any number of them on one Redis. Serves its metrics and health, stops on SIGTERM. */
import { createServer } from 'node:http';
import process from 'node:process';
import closeWithGrace from 'close-with-grace';
import { Audiences } from '../audience/audiences.ts';
import { requireDurableStore } from '../broadcasts/routes.ts';
import { loadRoutesFile } from '../broadcasts/routes-file.ts';
import { explainConfigError, loadConfig } from '../config.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import { stillWanted } from '../escalation/still-wanted.ts';
import { createLogger } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import type { Notice } from '../notices/notice.ts';
import { loadPolicy } from '../notices/policy-file.ts';
import { CLOCKS_APART, StoreClock } from '../store/clock.ts';
import { openStore, ready } from '../store/connection.ts';
import { Records } from '../store/records.ts';

/** The dispatcher leaves sooner by itself. */
const STOP_MS = 10_000;

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const { routes, warnings } = await loadRoutesFile(config.routesFile);
  const { people } = await loadPolicy(config.approvals.file, { webhooks: false });
  const log = createLogger(config.logLevel, 'dispatcher');
  for (const warning of [...config.warnings, ...warnings]) log.warn(warning, 'a setting that should not stay so');
  const store = openStore(config.redis, 'worker', (error) => log.error({ err: error }, 'store connection'));
  await ready(store.redis);
  await requireDurableStore(store, routes);
  const clock = new StoreClock({ store, onDisagreement: (apart) => log.warn(apart, CLOCKS_APART) });
  const now = await clock.start();

  const audiences = new Audiences({ store, workFolder: config.dataFolder });
  const metrics = createMetrics({ processMetrics: true });
  const notices = new Records<Notice>(store, 'notice');
  const dispatcher = new Dispatcher({
    store,
    routes,
    notices,
    officials: { wanted: stillWanted(notices), numberOf: (id) => people.find((one) => one.id === id)?.msisdn },
    block: (audience, region, language, block) => audiences.block(audience, region, language, block),
    metrics,
    log,
    now,
  });
  await dispatcher.start();

  const server = createServer(async (request, response) => {
    if (request.url === '/metrics') {
      response.setHeader('Content-Type', metrics.registry.contentType);
      response.end(await metrics.registry.metrics());
    } else {
      response.statusCode = request.url === '/healthz' || dispatcher.healthy ? 200 : 503;
      const well = dispatcher.halted ? 'ok, halted' : 'ok';
      response.end(`${response.statusCode === 200 ? well : 'no link is bound'}\n`);
    }
  });
  server.listen(config.metrics.port, config.metrics.host);
  server.once('listening', () => log.info({ metrics: server.address() }, 'dispatcher ready'));

  closeWithGrace({ delay: STOP_MS, logger: log }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'dispatcher ends by an error');
    server.close();
    await dispatcher.stop();
    store.redis.disconnect();
    log.info({ signal }, 'dispatcher stopped');
  });
}

main().catch((error: unknown) => {
  for (const line of explainConfigError(error)) console.error(line);
  process.exit(1);
});

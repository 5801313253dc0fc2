/** For supervisors: alive, ready, metrics. Open to whoever reaches the port, so they tell nothing of notices or people. */
import { Router } from 'express';
import { type Fault, TocsinError } from '../errors.ts';
import type { ApiDeps } from './deps.ts';

const STORE_ANSWERS_MS = 1_000;

export function supervision({ store, broadcasts, metrics, notReady }: ApiDeps): Router {
  const router = Router();
  /** As far as it is known in time: a process without its store is alive all the same. */
  const haltNow = async () => {
    const known = store.redis.status === 'ready' ? await inTime(broadcasts.halted()) : undefined;
    if (known) metrics.halted.set(known.halted ? 1 : 0);
    return known;
  };
  router.get('/healthz', async (_request, response) => {
    const known = await haltNow();
    response.json({ status: 'alive', ...(known === undefined ? {} : { halted: known.halted }) });
  });
  router.get('/readyz', async (_request, response) => {
    const faults = await faultsNow(store.redis, notReady);
    if (faults.length > 0) throw new TocsinError('unavailable', 'not_ready', 'Not ready to serve', { faults });
    response.json({ status: 'ready' });
  });
  router.get('/metrics', async (_request, response) => {
    await haltNow();
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return router;
}

async function faultsNow(redis: ApiDeps['store']['redis'], notReady: ApiDeps['notReady']): Promise<Fault[]> {
  const gone = { at: 'redis', message: 'does not answer' };
  if (redis.status !== 'ready') return [gone];
  const answer = await inTime(redis.ping());
  return answer === undefined ? [gone] : ((await notReady?.()) ?? []);
}

/** What `work` gives; undefined when it fails or takes too long. */
async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), STORE_ANSWERS_MS);
  });
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

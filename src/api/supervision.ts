/** For supervisors: alive, ready, metrics. Open to whoever reaches the port, so they tell nothing of notices or people. */
import { Router } from 'express';
import { type Fault, TocsinError } from '../errors.ts';
import type { ApiDeps } from './deps.ts';

const STORE_ANSWERS_MS = 1_000;

export function supervision({ store, metrics, notReady }: ApiDeps): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });
  router.get('/readyz', async (_request, response) => {
    const faults = await faultsNow(store.redis, notReady);
    if (faults.length > 0) throw new TocsinError('unavailable', 'not_ready', 'Not ready to serve', { faults });
    response.json({ status: 'ready' });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return router;
}

async function faultsNow(redis: ApiDeps['store']['redis'], notReady: ApiDeps['notReady']): Promise<Fault[]> {
  const gone = { at: 'redis', message: 'does not answer' };
  if (redis.status !== 'ready') return [gone];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), STORE_ANSWERS_MS);
  });
  const answered = redis.ping().then(
    () => true,
    () => false,
  );
  const isThere = await Promise.race([answered, late]);
  clearTimeout(timer);
  return isThere ? ((await notReady?.()) ?? []) : [gone];
}

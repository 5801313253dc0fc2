/** Every link of every process binds anew at once, under full load: what brought six redundant sites down in 2021. */
import { ALL_ROUTES, orderReconnect } from '../../src/broadcasts/reconnects.ts';
import { verify } from '../../src/broadcasts/verify.ts';
import { OPERATOR } from '../broadcasts/builders.ts';
import { waitFor } from '../support/wait-for.ts';
import { startFullLoad } from './full-load.ts';

const RECIPIENTS = 60_000;
const LINKS = 3 * 4;
const BACK_WITHIN_MS = 5_000;
const SPAN_MS = 1_000;

describe('reconnect all', () => {
  test('at full load, with three dispatchers: lost 0, twice only who is in doubt, and the rate is back within 5 s', async () => {
    const load = await startFullLoad({
      recipients: RECIPIENTS,
      dispatchers: 3,
      route: { segmentsPerSecond: 4_000 },
    });
    try {
      /** Submissions a second, as the SMSC counts them. */
      const rate = async (): Promise<number> => {
        const from = await load.record();
        const since = performance.now();
        await waitFor(() => performance.now() - since >= SPAN_MS);
        const to = await load.record();
        return ((to.submits - from.submits) * 1_000) / (performance.now() - since);
      };
      const id = await load.launch(6_000);
      const before = await rate();
      await orderReconnect(load.store, ALL_ROUTES, OPERATOR, Date.now);
      const orderedAt = performance.now();
      await waitFor(async () => (await load.record()).binds.ESME_ROK === 2 * LINKS, BACK_WITHIN_MS, 'all binds');
      await waitFor(async () => (await rate()) > 0.9 * before, BACK_WITHIN_MS + SPAN_MS, 'the rate');
      expect(performance.now() - orderedAt).toBeLessThan(BACK_WITHIN_MS);
      expect((await load.record()).binds).toEqual({ ESME_ROK: 2 * LINKS });
      const { counts, inDoubt } = await load.closed(id, 90_000);
      const record = await load.record();
      expect(counts.delivered).toBe(RECIPIENTS);
      expect(record.recipients).toBe(RECIPIENTS);
      expect(record.duplicates).toBeLessThanOrEqual(inDoubt);
      expect(inDoubt).toBe(0);
      expect((await verify(load.store, id)).differences).toEqual([]);
    } finally {
      await load.end();
    }
  }, 150_000);
});

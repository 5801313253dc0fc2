/** Several routes to several SMSCs, some of which fail: the others carry, nobody is lost, and nobody is sent to by two. */
import { freePort } from '../../src/demo/embedded-redis.ts';
import { BatchQueue } from '../../src/queue/batch-queue.ts';
import { waitFor } from '../support/wait-for.ts';
import { accepted, breakers, cutOff, expectOnce, HAND_OVER_MS, STEADY, startPair } from './failover-pair.ts';
import { dispatchFixture, expectAccountedFor, LONG_TEXT, nonZero } from './harness.ts';

const dispatch = dispatchFixture();

describe('a route that fails', () => {
  test('by links that are all lost hands what is pending to the next within 5 s', async () => {
    const pair = await startPair(dispatch, { first: STEADY, dispatchers: 2 });
    const { running, a, b } = pair;
    const id = await running.launch({ recipients: 1_500, regions: ['2A', '35'] });
    await waitFor(() => a.record.accepted > 400);
    expect(b.record.submits).toBe(0);
    const at = cutOff(a);
    await waitFor(() => b.record.submits > 0, HAND_OVER_MS);
    expect(b.record.firstSubmitAt - at).toBeLessThan(HAND_OVER_MS);
    await running.until(id, ({ counts }) => counts.pending === 0, 15_000);
    a.patchBehaviour({ bind: { silent: false } });
    await expectOnce(pair, id, 3_000);
    expect(b.record.accepted).toBeGreaterThan(1_500);
  });

  test('by the death of its SMSC loses nobody', async () => {
    const { running, a, b } = await startPair(dispatch, {
      first: STEADY,
      behaviour: { responses: { delayMs: { max: 50 } } },
    });
    const id = await running.launch({ recipients: 2_000 });
    await waitFor(() => a.record.accepted > 400);
    await a.stop();
    const progress = await running.until(id, ({ counts }) => counts.pending + counts.sending === 0, 15_000);
    // What it had to tell died with it.
    expect(progress.counts.delivered + progress.counts.accepted).toBe(2_000);
    expect(progress.counts.delivered).toBeGreaterThanOrEqual(b.record.accepted);
    expect(accepted(a, b) - 2_000).toBeLessThanOrEqual(progress.inDoubt);
    await expectAccountedFor(running, id);
  });

  test.each([['refuses everything', [{ status: 'ESME_RSYSERR' }]]])(
    'as its SMSC %s hands over within 5 s, and nothing of it is in doubt',
    async (_, refusals) => {
      const pair = await startPair(dispatch, { first: STEADY });
      const { running, a, b } = pair;
      const id = await running.launch({ recipients: 2_500 });
      await waitFor(() => a.record.accepted > 300);
      a.patchBehaviour({ submissions: { refusals } });
      const at = Date.now();
      await waitFor(() => b.record.submits > 0, HAND_OVER_MS);
      expect(b.record.firstSubmitAt - at).toBeLessThan(HAND_OVER_MS);
      const { inDoubt } = await expectOnce(pair, id, 2_500);
      expect(inDoubt).toBe(0);
      expect(accepted(a, b)).toBe(2_500);
    },
  );

  test('as it is throttled to a crawl hands over within 5 s', async () => {
    const pair = await startPair(dispatch, { first: STEADY });
    const { running, a, b } = pair;
    const id = await running.launch({ recipients: 2_500 });
    await waitFor(() => a.record.accepted > 300);
    a.patchBehaviour({ accounts: [{ systemId: 'tocsin', password: 'secret', segmentsPerSecond: 5 }] });
    await waitFor(() => b.record.submits > 0, HAND_OVER_MS);
    const { inDoubt } = await expectOnce(pair, id, 2_500);
    expect(inDoubt).toBe(0);
  });

  test('as its SMSC falls silent hands over what was not submitted within 5 s, and the rest when it is in doubt', async () => {
    const pair = await startPair(dispatch, { first: { ...STEADY, responseTimeoutMs: 6_000 }, dispatchers: 2 });
    const { running, a, b } = pair;
    const id = await running.launch({ recipients: 3_000, text: LONG_TEXT });
    await waitFor(() => a.record.accepted > 400);
    a.patchBehaviour({ responses: { lost: 1 } });
    const at = Date.now();
    await waitFor(() => b.record.submits > 0, HAND_OVER_MS);
    expect(b.record.firstSubmitAt - at).toBeLessThan(HAND_OVER_MS);
    const progress = await running.until(id, ({ counts }) => counts.pending + counts.sending === 0, 20_000);
    expect(progress.inDoubt).toBeGreaterThan(0);
    // One more copy each, and by the next route: the silent one is not tried with those in doubt.
    expect(accepted(a, b) / 2 - 3_000).toBeLessThanOrEqual(progress.inDoubt);
    await expectAccountedFor(running, id);
  }, 30_000);

  test('rule 1: as its SMSC answers late sends to nobody whom the next route sends to', async () => {
    const pair = await startPair(dispatch, { first: { ...STEADY, responseTimeoutMs: 7_000 } });
    const { running, a, b } = pair;
    const id = await running.launch({ recipients: 2_500 });
    await waitFor(() => a.record.accepted > 300);
    a.patchBehaviour({ responses: { delayMs: { min: 5_000, max: 5_500 } } });
    await waitFor(() => b.record.submits > 0, HAND_OVER_MS);
    // Those that were out are answered when the next route has had their batches for long.
    const { inDoubt } = await expectOnce(pair, id, 2_500);
    expect(inDoubt).toBe(0);
    expect(accepted(a, b)).toBe(2_500);
    expect(a.record.accepted).toBeGreaterThan(400);
  }, 30_000);

  test('before the launch carries nothing', async () => {
    const pair = await startPair(dispatch, { first: { port: await freePort() } });
    const { running, b } = pair;
    const at = performance.now();
    const id = await running.launch({ recipients: 500 });
    await running.until(id, ({ counts }) => counts.delivered === 500);
    expect(performance.now() - at).toBeLessThan(HAND_OVER_MS);
    expect(b.record.accepted).toBe(500);
    expect(await breakers(running)).toEqual({ a: 'open', b: 'closed' });
    const shown = await running.metrics.registry.metrics();
    expect(shown).toContain('tocsin_route_state{route="a",state="open"} 1');
    expect(shown).toContain('tocsin_route_state{route="a",state="closed"} 0');
    expect(shown).toContain('tocsin_route_changes_total{route="a",from="closed",to="open",reason="down"} 1');
  });

  test('by its password counts as down', async () => {
    const { running, b } = await startPair(dispatch, { first: { password: 'mistake' } });
    const id = await running.launch({ recipients: 100 });
    await running.until(id, ({ counts }) => counts.delivered === 100);
    expect(b.record.accepted).toBe(100);
  });
});

describe('a refusal for good', () => {
  test('is final at once, and no reason to use another route', async () => {
    const { running, b } = await startPair(dispatch, {
      behaviour: { submissions: { refusals: [{ status: 'ESME_RINVDSTADR' }] } },
      first: STEADY,
    });
    const id = await running.launch({ recipients: 1_500 });
    const progress = await running.closed(id);
    expect(nonZero(progress.counts)).toEqual({ invalid: 1_500 });
    expect(running.record().submits).toBe(1_500);
    expect(await breakers(running)).toEqual({ a: 'closed', b: 'closed' });
    expect(b.record.submits).toBe(0);
  });
});

describe('routes that share', () => {
  test('get batches by their weights, region by region', async () => {
    const second = await dispatch.simulate();
    const third = await dispatch.simulate();
    const running = await dispatch.start({
      routes: [{ id: 'a' }, { id: 'b', port: second.smppPort }, { id: 'c', port: third.smppPort }],
      order: [
        {
          regions: ['35'],
          share: [
            { route: 'a', weight: 3 },
            { route: 'b', weight: 1 },
          ],
          standBy: ['c'],
        },
        { regions: '*', share: [{ route: 'c', weight: 1 }], standBy: [] },
      ],
    });
    const ofShared = await running.launch({ recipients: 20_000 });
    expect(nonZero((await running.closed(ofShared, 20_000)).counts)).toEqual({ delivered: 20_000 });
    expect([running.record().accepted, second.record.accepted, third.record.accepted]).toEqual([15_000, 5_000, 0]);
    const told = await running.until(
      ofShared,
      ({ routes }) => routes.reduce((n, each) => n + each.segments, 0) === 20_000,
    );
    expect(told.routes).toEqual([
      { route: 'a', segments: 15_000 },
      { route: 'b', segments: 5_000 },
    ]);
    const ofOther = await running.launch({ recipients: 500, regions: ['2A'] });
    await running.closed(ofOther);
    expect(third.record.accepted).toBe(500);
    expect(accepted(running.simulator, second)).toBe(20_000);
  }, 30_000);
});

describe('a region without a route that can carry', () => {
  test('waits for its own, and the others do not wait for it', async () => {
    const b = await dispatch.simulate();
    const running = await dispatch.start({
      routes: [{ id: 'a' }, { id: 'b', port: b.smppPort }],
      order: [
        { regions: ['35'], share: [{ route: 'a', weight: 1 }], standBy: [] },
        { regions: '*', share: [{ route: 'a', weight: 1 }], standBy: ['b'] },
      ],
    });
    cutOff(running.simulator);
    await waitFor(async () => (await breakers(running)).a === 'open', HAND_OVER_MS);
    const id = await running.launch({ recipients: 100, regions: ['2A', '35', '974'] });
    const waiting = await running.until(id, ({ counts }) => counts.delivered === 200);
    expect(waiting.regions.map(({ region, delivered }) => [region, delivered])).toEqual([
      ['2A', 100],
      ['35', 0],
      ['974', 100],
    ]);
    // Its job is kept, not found again by the keeper when somebody wonders.
    const queue = new BatchQueue({ store: running.store, route: 'a' });
    const depths = new Set<number>();
    const later = performance.now() + 1_500;
    await waitFor(async () => {
      depths.add(await queue.depth());
      return performance.now() > later;
    });
    await queue.close();
    expect([...depths]).toEqual([1]);
    running.simulator.patchBehaviour({ bind: { silent: false } });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 300 });
    expect(b.record.accepted).toBe(200);
  });
});

describe('R6: an exercise', () => {
  test('waits rather than go by a live route', async () => {
    const live = await dispatch.simulate();
    const running = await dispatch.start({
      routes: [
        { id: 'drill', port: await freePort() },
        { id: 'live', kind: 'live', port: live.smppPort },
      ],
    });
    const id = await running.launch({ recipients: 100 });
    await waitFor(async () => (await breakers(running)).drill === 'open', HAND_OVER_MS);
    const later = performance.now() + 1_000;
    await waitFor(() => performance.now() > later);
    expect(nonZero((await running.progress(id)).counts)).toEqual({ pending: 100 });
    expect(live.record.submits).toBe(0);
  });
});

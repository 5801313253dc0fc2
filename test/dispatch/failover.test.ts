/** Several routes to several SMSCs, some of which fail: the others carry, nobody is lost, and nobody is sent to by two. */
import { routeHealth } from '../../src/broadcasts/route-health.ts';
import { freePort } from '../../src/demo/embedded-redis.ts';
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import type { Simulator } from '../../src/simulator/running.ts';
import { waitFor } from '../support/wait-for.ts';
import { dispatchFixture, expectAccountedFor, LONG_TEXT, nonZero, type RunningDispatch } from './harness.ts';

const dispatch = dispatchFixture();

/** From the fault to the first submission on the next route. */
const HAND_OVER_MS = 5_000;
/** Slow enough that a broadcast is still under way when something fails. */
const STEADY = { segmentsPerSecond: 600 };

interface Given {
  readonly first?: Record<string, unknown>;
  readonly second?: Record<string, unknown>;
  readonly behaviour?: BehaviourInput;
  readonly dispatchers?: number;
}

interface Pair {
  readonly running: RunningDispatch;
  readonly a: Simulator;
  readonly b: Simulator;
}

/** Two routes, `a` in use and `b` standing by, each to an SMSC of its own. */
async function startPair({ first = {}, second = {}, behaviour = {}, dispatchers = 1 }: Given = {}): Promise<Pair> {
  const b = await dispatch.simulate();
  const routes = [
    { id: 'a', ...first },
    { id: 'b', port: b.smppPort, ...second },
  ];
  const running = await dispatch.start({ routes, behaviour, dispatchers });
  return { running, a: running.simulator, b };
}

const breakers = async ({ store, routes, now }: RunningDispatch) => {
  const ids = routes.map(({ id }) => id);
  const health = await routeHealth(store, ids, now());
  return Object.fromEntries(health.map(({ route, breaker }) => [route, breaker.state]));
};

const accepted = (...simulators: Simulator[]) => simulators.reduce((sum, { record }) => sum + record.accepted, 0);

/** No copies but those that are listed as in doubt, everybody final, and the counts are those of the slots. */
async function expectOnce({ running, a, b }: Pair, id: string, recipients: number, deadlineMs = 20_000) {
  const progress = await running.closed(id, deadlineMs);
  expect(nonZero(progress.counts)).toEqual({ delivered: recipients });
  expect(accepted(a, b) - recipients).toBeLessThanOrEqual(progress.inDoubt);
  await expectAccountedFor(running, id);
  return progress;
}

/** The SMSC drops every link and answers no bind, but keeps what it has to tell. */
function cutOff(simulator: Simulator): number {
  simulator.patchBehaviour({ bind: { silent: true } });
  simulator.act('drop');
  return Date.now();
}

describe('a route that fails', () => {
  test('by links that are all lost hands what is pending to the next within 5 s', async () => {
    const pair = await startPair({ first: STEADY, dispatchers: 2 });
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
    const { running, a, b } = await startPair({ first: STEADY, behaviour: { responses: { delayMs: { max: 50 } } } });
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

  test.each([
    ['refuses everything', [{ status: 'ESME_RSYSERR' }]],
    ['throttles everything', [{ status: 'ESME_RTHROTTLED' }]],
  ])('as its SMSC %s hands over within 5 s, and nothing of it is in doubt', async (_, refusals) => {
    const pair = await startPair({ first: STEADY });
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
  });

  test('as it is throttled to a crawl hands over within 5 s', async () => {
    const pair = await startPair({ first: STEADY });
    const { running, a, b } = pair;
    const id = await running.launch({ recipients: 2_500 });
    await waitFor(() => a.record.accepted > 300);
    a.patchBehaviour({ accounts: [{ systemId: 'tocsin', password: 'secret', segmentsPerSecond: 5 }] });
    await waitFor(() => b.record.submits > 0, HAND_OVER_MS);
    const { inDoubt } = await expectOnce(pair, id, 2_500);
    expect(inDoubt).toBe(0);
  });

  test('as its SMSC falls silent hands over what was not submitted within 5 s, and the rest when it is in doubt', async () => {
    const pair = await startPair({ first: { ...STEADY, responseTimeoutMs: 6_000 }, dispatchers: 2 });
    const { running, a, b } = pair;
    const id = await running.launch({ recipients: 3_000, text: LONG_TEXT });
    await waitFor(() => a.record.accepted > 400);
    a.patchBehaviour({ responses: { lost: 1 } });
    const at = Date.now();
    await waitFor(() => b.record.submits > 0, HAND_OVER_MS);
    expect(b.record.firstSubmitAt - at).toBeLessThan(HAND_OVER_MS);
    const progress = await running.until(id, ({ counts }) => counts.pending + counts.sending === 0, 20_000);
    expect(progress.inDoubt).toBeGreaterThan(0);
    expect(accepted(a, b) / 2 - 3_000).toBeLessThanOrEqual(progress.inDoubt);
    await expectAccountedFor(running, id);
  }, 30_000);

  test('rule 1: as its SMSC answers late sends to nobody whom the next route sends to', async () => {
    const pair = await startPair({ first: { ...STEADY, responseTimeoutMs: 7_000 } });
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
    const pair = await startPair({ first: { port: await freePort() } });
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
    const { running, b } = await startPair({ first: { password: 'mistake' } });
    const id = await running.launch({ recipients: 100 });
    await running.until(id, ({ counts }) => counts.delivered === 100);
    expect(b.record.accepted).toBe(100);
  });
});

describe('a route that is healthy again', () => {
  test('is tried with a few batches, and takes new ones after a while', async () => {
    const { running, a, b } = await startPair({ second: STEADY });
    cutOff(a);
    await waitFor(async () => (await breakers(running)).a === 'open', HAND_OVER_MS);
    const regions = Array.from({ length: 60 }, (_, i) => String(i + 1).padStart(2, '0'));
    const id = await running.launch({ recipients: 100, regions });
    await waitFor(() => b.record.accepted > 300);
    const before = a.record.accepted;
    a.patchBehaviour({ bind: { silent: false } });
    await waitFor(async () => (await breakers(running)).a === 'half-open');
    await waitFor(() => a.record.accepted > before);
    await waitFor(async () => (await breakers(running)).a === 'closed', 10_000);
    const carried = a.record.accepted;
    const next = await running.launch({ recipients: 1_000 });
    await expectOnce({ running, a, b }, id, 6_000);
    expect(nonZero((await running.closed(next)).counts)).toEqual({ delivered: 1_000 });
    expect(a.record.accepted).toBeGreaterThanOrEqual(carried + 1_000);
  }, 40_000);

  test('is left again, for longer, when it refuses still', async () => {
    const { running, a, b } = await startPair({
      behaviour: { submissions: { refusals: [{ status: 'ESME_RSYSERR' }] } },
      second: { segmentsPerSecond: 300 },
    });
    const regions = Array.from({ length: 40 }, (_, i) => String(i + 1).padStart(2, '0'));
    const id = await running.launch({ recipients: 100, regions });
    const changes = () => running.logged.filter(({ msg }) => msg === 'route changed').map(({ to }) => to);
    await waitFor(() => changes().filter((to) => to === 'open').length >= 3, 15_000);
    expect(changes().slice(0, 5)).toEqual(['open', 'half-open', 'open', 'half-open', 'open']);
    expect(a.record.accepted).toBe(0);
    expect(nonZero((await running.closed(id, 25_000)).counts)).toEqual({ delivered: 4_000 });
    expect(b.record.accepted).toBe(4_000);
  }, 40_000);
});

describe('routes that all fail', () => {
  test('let the batches wait, and whoever comes first takes them', async () => {
    const pair = await startPair({ second: STEADY });
    const { running, a, b } = pair;
    cutOff(a);
    cutOff(b);
    await waitFor(async () => Object.values(await breakers(running)).every((state) => state === 'open'), HAND_OVER_MS);
    const id = await running.launch({ recipients: 1_000 });
    const later = performance.now() + 1_000;
    await waitFor(() => performance.now() > later);
    expect(nonZero((await running.progress(id)).counts)).toEqual({ pending: 1_000 });
    b.patchBehaviour({ bind: { silent: false } });
    await expectOnce(pair, id, 1_000);
    expect(b.record.accepted).toBe(1_000);
  });

  test('one that refuses is still tried where no other can carry', async () => {
    const { running, a } = await startPair({
      second: { port: await freePort() },
      first: { retryDelayMs: 200 },
      behaviour: { submissions: { refusals: [{ status: 'ESME_RSYSERR', times: 400 }] } },
    });
    const id = await running.launch({ recipients: 100 });
    await waitFor(async () => (await breakers(running)).a === 'open', HAND_OVER_MS);
    expect(nonZero((await running.closed(id, 20_000)).counts)).toEqual({ delivered: 100 });
    expect(a.record.accepted).toBe(100);
  }, 30_000);
});

describe('a refusal for good', () => {
  test('is final at once, and no reason to use another route', async () => {
    const { running, b } = await startPair({
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
    const ofOther = await running.launch({ recipients: 500, regions: ['2A'] });
    await running.closed(ofOther);
    expect(third.record.accepted).toBe(500);
    expect(accepted(running.simulator, second)).toBe(20_000);
  }, 30_000);
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

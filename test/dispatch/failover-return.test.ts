/** Routes that failed and are healthy again, or are not; and what is left where all have failed. */
import { freePort } from '../../src/demo/embedded-redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { accepted, breakers, cutOff, expectOnce, HAND_OVER_MS, STEADY, startPair } from './failover-pair.ts';
import { dispatchFixture, nonZero } from './harness.ts';

const dispatch = dispatchFixture();

describe('a route that is healthy again', () => {
  test('is tried with a few batches, and takes new ones after a while', async () => {
    const { running, a, b } = await startPair(dispatch, { second: STEADY });
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
    expect(nonZero((await running.closed(next)).counts)).toEqual({ delivered: 1_000 });
    const { counts, inDoubt } = await running.closed(id, 20_000);
    expect(nonZero(counts)).toEqual({ delivered: 6_000 });
    expect([inDoubt, accepted(a, b)]).toEqual([0, 7_000]);
    expect(a.record.accepted).toBeGreaterThanOrEqual(carried + 1_000);
  }, 40_000);

  test('is not held to what it was throttled to', async () => {
    const { running, a, b } = await startPair(dispatch, { first: STEADY, second: STEADY });
    const id = await running.launch({ recipients: 1_000 });
    await waitFor(() => a.record.accepted > 200);
    const account = { systemId: 'tocsin', password: 'secret' };
    a.patchBehaviour({ accounts: [{ ...account, segmentsPerSecond: 5 }] });
    await waitFor(async () => (await breakers(running)).a === 'open', HAND_OVER_MS);
    a.patchBehaviour({ accounts: [account] });
    const more = await running.launch({ recipients: 100, regions: Array.from({ length: 60 }, (_, i) => `${i + 10}`) });
    await waitFor(async () => (await breakers(running)).a === 'closed', 15_000);
    const carried = a.record.accepted;
    const last = await running.launch({ recipients: 1_000, notice: { severity: 'Extreme' } });
    await running.until(last, ({ counts }) => counts.delivered === 1_000, 5_000);
    expect(a.record.accepted - carried).toBeGreaterThan(900);
    for (const each of [id, more]) await running.closed(each, 20_000);
    expect(accepted(a, b)).toBe(8_000);
  }, 40_000);

  test('is left again, for longer, when it refuses still', async () => {
    const { running, a, b } = await startPair(dispatch, {
      behaviour: { submissions: { refusals: [{ status: 'ESME_RSYSERR' }] } },
      second: { segmentsPerSecond: 300 },
    });
    const regions = Array.from({ length: 40 }, (_, i) => String(i + 1).padStart(2, '0'));
    const id = await running.launch({ recipients: 100, regions });
    const changes = () => running.logged.filter(({ msg }) => msg === 'route changed').map(({ to }) => to);
    await waitFor(() => changes().filter((to) => to === 'open').length >= 2, 15_000);
    expect(changes().slice(0, 3)).toEqual(['open', 'half-open', 'open']);
    expect(a.record.accepted).toBe(0);
    expect(nonZero((await running.closed(id, 25_000)).counts)).toEqual({ delivered: 4_000 });
    expect(b.record.accepted).toBe(4_000);
  }, 40_000);
});

describe('routes that all fail', () => {
  test('let the batches wait, and whoever comes first takes them', async () => {
    const pair = await startPair(dispatch, { second: STEADY });
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
    const { running, a } = await startPair(dispatch, {
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

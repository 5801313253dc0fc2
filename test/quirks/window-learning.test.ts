/** Quirk 21: an SMSC that takes fewer submissions in flight than the route is configured for, and refuses the rest. */
import { routeHealth } from '../../src/broadcasts/route-health.ts';
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import { dispatchFixture, expectAccountedFor, LONG_TEXT, nonZero, type RunningDispatch } from '../dispatch/harness.ts';
import { waitFor } from '../support/wait-for.ts';

const dispatch = dispatchFixture();

const behaviour = (window: number, windowStatus: 'ESME_RMSGQFUL' | 'ESME_RSUBMITFAIL'): BehaviourInput => ({
  accounts: [{ systemId: 'tocsin', password: 'secret', window, windowStatus }],
  responses: { delayMs: { min: 10, max: 20 } },
});

/** The window of the route as its health tells it; undefined as long as it is as configured. */
const windowOf = async (running: RunningDispatch): Promise<number | undefined> =>
  (await routeHealth(running.store, ['drill'], running.now()))[0]?.window;

async function expectOnceEach(running: RunningDispatch, id: string, recipients: number): Promise<void> {
  expect(nonZero((await running.closed(id, 20_000)).counts)).toEqual({ delivered: recipients });
  expect(running.record()).toMatchObject({ recipients, duplicates: 0 });
  await expectAccountedFor(running, id);
}

describe('a window that is too large', () => {
  test.each(['ESME_RMSGQFUL', 'ESME_RSUBMITFAIL'] as const)(
    'quirk 21: is learned where the SMSC answers %s: little is refused from then on, and nobody is lost or has the text twice',
    async (status) => {
      const running = await dispatch.start({ route: { links: 2, window: 200 }, behaviour: behaviour(10, status) });
      const first = await running.launch({ recipients: 500 });
      await expectOnceEach(running, first, 500);
      const window = await waitFor(() => windowOf(running));
      expect(window).toBeLessThanOrEqual(15);
      const before = running.record();
      await running.closed(await running.launch({ recipients: 500 }), 20_000);
      const after = running.record();
      const refused = (after.refused[status] ?? 0) - (before.refused[status] ?? 0);
      expect(refused).toBeLessThan(75);
      // The account is not throttled for it: that would be another cause (quirks 22 and 23).
      const [health] = await routeHealth(running.store, ['drill'], running.now());
      expect(health?.limit).toBe(0);
    },
  );

  test('quirk 21: of one only still lets texts of two segments through', async () => {
    const running = await dispatch.start({
      route: { links: 1, window: 50 },
      behaviour: { ...behaviour(1, 'ESME_RMSGQFUL'), responses: { delayMs: { min: 5, max: 5 } } },
    });
    const id = await running.launch({ recipients: 60, text: LONG_TEXT });
    await expectOnceEach(running, id, 60);
    expect(await waitFor(() => windowOf(running))).toBeLessThanOrEqual(2);
  });

  test('quirk 21: is no conclusion from the full queues of some recipients', async () => {
    const running = await dispatch.start({
      route: { links: 1, window: 100, retryDelayMs: 50 },
      behaviour: {
        responses: { delayMs: { min: 5, max: 10 } },
        submissions: { refusals: [{ status: 'ESME_RMSGQFUL', suffix: '7', times: 400 }] },
      },
    });
    const id = await running.launch({ recipients: 3_000 });
    await expectOnceEach(running, id, 3_000);
    expect(running.record().refused.ESME_RMSGQFUL).toBe(400);
    // It was looked into, and left as it was.
    const text = await running.metrics.registry.metrics();
    expect(text).toContain('tocsin_window_limit{route="drill"} 100');
  });
});

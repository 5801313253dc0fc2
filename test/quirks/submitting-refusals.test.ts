/** Quirks 19, 20 and 22 to 24: what is answered to a submission, and who waits, goes on or is given up for it. */

import { routeHealth } from '../../src/broadcasts/route-health.ts';
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import { LONG_TEXT, nonZero, recipientOf } from '../dispatch/harness.ts';
import { waitFor } from '../support/wait-for.ts';
import { quirkFixture } from './broadcasting.ts';

const fixture = quirkFixture();
const { broadcast } = fixture;

/** Five of fifty recipients get this status, so many times. */
const refusing = (status: number | string, times: number | null = null): BehaviourInput => ({
  submissions: { refusals: [{ status: status as number, suffix: '5', times }] },
});

test.each(['none', 'empty-id', 'id'] as const)(
  'quirk 19: an error response means its status, whatever body it has: %s',
  async (errorBody) => {
    const { counts, running } = await broadcast({
      behaviour: { responses: { errorBody }, ...refusing('ESME_RX_P_APPN') },
    });
    expect(counts).toEqual({ delivered: 45, refused: 5 });
    expect(running.record()).toMatchObject({ accepted: 45, binds: { ESME_ROK: 2 } });
  },
);

test.each(['none', 'empty-id'] as const)(
  'quirk 20: ESME_ROK without a message_id (%s) is sent: untraceable, counted, never sent again',
  async (emptyBody) => {
    const { counts, running } = await broadcast(
      { behaviour: { responses: { withoutMessageId: 0.5, emptyBody } } },
      { recipients: 200 },
    );
    expect(counts.untraceable).toBeGreaterThan(50);
    expect(counts.untraceable! + counts.delivered!).toBe(200);
    expect(running.record()).toMatchObject({ submits: 200, accepted: 200, recipients: 200, repeatedParts: 0 });
  },
);

test('quirk 20: a text of two segments without any message_id is untraceable, too', async () => {
  const { counts, running } = await broadcast(
    { behaviour: { responses: { withoutMessageId: 1 } } },
    { text: LONG_TEXT },
  );
  expect(counts).toEqual({ untraceable: 50 });
  expect(running.record()).toMatchObject({ submits: 100, repeatedParts: 0 });
});

test('quirk 22: RTHROTTLED slows the account down, delivers all in the end, and the rate comes back', async () => {
  const account = { systemId: 'tocsin', password: 'secret', segmentsPerSecond: 400 };
  const running = await fixture.start({ dispatchers: 2, behaviour: { accounts: [account] } });
  const limit = async () => (await routeHealth(running.store, ['drill'], running.now()))[0]!.limit;
  const id = await running.launch({ recipients: 2_000 });
  await waitFor(async () => (await limit()) > 0 && (await limit()) < 600, 12_000);
  const progress = await running.closed(id, 15_000);
  expect(nonZero(progress.counts)).toEqual({ delivered: 2_000 });
  const { throttled, submits, repeatedParts, maxInSlidingSecond } = running.record();
  expect(throttled).toBeGreaterThan(0);
  expect(submits).toBe(2_000 + throttled);
  expect(repeatedParts).toBe(0);
  expect(maxInSlidingSecond).toBeLessThanOrEqual(401);
  // Once the account takes more, the rate grows again, and few are refused on the way.
  running.simulator.record.clear();
  running.simulator.patchBehaviour({ accounts: [{ ...account, segmentsPerSecond: null }] });
  const before = await limit();
  const again = await running.launch({ recipients: 4_000 });
  await waitFor(async () => (await limit()) > 1.1 * before || (await limit()) === 0, 15_000);
  expect((await running.progress(again)).counts.refused).toBe(0);
  expect(running.record().throttled).toBe(0);
}, 40_000);

test('quirk 23: RMSGQFUL delays the one recipient that it concerns, and nobody else', async () => {
  const slow = String(recipientOf(1, 0, 7));
  const running = await fixture.start({
    route: { retryDelayMs: 900 },
    behaviour: { submissions: { refusals: [{ status: 'ESME_RMSGQFUL', destinations: [slow], times: 2 }] } },
  });
  const id = await running.launch({ recipients: 1_000 });
  await running.until(id, ({ counts }) => counts.delivered === 999 && counts.pending === 1, 1_500);
  expect((await routeHealth(running.store, ['drill'], running.now()))[0]?.limit ?? 0).toBe(0);
  expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 1_000 });
  // Two pauses, the second twice the first, each less a quarter of jitter.
  const { firstSubmitAt, lastSubmitAt, submits } = running.record();
  expect(lastSubmitAt! - firstSubmitAt!).toBeGreaterThan(0.75 * (900 + 1_800));
  expect(submits).toBe(1_002);
});

test('quirk 23: RMSGQFUL for everybody slows the route down, until the queue has room', async () => {
  const account = { systemId: 'tocsin', password: 'secret', queueLimit: 100 };
  const running = await fixture.start({
    route: { retryDelayMs: 200 },
    behaviour: { accounts: [account], receipts: { delayMs: { min: 300, max: 300 } } },
  });
  const id = await running.launch({ recipients: 600 });
  await waitFor(async () => ((await routeHealth(running.store, ['drill'], running.now()))[0]?.limit ?? 0) > 0, 12_000);
  expect(nonZero((await running.closed(id, 15_000)).counts)).toEqual({ delivered: 600 });
  expect(running.record()).toMatchObject({ accepted: 600, repeatedParts: 0 });
}, 30_000);

test.each([
  ['ESME_RX_P_APPN', 'refused'],
  ['ESME_RINVSRCADR', 'refused'],
  ['ESME_RINVDSTADR', 'invalid'],
] as const)('quirk 24: %s is for good: %s at once, without another try', async (status, state) => {
  const { counts, running } = await broadcast({ behaviour: refusing(status) });
  expect(counts).toEqual({ delivered: 45, [state]: 5 });
  expect(running.record()).toMatchObject({ submits: 50, refused: { [status]: 5 } });
});

test.each(['ESME_RSYSERR', 'ESME_RX_T_APPN', 'ESME_RSUBMITFAIL', 0x555])(
  'quirk 24: %s passes: the text goes out again, and arrives',
  async (status) => {
    const { counts, running } = await broadcast({ behaviour: refusing(status, 10) });
    expect(counts).toEqual({ delivered: 50 });
    expect(running.record()).toMatchObject({ submits: 60, accepted: 50, repeatedParts: 0 });
  },
);

test("quirk 24: a vendor's code that nobody explains is tried maxAttempts times, with growing delay, then refused", async () => {
  const { counts, running } = await broadcast({
    route: { maxAttempts: 4, retryDelayMs: 400 },
    behaviour: refusing(0x0555),
  });
  expect(counts).toEqual({ delivered: 45, refused: 5 });
  const { submits, firstSubmitAt, lastSubmitAt } = running.record();
  expect(submits).toBe(45 + 4 * 5);
  expect(lastSubmitAt! - firstSubmitAt!).toBeGreaterThan(0.75 * (400 + 800 + 1_600));
});

test('quirk 24: a known temporary refusal is tried until the notice expires, not a number of times', async () => {
  const running = await fixture.start({
    route: { maxAttempts: 2, retryDelayMs: 50 },
    behaviour: refusing('ESME_RSYSERR'),
  });
  const id = await running.launch({ recipients: 50, expiresInMs: 2_500 });
  const { counts } = await running.until(id, ({ counts: { lapsed } }) => lapsed === 5);
  expect(nonZero(counts)).toEqual({ delivered: 45, lapsed: 5 });
  const { submits, lastSubmitAt } = running.record();
  expect(submits).toBeGreaterThan(45 + 4 * 5);
  expect(lastSubmitAt!).toBeLessThan(Date.parse((await running.broadcast(id)).expires));
});

test.each([
  ['refuse', 'refused', 1],
  ['refuseDestination', 'invalid', 1],
  ['retryFew', 'refused', 3],
] as const)('quirk 24: a route says what its own codes mean: %s is %s', async (action, state, tries) => {
  const { counts, running } = await broadcast({
    route: { statuses: { '0x555': action, '0x8': action }, maxAttempts: 3 },
    behaviour: {
      submissions: {
        refusals: [
          { status: 0x555, suffix: '5' },
          { status: 'ESME_RSYSERR', suffix: '6' },
        ],
      },
    },
  });
  expect(counts).toEqual({ delivered: 40, [state]: 10 });
  expect(running.record().submits).toBe(40 + 10 * tries);
});

test("quirk 24: a route says that a vendor's code means too fast", async () => {
  const { counts, running } = await broadcast(
    {
      route: { statuses: { '0x555': 'throttle' }, maxAttempts: 1 },
      behaviour: {
        submissions: { refusals: [{ status: 0x555, destinations: [String(recipientOf(1, 0, 90))], times: 2 }] },
      },
    },
    { recipients: 100 },
    12_000,
  );
  expect(counts).toEqual({ delivered: 100 });
  expect(running.record().submits).toBe(102);
});

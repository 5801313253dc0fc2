/** What the SMSC will not take, for now or for good, and what nobody knows whether it took. */
import { recipientState } from '../../src/broadcasts/recipient.ts';
import { routeHealth } from '../../src/broadcasts/route-health.ts';
import { recipientList } from '../../src/simulator/record-views.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  dispatchFixture,
  expectAccountedFor,
  LONG_TEXT,
  nonZero,
  type RunningDispatch,
  recipientOf,
} from './harness.ts';

const dispatch = dispatchFixture();

/** Recipients that the ledger lists as in doubt: each may have the text twice. */
async function inDoubtOf(running: RunningDispatch, id: string, recipients: number): Promise<Set<number>> {
  const listed = new Set<number>();
  for (let n = 0; n < recipients; n += 1) {
    const place = { region: '35', language: 'fr', block: Math.floor(n / 1_000), slot: n % 1_000 };
    const { inDoubt } = await recipientState(running.store, async () => place, id, recipientOf(1, 0, n));
    if (inDoubt) listed.add(recipientOf(1, 0, n));
  }
  return listed;
}

describe('a refusal', () => {
  test.each([
    ['ESME_RX_P_APPN', 'refused'],
    ['ESME_RINVSRCADR', 'refused'],
    ['ESME_RINVDSTADR', 'invalid'],
  ] as const)('rule 7: %s is for good and ends as %s, without another try', async (status, state) => {
    const running = await dispatch.start({
      behaviour: { submissions: { refusals: [{ status, suffix: '5' }] } },
    });
    const id = await running.launch({ recipients: 100 });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 90, [state]: 10 });
    expect(running.record()).toMatchObject({ submits: 100, refused: { [status]: 10 } });
    await expectAccountedFor(running, id);
  });

  test('rule 7: who is refused for now until the notice ends has lapsed, and counts as nobody who was sent the text', async () => {
    const running = await dispatch.start({
      route: { retryDelayMs: 300 },
      behaviour: { submissions: { refusals: [{ status: 'ESME_RSYSERR', suffix: '5' }] } },
    });
    const id = await running.launch({ recipients: 100, expiresInMs: 3_000 });
    const progress = await running.until(id, ({ counts }) => counts.lapsed === 10);
    expect(nonZero(progress.counts)).toEqual({ delivered: 90, lapsed: 10 });
    expect(progress.submitted).toBe(90);
    expect(running.record().submits).toBeGreaterThan(100);
    await expectAccountedFor(running, id);
  });

  test('rule 7: what is refused for good is so even at the end of the notice', async () => {
    const running = await dispatch.start({
      route: { retryDelayMs: 60_000 },
      behaviour: { submissions: { refusals: [{ status: 'ESME_RINVDSTADR', suffix: '5' }] } },
    });
    const id = await running.launch({ recipients: 100, expiresInMs: 5_000 });
    await running.until(id, ({ counts }) => counts.invalid === 10 && counts.delivered === 90);
  });

  test('of one part for good refuses the text, and the receipts of the others do not hide it', async () => {
    const running = await dispatch.start({
      behaviour: {
        responses: { delayMs: { min: 0, max: 20 } },
        submissions: {
          refusals: [{ status: 'ESME_RX_P_APPN', destinations: [String(recipientOf(1, 0, 3))], times: 1 }],
        },
      },
    });
    const id = await running.launch({ recipients: 50, text: LONG_TEXT });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 49, refused: 1 });
    await waitFor(() => running.record().receipts.acknowledged === 99);
    expect((await expectAccountedFor(running, id)).counts.refused).toBe(1);
  });

  test('quirk 22: RTHROTTLED slows the route down, and all is delivered in the end', async () => {
    const account = { systemId: 'tocsin', password: 'secret', segmentsPerSecond: 300 };
    const running = await dispatch.start({ behaviour: { accounts: [account] } });
    const id = await running.launch({ recipients: 600 });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 600 });
    const { throttled, submits, repeatedParts } = running.record();
    expect(throttled).toBeGreaterThan(0);
    expect(submits).toBe(600 + throttled);
    expect(repeatedParts).toBe(0);
    await waitFor(async () => (await routeHealth(running.store, ['drill'], running.now()))[0]!.limit > 0);
    await expectAccountedFor(running, id);
  });
});

describe('a response', () => {
  test('rule 5: that never comes leaves its text in doubt: sent again once, counted, and listed', async () => {
    const running = await dispatch.start({
      route: { responseTimeoutMs: 1_500 },
      behaviour: { responses: { lost: 0.05 } },
    });
    const id = await running.launch({ recipients: 300 });
    await waitFor(() => running.record().submits >= 300);
    running.simulator.patchBehaviour({ responses: { lost: 0 } });
    const progress = await running.closed(id);
    const { responsesLost } = running.record();
    expect(responsesLost).toBeGreaterThan(3);
    expect(nonZero(progress.counts)).toEqual({ delivered: 300 });
    expect(progress.inDoubt).toBe(responsesLost);
    expect(running.record()).toMatchObject({ accepted: 300 + responsesLost, duplicates: responsesLost });
    const twice = recipientList(running.simulator.record, 2, 1_000).map(({ msisdn }) => Number(msisdn));
    expect(await inDoubtOf(running, id, 300)).toEqual(new Set(twice));
    await expectAccountedFor(running, id);
  });

  test('rule 5: that never comes leaves its text held where the notice says hold', async () => {
    const running = await dispatch.start({
      route: { responseTimeoutMs: 1_500 },
      behaviour: {
        responses: { lost: 0.05 },
        receipts: { delayMs: { min: 0, max: 0 }, mix: { delivered: 0, none: 1 } },
      },
    });
    const id = await running.launch({ recipients: 300, notice: { inDoubt: 'hold' } });
    const { counts, inDoubt } = await running.until(id, ({ counts: { accepted, held } }) => accepted + held === 300);
    const { responsesLost, submits } = running.record();
    expect(counts.held).toBe(responsesLost);
    expect(inDoubt).toBe(responsesLost);
    expect(submits).toBe(300);
  });

  test('quirk 28: that never comes frees its place, and the link goes on', async () => {
    const running = await dispatch.start({
      route: { links: 1, window: 10, responseTimeoutMs: 200 },
      behaviour: { responses: { lost: 0.3 } },
    });
    const id = await running.launch({ recipients: 60, notice: { inDoubt: 'hold' } });
    const { counts } = await running.closed(id);
    expect(counts.held + counts.delivered).toBe(60);
    expect(running.record().binds).toEqual({ ESME_ROK: 1 });
  });

  test('quirk 29: that comes late keeps a held text from being taken for lost', async () => {
    const running = await dispatch.start({
      route: { responseTimeoutMs: 1_000 },
      behaviour: {
        responses: { late: { probability: 0.1, delayMs: 3_000 } },
        receipts: { delayMs: { min: 4_500, max: 4_500 } },
      },
    });
    const id = await running.launch({ recipients: 200, notice: { inDoubt: 'hold' } });
    const { responsesLate } = await waitFor(() => {
      const record = running.record();
      return record.submits === 200 ? record : undefined;
    });
    await running.until(id, ({ counts }) => counts.held === responsesLate);
    const progress = await running.until(id, ({ counts }) => counts.delivered === 200);
    expect(progress.inDoubt).toBe(responsesLate);
    expect(running.record().accepted).toBe(200);
  });

  test('quirk 29: that comes before its text was sent again keeps it from being sent again', async () => {
    const running = await dispatch.start({
      route: { responseTimeoutMs: 1_000, segmentsPerSecond: 100, links: 1 },
      behaviour: {
        responses: { late: { probability: 1, delayMs: 2_500 } },
        receipts: { delayMs: { min: 0, max: 0 } },
      },
    });
    // While it is paused, what is in doubt waits; the late responses come meanwhile.
    const id = await running.launch({ recipients: 20 });
    await running.until(id, ({ counts }) => counts.sending > 0);
    await running.pause(id);
    await running.until(id, (progress) => progress.counts.sending === 0);
    const sent = running.record().submits;
    const { counts } = await running.until(id, ({ counts: { delivered } }) => delivered === sent);
    expect(counts.pending).toBe(20 - sent);
    running.simulator.patchBehaviour({ responses: { late: { probability: 0 } } });
    await running.resume(id);
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 20 });
    expect(running.record()).toMatchObject({ accepted: 20, duplicates: 0 });
  });

  test('quirk 29: that comes late for one part leaves nobody with half a text', async () => {
    const running = await dispatch.start({
      route: { responseTimeoutMs: 150, retryDelayMs: 400 },
      behaviour: {
        responses: { late: { probability: 0.3, delayMs: 250 } },
        submissions: { refusals: [{ status: 'ESME_RMSGQFUL', probability: 0.3 }] },
      },
    });
    const id = await running.launch({ recipients: 100, text: LONG_TEXT });
    await waitFor(() => running.record().responsesLate > 20);
    running.simulator.patchBehaviour({ responses: { late: { probability: 0 } }, submissions: { refusals: [] } });
    const progress = await running.closed(id);
    expect(nonZero(progress.counts)).toEqual({ delivered: 100 });
    const { seen } = running.simulator.record;
    const parts = Array.from({ length: 100 }, (_, n) => seen.of(recipientOf(1, 0, n)).length);
    expect(parts).toEqual(new Array(100).fill(2));
    expect(running.record().duplicates).toBeLessThanOrEqual(progress.inDoubt);
  });

  test('quirk 36: a generic_nack in its place is a refusal; one without a sequence lets the place expire', async () => {
    const running = await dispatch.start({
      route: { responseTimeoutMs: 1_000 },
      behaviour: { responses: { genericNack: 0.2, nackSequence: 'same' } },
    });
    const id = await running.launch({ recipients: 100 });
    expect((await running.closed(id)).counts.delivered).toBe(100);
    expect(running.record().repeatedParts).toBe(0);
    running.simulator.patchBehaviour({ responses: { nackSequence: 'zero' } });
    const other = await running.launch({ recipients: 100 });
    const progress = await running.closed(other);
    expect(progress.counts.delivered).toBe(100);
    expect(progress.inDoubt).toBeGreaterThan(0);
  });
});

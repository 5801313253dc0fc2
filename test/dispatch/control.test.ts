/** What people and time do to a broadcast that runs: pause, resume, cancel, expiry, approvals, graver news. */
import { approval, HOUR_MS, noticeRecords, OPERATOR } from '../broadcasts/builders.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  dispatchFixture,
  expectAccountedFor,
  LONG_TEXT,
  nonZero,
  type RunningDispatch,
  SHORT_TEXT,
} from './harness.ts';

const dispatch = dispatchFixture();

/** Resolves when the SMSC has heard of no submission for `ms`. */
async function quiet(running: RunningDispatch, ms: number): Promise<void> {
  await waitFor(() => Date.now() - (running.record().lastSubmitAt ?? 0) > ms, 5_000, 'silence');
}

describe('control', () => {
  test('a paused broadcast submits nothing a second later, and goes on with the rest when it is resumed', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 400 } });
    const id = await running.launch({ recipients: 1_000 });
    await waitFor(() => running.record().submits > 50);
    await running.pause(id);
    const pausedAt = Date.now();
    await quiet(running, 700);
    const { submits, lastSubmitAt } = running.record();
    expect(lastSubmitAt! - pausedAt).toBeLessThan(running.within(1_000));
    expect(submits).toBeLessThan(1_000);
    const paused = await running.until(id, ({ counts }) => counts.sending === 0 && counts.accepted === 0);
    expect(nonZero(paused.counts)).toEqual({ delivered: submits, pending: 1_000 - submits });
    await running.resume(id);
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 1_000 });
    expect(running.record()).toMatchObject({ accepted: 1_000, repeatedParts: 0 });
    await expectAccountedFor(running, id);
  });

  test('a broadcast that is paused and resumed at once goes on', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 400 } });
    const id = await running.launch({ recipients: 500 });
    await waitFor(() => running.record().submits > 20);
    for (let i = 0; i < 5; i += 1) {
      await running.pause(id);
      await running.resume(id);
    }
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 500 });
    expect(running.record().repeatedParts).toBe(0);
  });

  test('rule 7: a cancelled broadcast submits nothing a second later; the rest is cancelled, it closes, and its notice with it', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 300 } });
    const id = await running.launch({ recipients: 2_000, regions: ['2A', '35'] });
    await waitFor(() => running.record().submits > 50);
    await running.cancel(id);
    const cancelledAt = Date.now();
    const { counts } = await running.closed(id);
    const { submits, lastSubmitAt } = running.record();
    expect(lastSubmitAt! - cancelledAt).toBeLessThan(running.within(1_000));
    expect(nonZero(counts)).toEqual({ delivered: submits, cancelled: 4_000 - submits });
    expect((await running.notice(id)).value.state).toBe('cancelled');
    await expectAccountedFor(running, id);
  });

  test('a broadcast that is cancelled while it is paused ends too', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 200 } });
    const id = await running.launch({ recipients: 1_000 });
    await waitFor(() => running.record().submits > 10);
    await running.pause(id);
    await running.cancel(id);
    const { counts } = await running.closed(id);
    expect(counts.cancelled + counts.delivered).toBe(1_000);
    expect(counts.cancelled).toBeGreaterThan(500);
  });

  test('texts of two segments that were begun are finished when their broadcast is paused', async () => {
    const running = await dispatch.start({
      route: { segmentsPerSecond: 400 },
      behaviour: { submissions: { refusals: [{ status: 'ESME_RMSGQFUL', probability: 0.3 }] } },
    });
    const id = await running.launch({ recipients: 300, text: LONG_TEXT });
    await waitFor(() => running.record().accepted > 50);
    await running.pause(id);
    const { counts, inDoubt } = await running.until(
      id,
      ({ counts: { sending, accepted } }) => sending + accepted === 0,
    );
    // Whole texts, but for those that were not whole in time: they are listed.
    const halves = running.record().accepted - 2 * counts.delivered;
    expect(halves).toBeGreaterThanOrEqual(0);
    expect(halves).toBeLessThanOrEqual(inDoubt);
  });
});

describe('time', () => {
  test('rule 7: what was not submitted when the notice expires lapses, and nothing is submitted any more', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 300 } });
    const id = await running.launch({ recipients: 2_000, expiresInMs: 1_500 });
    const { counts } = await running.closed(id);
    const { expires } = await running.broadcast(id);
    const { accepted, lastSubmitAt } = running.record();
    expect(lastSubmitAt! - Date.parse(expires)).toBeLessThan(running.within(500));
    expect(counts.lapsed).toBeGreaterThan(1_000);
    expect(counts.lapsed + accepted).toBe(2_000);
    await expectAccountedFor(running, id);
  });

  test('R12: the SMSC drops at the expiry of the notice what it could not deliver', async () => {
    const running = await dispatch.start({ behaviour: { receipts: { delayMs: { min: 8_000, max: 8_000 } } } });
    const id = await running.launch({ recipients: 20, expiresInMs: 1_500 });
    const { counts, closedAt } = await running.closed(id);
    expect(nonZero(counts)).toEqual({ expired: 20 });
    // Whole seconds, rounded down: never past it.
    expect(Date.parse(closedAt!) - Date.parse((await running.broadcast(id)).expires)).toBeLessThan(4_000);
  });

  test('rule 7: at the receipt deadline nobody is left without a final state', async () => {
    const running = await dispatch.start({
      route: { responseTimeoutMs: 60_000 },
      behaviour: { responses: { lost: 0.2 }, receipts: { mix: { delivered: 1, none: 1 } } },
    });
    const id = await running.launch({ recipients: 100 });
    await running.until(id, ({ counts: { pending } }) => pending === 0 && running.simulator.held() === 0);
    running.clock.aheadMs = Date.parse((await running.broadcast(id)).receiptDeadline) - Date.now() + 1;
    const { counts, inDoubt } = await running.closed(id);
    expect(counts.delivered + counts.unconfirmed).toBe(100);
    expect(inDoubt).toBeGreaterThan(0);
    await expectAccountedFor(running, id);
    // The link waits a minute for responses; the test does not.
    running.simulator.act('drop');
  });
});

describe('approval', () => {
  test('lanes of regions that have not approved wait, and start when they do', async () => {
    const running = await dispatch.start();
    const id = await running.launch({ recipients: 100, regions: ['2A', '35', '974'], approved: ['35'] });
    const first = await running.until(id, ({ counts }) => counts.delivered === 100);
    const byRegion = ({ regions }: typeof first) => regions.map(({ region, delivered }) => [region, delivered]);
    expect(byRegion(first)).toEqual([
      ['2A', 0],
      ['35', 100],
      ['974', 0],
    ]);
    expect(first.state).toBe('running');
    const stored = await running.notice(id);
    const decisions = [...stored.value.decisions, approval('974')];
    const act = { actor: OPERATOR.actor, action: 'notice.approve', subject: `notice/${stored.id}` };
    await noticeRecords(running.store).update(stored, { ...stored.value, decisions }, act);
    const second = await running.until(id, ({ counts }) => counts.delivered === 200);
    expect(byRegion(second)).toEqual([
      ['2A', 0],
      ['35', 100],
      ['974', 100],
    ]);
    expect(running.record().submits).toBe(200);
    expect((await running.broadcast(id)).released).toEqual(['35', '974']);
  });

  test('rule 7: a region that never approves lapses with the notice', async () => {
    const running = await dispatch.start();
    const id = await running.launch({ recipients: 50, regions: ['2A', '35'], approved: ['35'] });
    await running.until(id, ({ counts }) => counts.delivered === 50);
    running.clock.aheadMs = HOUR_MS;
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 50, lapsed: 50 });
  });
});

describe('severity', () => {
  const extremeText = `${SHORT_TEXT} (Extreme)`;
  const heard = (running: RunningDispatch, text: string) =>
    running.simulator.record.texts.list().find(({ sample }) => sample === text)?.count ?? 0;

  test('R11: an Extreme broadcast overtakes a Minor one that runs, within a second', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 200 } });
    // More batches than a process takes at a time.
    const minor = await running.launch({ recipients: 1_000, regions: regions(24), notice: { severity: 'Minor' } });
    await waitFor(() => heard(running, SHORT_TEXT) > 100);
    const launchedAt = Date.now();
    const extreme = await running.launch({ recipients: 150, text: extremeText, notice: { severity: 'Extreme' } });
    await waitFor(() => heard(running, extremeText) > 0);
    expect(Date.now() - launchedAt).toBeLessThan(running.within(1_000));
    const before = heard(running, SHORT_TEXT);
    expect(nonZero((await running.closed(extreme)).counts)).toEqual({ delivered: 150 });
    // What was claimed already went out; from then on the graver one had the whole rate.
    expect(heard(running, SHORT_TEXT) - before).toBeLessThan(60);
    await waitFor(() => heard(running, SHORT_TEXT) > before + 60);
    await running.cancel(minor);
    await running.closed(minor);
  });

  test('R11: it overtakes also when it is resumed', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 200 } });
    const extreme = await running.launch({ recipients: 150, text: extremeText, notice: { severity: 'Extreme' } });
    await running.pause(extreme);
    const minor = await running.launch({ recipients: 1_000, regions: regions(24), notice: { severity: 'Minor' } });
    await waitFor(() => heard(running, SHORT_TEXT) > 100);
    const sent = heard(running, extremeText);
    await running.resume(extreme);
    const resumedAt = Date.now();
    await waitFor(() => heard(running, extremeText) > sent);
    expect(Date.now() - resumedAt).toBeLessThan(running.within(1_000));
    expect(nonZero((await running.closed(extreme)).counts)).toEqual({ delivered: 150 });
    await running.cancel(minor);
    await running.closed(minor);
  });

  const regions = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1).padStart(2, '0'));
});

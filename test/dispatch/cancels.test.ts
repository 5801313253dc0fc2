/** R12: what the SMSC still holds when its broadcast is cancelled is called back, and does not arrive. */
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import { waitFor } from '../support/wait-for.ts';
import { dispatchFixture, expectAccountedFor, LONG_TEXT, nonZero, type RunningDispatch } from './harness.ts';

const dispatch = dispatchFixture();

/** The SMSC holds what it accepts for longer than any test lasts. */
const HOLDS = { receipts: { delayMs: { min: 60_000, max: 60_000 } } };

describe('a cancel, where the route has cancelSm', () => {
  test('R12: calls back what the SMSC holds: none of it arrives, and the broadcast closes', async () => {
    const running = await dispatch.start({ route: { cancelSm: true, segmentsPerSecond: 1_000 }, behaviour: HOLDS });
    const id = await running.launch({ recipients: 2_000, regions: ['2A', '35'] });
    await running.until(id, ({ counts }) => counts.accepted > 400);
    await running.cancel(id);
    const { counts } = await running.closed(id, 15_000);
    const record = running.record();
    expect(nonZero(counts)).toEqual({ deleted: record.accepted, cancelled: 4_000 - record.accepted });
    expect(record.cancelled).toBe(record.accepted);
    expect(record.receipts.byState).not.toHaveProperty('delivered');
    await expectAccountedFor(running, id);
  }, 30_000);

  test('waits for what was in the air: accepted after the cancel, it is called back too', async () => {
    const running = await dispatch.start({
      route: { cancelSm: true, window: 50 },
      behaviour: { ...HOLDS, responses: { delayMs: { min: 800, max: 800 } } },
    });
    const id = await running.launch({ recipients: 1_000 });
    await waitFor(() => running.record().submits > 0);
    await running.cancel(id);
    const { counts } = await running.closed(id, 15_000);
    expect(counts.deleted).toBe(running.record().accepted);
    expect(counts.deleted).toBeGreaterThan(0);
    expect(counts.deleted + counts.cancelled).toBe(1_000);
  }, 30_000);

  test('leaves alone what has arrived: its receipt counts', async () => {
    const running = await dispatch.start({
      route: { cancelSm: true },
      behaviour: { receipts: { delayMs: { min: 0, max: 3_000 } } },
    });
    const id = await running.launch({ recipients: 300 });
    await running.until(id, ({ counts }) => counts.delivered > 50);
    await running.cancel(id);
    const { counts } = await running.closed(id, 15_000);
    expect(counts.delivered + counts.deleted).toBe(300);
    expect(counts.deleted).toBe(running.record().cancelled);
    expect(counts.deleted).toBeGreaterThan(0);
    await expectAccountedFor(running, id);
  }, 30_000);

  test('calls back every segment of a text', async () => {
    const running = await dispatch.start({ route: { cancelSm: true }, behaviour: HOLDS });
    const id = await running.launch({ recipients: 100, text: LONG_TEXT });
    await running.until(id, ({ counts }) => counts.accepted === 100);
    await running.cancel(id);
    await waitFor(() => running.record().cancelled === 200, 10_000, 'both segments of each');
    expect(nonZero((await running.closed(id)).counts)).toEqual({ deleted: 100 });
  }, 30_000);

  test('is gone on with by another process when the one that called back is gone', async () => {
    const running = await dispatch.start({
      dispatchers: 2,
      route: { cancelSm: true, segmentsPerSecond: 300 },
      behaviour: HOLDS,
    });
    const id = await running.launch({ recipients: 600 });
    await running.until(id, ({ counts }) => counts.accepted > 500);
    await running.cancel(id);
    await waitFor(() => running.record().cancelled > 50);
    const key = `${running.store.prefix}{rec}:calling-back:1:drill`;
    expect(await running.store.redis.exists(key)).toBe(1);
    const before = running.record().cancelled;
    await running.dispatchers[0]!.stop();
    expect(before).toBeLessThan(400);
    const { counts } = await running.closed(id, 20_000);
    expect(counts.deleted).toBe(running.record().accepted);
  }, 40_000);

  test('keeps to the rate of the route', async () => {
    const running = await dispatch.start({ route: { cancelSm: true, segmentsPerSecond: 200 }, behaviour: HOLDS });
    const id = await running.launch({ recipients: 300 });
    await running.until(id, ({ counts }) => counts.accepted === 300);
    await running.cancel(id);
    await waitFor(() => running.record().cancelled > 0);
    const since = performance.now();
    await running.closed(id, 10_000);
    expect(performance.now() - since).toBeGreaterThan(1_000);
  }, 30_000);

  test('asks again what was not answered, and does not call back what nobody cancelled', async () => {
    const running = await dispatch.start({ route: { cancelSm: true, segmentsPerSecond: 300 }, behaviour: HOLDS });
    const other = await running.launch({ recipients: 100 });
    await running.until(other, ({ counts }) => counts.accepted === 100);
    const id = await running.launch({ recipients: 400 });
    await running.until(id, ({ counts }) => counts.accepted === 400);
    await running.cancel(id);
    await waitFor(() => running.record().cancelled > 50);
    running.simulator.act('drop');
    expect(nonZero((await running.closed(id, 20_000)).counts)).toEqual({ deleted: 400 });
    expect(nonZero((await running.progress(other)).counts)).toEqual({ accepted: 100 });
  }, 40_000);
});

describe('a cancel_sm', () => {
  /** Tells of nothing that it deleted: what the ledger knows of that, it has from the answers. */
  const silent = (cancels: BehaviourInput['cancels']) => ({ ...HOLDS, cancels: { receipts: false, ...cancels } });
  const calledBack = (running: RunningDispatch) =>
    waitFor(() => running.logged.find(({ msg }) => msg === 'called back what the SMSC held'), 15_000, 'the last round');

  /** Cancels a broadcast whose 100 recipients have all been accepted. */
  async function cancelled(behaviour: BehaviourInput, dispatchers = 1) {
    const running = await dispatch.start({ dispatchers, route: { cancelSm: true }, behaviour });
    const id = await running.launch({ recipients: 100 });
    await running.until(id, ({ counts }) => counts.accepted === 100);
    await running.cancel(id);
    return { running, id };
  }

  test('R12: that is not answered is sent again, the answered ones are not, and one process sends them', async () => {
    const { running, id } = await cancelled(silent({ unheard: [{ times: 30 }] }), 2);
    expect(nonZero((await running.closed(id, 20_000)).counts)).toEqual({ deleted: 100 });
    expect(running.record()).toMatchObject({ cancelled: 100, cancelsUnheard: 30, received: { cancel_sm: 130 } });
  }, 40_000);

  test.each(['ESME_RTHROTTLED', 'ESME_RMSGQFUL', 'ESME_RSYSERR'] as const)(
    'R12: refused with %s is sent again: what was not deleted then is deleted later',
    async (status) => {
      const { running, id } = await cancelled(silent({ refusals: [{ status, times: 40 }] }));
      expect(nonZero((await running.closed(id, 20_000)).counts)).toEqual({ deleted: 100 });
      expect(running.record()).toMatchObject({ cancelled: 100, received: { cancel_sm: 140 } });
    },
    40_000,
  );

  test('R12: refused for good calls nothing back: it is sent once, and the receipt counts', async () => {
    const refusals = [{ status: 'ESME_RCANCELFAIL' as const, suffix: '5' }];
    const { running, id } = await cancelled(silent({ refusals }));
    expect(await calledBack(running)).toMatchObject({ recalled: 90, tooLate: 10, open: 0 });
    expect(nonZero((await running.progress(id)).counts)).toEqual({ accepted: 10, deleted: 90 });
    expect(running.record()).toMatchObject({ cancelled: 90, received: { cancel_sm: 100 } });
    expect((await running.progress(id)).state).toBe('cancelled');
  }, 40_000);

  test('R12: is sent for what was in the air at the cancel, though nothing was to be called back then', async () => {
    const running = await dispatch.start({
      // Room for cancel_sm while all is in the air.
      route: { cancelSm: true, window: 200, responseTimeoutMs: 10_000 },
      behaviour: { ...silent({}), responses: { delayMs: { min: 2_000, max: 2_000 } } },
    });
    const id = await running.launch({ recipients: 100 });
    await waitFor(() => running.record().submits === 100);
    await running.cancel(id);
    expect(nonZero((await running.closed(id)).counts)).toEqual({ deleted: 100 });
  }, 40_000);

  test('R12: is sent for what the SMSC says is on its way', async () => {
    const running = await dispatch.start({
      route: { cancelSm: true },
      behaviour: { receipts: { delayMs: { min: 8_000, max: 8_000 }, intermediate: 1 }, cancels: { receipts: false } },
    });
    const id = await running.launch({ recipients: 100 });
    await running.until(id, ({ counts }) => counts.enroute === 100);
    await running.cancel(id);
    expect(nonZero((await running.closed(id)).counts)).toEqual({ deleted: 100 });
  }, 40_000);
});

describe('a cancel, where the route does not have it', () => {
  test('sends no cancel_sm: what was accepted arrives', async () => {
    const running = await dispatch.start({ behaviour: { receipts: { delayMs: { min: 1_200, max: 1_200 } } } });
    const id = await running.launch({ recipients: 100 });
    await running.until(id, ({ counts }) => counts.accepted === 100);
    await running.cancel(id);
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 100 });
    expect(running.record().received).not.toHaveProperty('cancel_sm');
  });
});

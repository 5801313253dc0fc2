/** A correction or an all-clear goes to those only who were sent the first text, in doubt included. */
import { waitFor } from '../support/wait-for.ts';
import { dispatchFixture, expectAccountedFor, nonZero } from './harness.ts';

const dispatch = dispatchFixture();
const FOLLOW_UP = { followsUp: 'n1', audience: 'a1' } as const;

describe('a follow-up', () => {
  test('R3: stops what it follows, and each who was sent the first text gets the next version once', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 300 } });
    const first = await running.launch({ recipients: 2_500, regions: ['2A', '35'] });
    await waitFor(() => running.record().submits > 100);
    const second = await running.launch({ recipients: 2_500, regions: ['2A', '35'], notice: FOLLOW_UP });
    expect(await running.broadcast(first)).toMatchObject({ state: 'cancelled' });
    const ended = await running.closed(first);
    const sent = ended.counts.delivered;
    expect(nonZero(ended.counts)).toEqual({ delivered: sent, cancelled: 5_000 - sent });
    const { counts } = await running.closed(second);
    expect(nonZero(counts)).toEqual({ delivered: sent, excluded: 5_000 - sent });
    expect(running.record().submits).toBe(2 * sent);
    await expectAccountedFor(running, second);
  });

  test('R12: stops an earlier follow-up too: nobody gets the correction after the all-clear', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 300 } });
    const first = await running.launch({ recipients: 400 });
    await running.until(first, ({ counts }) => counts.delivered === 400);
    const correction = await running.launch({ recipients: 400, notice: FOLLOW_UP });
    await running.until(correction, ({ submitted }) => submitted > 50);
    const end = await running.launch({ recipients: 400, notice: FOLLOW_UP });
    expect(await running.broadcast(correction)).toMatchObject({ state: 'cancelled' });
    const { counts } = await running.closed(correction);
    expect(counts.cancelled).toBeGreaterThan(0);
    const told = await running.closed(end);
    expect(nonZero(told.counts)).toEqual({ delivered: 400 });
    expect(running.record().submits).toBe(800 + counts.delivered);
  });

  test('goes to those in doubt too, and to those whose first text failed', async () => {
    const running = await dispatch.start({
      route: { responseTimeoutMs: 300 },
      behaviour: { responses: { lost: 0.2 } },
    });
    const first = await running.launch({ recipients: 300, notice: { inDoubt: 'hold' } });
    const { counts } = await running.until(first, ({ counts: { pending, sending } }) => pending + sending === 0);
    expect(counts.held + counts.delivered).toBeGreaterThan(0);
    const second = await running.launch({ recipients: 300, notice: { ...FOLLOW_UP, inDoubt: 'hold' } });
    const progress = await running.until(second, ({ counts: { pending, sending } }) => pending + sending === 0);
    expect(progress.counts.excluded).toBe(0);
  });

  test('excludes everybody of a region that the first one did not reach', async () => {
    const running = await dispatch.start({});
    const first = await running.launch({ recipients: 50, regions: ['2A', '35'], approved: ['35'] });
    await running.until(first, ({ counts }) => counts.delivered === 50);
    const second = await running.launch({ recipients: 50, regions: ['2A', '35'], notice: FOLLOW_UP });
    const { lanes } = await running.closed(second);
    expect(lanes.map(({ region, counts }) => [region, nonZero(counts)])).toEqual([
      ['2A', { excluded: 50 }],
      ['35', { delivered: 50 }],
    ]);
    expect(running.record().submits).toBe(100);
  });

  test('of a notice that was never launched is refused', async () => {
    const running = await dispatch.start({});
    await expect(running.launch({ notice: { followsUp: 'n1' } })).rejects.toMatchObject({ code: 'not_launched' });
  });
});

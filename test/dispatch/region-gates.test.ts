/** Caps by region: the region waits for its own segments, and no other waits for it. */
import { dispatchFixture, nonZero } from './harness.ts';

const dispatch = dispatchFixture();

describe('a cap by region', () => {
  test('holds its region to the rate and lets the others pass', async () => {
    const running = await dispatch.start({ route: { regionSegmentsPerSecond: { '2A': 100 } } });
    const id = await running.launch({ recipients: 200, regions: ['2A', '35'] });
    const early = await running.until(
      id,
      ({ regions }) => regions.find(({ region }) => region === '35')?.final === 200,
    );
    expect(early.regions.find(({ region }) => region === '2A')?.submitted).toBeLessThan(150);
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 400 });
    const { firstSubmitAt, lastSubmitAt } = running.record();
    expect(lastSubmitAt! - firstSubmitAt!).toBeGreaterThan(1_800);
  });

  test('by * holds every region that has none of its own', async () => {
    const running = await dispatch.start({ route: { regionSegmentsPerSecond: { '*': 100, '35': 100_000 } } });
    const id = await running.launch({ recipients: 100, regions: ['01', '2A', '35'] });
    const early = await running.until(
      id,
      ({ regions }) => regions.find(({ region }) => region === '35')?.final === 100,
    );
    for (const region of ['01', '2A']) {
      expect(early.regions.find((each) => each.region === region)?.submitted).toBeLessThan(90);
    }
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 300 });
  });
});

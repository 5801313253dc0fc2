/** Whole broadcasts over real TCP: what the SMSC got and what the ledger says are the same. */
import { dispatchFixture, expectAccountedFor, LONG_TEXT, nonZero, SHORT_TEXT } from './harness.ts';

const dispatch = dispatchFixture();

describe('a broadcast', () => {
  test('R3: reaches every recipient of every region once, in the approved words', async () => {
    const running = await dispatch.start();
    const id = await running.launch({ recipients: 1_200, regions: ['2A', '35', '974'] });
    const progress = await running.closed(id);
    expect(nonZero(progress.counts)).toEqual({ delivered: 3_600 });
    expect(running.record()).toMatchObject({ recipients: 3_600, accepted: 3_600, repeatedParts: 0 });
    expect(running.simulator.record.texts.list()).toMatchObject([{ count: 3_600, sample: SHORT_TEXT }]);
    expect(progress.regions.map(({ region, delivered }) => [region, delivered])).toEqual([
      ['2A', 1_200],
      ['35', 1_200],
      ['974', 1_200],
    ]);
    await expectAccountedFor(running, id);
  });

  test('ends with as many in each final state as the SMSC gave receipts for', async () => {
    const mix = { delivered: 80, undeliverable: 5, expired: 5, rejected: 5, deleted: 3, unknown: 2 };
    const running = await dispatch.start({ behaviour: { receipts: { mix } } });
    const id = await running.launch({ recipients: 1_000 });
    const progress = await running.closed(id);
    expect(nonZero(progress.counts)).toEqual(running.record().receipts.byState);
    await expectAccountedFor(running, id);
  });

  test('closes with its notice', async () => {
    const running = await dispatch.start();
    const id = await running.launch({ recipients: 5 });
    expect((await running.notice(id)).value.state).toBe('launched');
    await running.closed(id);
    const { value } = await running.notice(id);
    expect(value.state).toBe('closed');
    expect(value.timings.closed).toBe((await running.broadcast(id)).closedAt);
  });

  test('tells when its first and its last submission left', async () => {
    const running = await dispatch.start();
    const id = await running.launch({ recipients: 50 });
    const { firstSubmitAt, lastSubmitAt } = await running.closed(id);
    const record = running.record();
    expect(Math.abs(Date.parse(firstSubmitAt!) - record.firstSubmitAt!)).toBeLessThan(running.within(100));
    expect(Math.abs(Date.parse(lastSubmitAt!) - record.lastSubmitAt!)).toBeLessThan(running.within(1_000));
  });

  test('begins within a second of its launch', async () => {
    const running = await dispatch.start();
    await running.launch({ recipients: 2 }).then((id) => running.closed(id));
    const launchedAt = Date.now();
    const id = await running.launch({ recipients: 300, regions: ['2A', '35'] });
    const { firstSubmitAt } = await running.closed(id);
    expect(Date.parse(firstSubmitAt!) - launchedAt).toBeLessThan(running.within(1_000));
  });

  test('leaves the queue empty when it is closed', async () => {
    const running = await dispatch.start();
    await running.closed(await running.launch({ recipients: 2_500 }));
    const keys = await running.store.redis.keys(`{${running.store.prefix}queue}:*`);
    const jobs = keys.filter((key) => /:b\d+-\d+$/.test(key));
    expect(jobs).toEqual([]);
  });
});

describe('a text of two segments', () => {
  test('goes out over a window that is smaller than the text', async () => {
    const running = await dispatch.start({ route: { links: 1, window: 1 } });
    const id = await running.launch({ recipients: 5, text: LONG_TEXT });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 5 });
    expect(running.record()).toMatchObject({ accepted: 10, repeatedParts: 0 });
  });

  test('comes whole to those whose part was refused for a while', async () => {
    const running = await dispatch.start({
      behaviour: { submissions: { refusals: [{ status: 'ESME_RMSGQFUL', probability: 0.3 }] } },
    });
    const id = await running.launch({ recipients: 300, text: LONG_TEXT });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 300 });
    expect(running.record()).toMatchObject({ accepted: 600, recipients: 300, repeatedParts: 0 });
  });
});

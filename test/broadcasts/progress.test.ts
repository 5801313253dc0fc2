import { addCounts, finalOf, noCounts, ProgressReader, submittedOf } from '../../src/broadcasts/progress.ts';
import { carriedBy, recordCarried, recordReceipts, recordSubmission, timesOf } from '../../src/broadcasts/times.ts';
import { isFinal, SLOT_STATES } from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { aRendering, at, batchesOf, happen, NOW, storeBroadcast } from './builders.ts';

describe('counts', () => {
  test('add up state by state', () => {
    const sum = noCounts();
    addCounts(sum, { ...noCounts(), delivered: 2, held: 1 });
    addCounts(sum, { ...noCounts(), delivered: 3 });
    expect(sum).toEqual({ ...noCounts(), delivered: 5, held: 1 });
  });

  test.each(SLOT_STATES)('a recipient that is %s is final or not, submitted to or not', (state) => {
    const one = { ...noCounts(), [state]: 1 };
    const neverSubmitted = ['pending', 'sending', 'cancelled', 'lapsed', 'held', 'excluded'];
    expect(finalOf(one)).toBe(isFinal(state) ? 1 : 0);
    expect(submittedOf(one)).toBe(neverSubmitted.includes(state) ? 0 : 1);
  });
});

describe('the times of submissions', () => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  test('keep the first and move the last', async () => {
    expect(await timesOf(store, 1)).toEqual({});
    for (const ms of [100, 200, 300]) await recordSubmission(store, 1, NOW + ms);
    expect(await timesOf(store, 1)).toEqual({ firstSubmitAt: at(100), lastSubmitAt: at(300) });
    expect(await timesOf(store, 2)).toEqual({});
  });
});

test('the routes of a broadcast count their segments, over all processes', async () => {
  const { store, close } = await testStore();
  await recordCarried(store, 1, new Map([['a', 20]]));
  await recordCarried(
    store,
    1,
    new Map([
      ['a', 5],
      ['b', 30],
    ]),
  );
  expect(await carriedBy(store, 1)).toEqual([
    { route: 'b', segments: 30 },
    { route: 'a', segments: 25 },
  ]);
  expect(await carriedBy(store, 2)).toEqual([]);
  await close();
});

describe('the progress of a broadcast', () => {
  let store: Store;
  let close: () => Promise<void>;
  let no = 0;

  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  async function aBroadcast(given: Partial<Parameters<typeof storeBroadcast>[1]> = {}) {
    no += 1;
    const stored = await storeBroadcast(store, { no, ...given });
    const clock = { now: NOW };
    return { ...stored, clock, reader: new ProgressReader({ store, now: () => clock.now }) };
  }

  test('of one that was just launched is nothing yet', async () => {
    const { id, reader } = await aBroadcast();
    const progress = await reader.read(id);
    expect(progress).toMatchObject({
      broadcast: id,
      state: 'running',
      recipients: 3_503,
      submitted: 0,
      final: 0,
      unaccounted: 3_503,
      inDoubt: 0,
      messagesPerSecond: 0,
      launchedAt: at(0),
    });
    expect(progress.counts).toEqual({ ...noCounts(), pending: 3_503 });
    for (const name of ['firstSubmitAt', 'lastSubmitAt', 'firstReceiptAt', 'lastReceiptAt', 'finishAt', 'closedAt'])
      expect(progress).not.toHaveProperty(name);
  });

  test('sums lanes and regions, which sum to the whole', async () => {
    const { id, reader, broadcast, plan } = await aBroadcast({ changes: { released: ['35'] } });
    const [, english, french] = plan.lanes;
    await happen(store, batchesOf(store, broadcast, english!)[0]!, 0, 9, 'claim', 'accept', 'receiptDelivered');
    await happen(store, batchesOf(store, broadcast, english!)[0]!, 10, 11, 'claim', 'hold');
    await happen(store, batchesOf(store, broadcast, french!)[2]!, 0, 4, 'claim', 'accept');
    const progress = await reader.read(id);
    expect(
      progress.lanes.map(({ region, language, released, inDoubt, counts }) => [
        `${region} ${language}`,
        released,
        inDoubt,
        counts.delivered,
        counts.accepted,
        counts.held,
        counts.pending,
      ]),
    ).toEqual([
      ['2A fr', false, 0, 0, 0, 0, 3],
      ['35 en', true, 2, 10, 0, 2, 988],
      ['35 fr', true, 0, 0, 5, 0, 2_495],
    ]);
    expect(progress.regions).toEqual([
      { region: '2A', recipients: 3, submitted: 0, delivered: 0, final: 0 },
      { region: '35', recipients: 3_500, submitted: 15, delivered: 10, final: 12 },
    ]);
    expect(progress).toMatchObject({ submitted: 15, final: 12, unaccounted: 3_491, inDoubt: 2 });
    expect(Object.values(progress.counts).reduce((a, b) => a + b)).toBe(progress.recipients);
  });

  test('rule 7: nobody is unaccounted for once everybody is final', async () => {
    const { id, reader, broadcast, plan } = await aBroadcast({
      groups: [{ region: '2A', language: 'fr', recipients: 6 }],
    });
    const [batch] = batchesOf(store, broadcast, plan.lanes[0]!);
    await happen(store, batch!, 0, 1, 'claim', 'accept', 'receiptDelivered');
    await happen(store, batch!, 2, 2, 'claim', 'giveUpInDoubt');
    await happen(store, batch!, 3, 4, 'cancel');
    await happen(store, batch!, 5, 5, 'lapse');
    expect(await reader.read(id)).toMatchObject({ unaccounted: 0, final: 6, submitted: 3, inDoubt: 1 });
  });

  test('measures the rate over the last seconds, in messages and segments, and forecasts the finish from it', async () => {
    const groups = [{ region: '35', language: 'fr', recipients: 1_000 }];
    const renderings = [aRendering('35', 'fr', { segments: 2 })];
    const { id, reader, broadcast, plan, clock } = await aBroadcast({ groups, notice: { renderings } });
    const [batch] = batchesOf(store, broadcast, plan.lanes[0]!);
    await reader.read(id);
    await happen(store, batch!, 0, 199, 'claim', 'accept');
    clock.now += 2_000;
    expect(await reader.read(id)).toMatchObject({
      messagesPerSecond: 100,
      segmentsPerSecond: 200,
      finishAt: at(2_000 + 8_000),
    });
    clock.now += 6_000;
    const idle = await reader.read(id);
    expect(idle.messagesPerSecond).toBe(0);
    expect(idle).not.toHaveProperty('finishAt');
  });

  test('forecasts nothing for one that is paused', async () => {
    const { id, reader, broadcast, plan, clock } = await aBroadcast({ changes: { state: 'paused' } });
    await reader.read(id);
    await happen(store, batchesOf(store, broadcast, plan.lanes[2]!)[0]!, 0, 99, 'claim', 'accept');
    clock.now += 1_000;
    const progress = await reader.read(id);
    expect(progress.messagesPerSecond).toBe(100);
    expect(progress).not.toHaveProperty('finishAt');
  });

  test('tells when it first and last submitted, and when it closed', async () => {
    const { id, reader, broadcast } = await aBroadcast({ changes: { state: 'closed', closedAt: at(9_000) } });
    await recordSubmission(store, broadcast.no, NOW + 300);
    await recordSubmission(store, broadcast.no, NOW + 800);
    expect(await reader.read(id)).toMatchObject({ firstSubmitAt: at(300), lastSubmitAt: at(800), closedAt: at(9_000) });
  });

  test('tells when its receipts came by our clock', async () => {
    const { id, reader, broadcast } = await aBroadcast({});
    await recordReceipts(store, broadcast.no, NOW + 400);
    await recordReceipts(store, broadcast.no, NOW + 900);
    expect(await reader.read(id)).toMatchObject({ firstReceiptAt: at(400), lastReceiptAt: at(900) });
  });

  test('of one nobody knows is refused', async () => {
    const reader = new ProgressReader({ store });
    await expect(reader.read('b9999')).rejects.toMatchObject({ kind: 'not-found', code: 'unknown_broadcast' });
  });
});

/** What a process does with a batch that it has at hand already, or must not begin. */
import { pino } from 'pino';
import type { Broadcast, BroadcastPlan } from '../../src/broadcasts/broadcast.ts';
import { BatchProcessor } from '../../src/dispatch/batch-processor.ts';
import { BroadcastIndex } from '../../src/dispatch/broadcast-index.ts';
import { Feed } from '../../src/dispatch/feed.ts';
import { Outcomes } from '../../src/dispatch/outcomes.ts';
import { ReceiptPolicy } from '../../src/dispatch/receipt-policy.ts';
import { Recorder } from '../../src/dispatch/recorder.ts';
import { Tally } from '../../src/dispatch/tally.ts';
import { MessageIds } from '../../src/ledger/message-ids.ts';
import { Slots } from '../../src/ledger/slots.ts';
import type { Store } from '../../src/store/connection.ts';
import { aRoute, batchesOf, blocksOf, HOUR_MS, happen, NOW, storeBroadcast } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

describe('a batch', () => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  /** Of the last broadcast. */
  let broadcasts = 10;

  /** A processor of its own with what it rests on; nothing takes what it brings. */
  function aProcessor(plan: BroadcastPlan, { block = blocksOf(plan), now = () => NOW } = {}) {
    const index = new BroadcastIndex({ store });
    const slots = new Slots({ store });
    const route = aRoute();
    const ids = new MessageIds({ store, route: route.id });
    const nothing = () => {};
    const recorder = new Recorder({
      slots,
      spread: false,
      ids,
      index,
      policy: new ReceiptPolicy({ route, index, onReceipt: nothing }),
      storeUp: () => true,
      onStoreFault: nothing,
      onReceipts: nothing,
    });
    const common = { route, index, now };
    const outcomes = new Outcomes({
      ...common,
      recorder,
      tally: new Tally(),
      onThrottled: nothing,
      windowTried: () => false,
      onWork: nothing,
    });
    const feed = new Feed();
    const log = pino({ level: 'silent' });
    const processor = new BatchProcessor({
      ...common,
      slots,
      feed,
      outcomes,
      block,
      onWork: nothing,
      inheritedMs: 1_000,
      log,
    });
    return { processor, feed, slots, outcomes, index };
  }

  test('that comes twice to one process is taken again only when its first run is over, so nothing of it passes for in doubt', async () => {
    const { plan } = await storeBroadcast(store, { no: 1 });
    const { processor, feed, slots, outcomes } = aProcessor(plan);
    const job = { broadcast: 1, batch: 0, rank: 1 };

    const first = processor.process(job);
    const run = await waitFor(() => feed.runs[0]);
    expect(run.take(1, NOW)).toEqual({ kind: 'claim', first: 0, last: 0 });
    await slots.claim(run.batch, run.epoch, 0, 0);

    const second = processor.process(job);
    expect(run.stopping).toBe(true);
    const later = performance.now() + 60;
    await waitFor(() => performance.now() > later);
    expect(feed.runs).toEqual([run]);

    outcomes.response(run.addresses[0]![0]!, 0, 'id-0', () => {});
    await first;
    const again = await waitFor(() => feed.runs.find((other) => other !== run));
    expect(again.epoch).not.toBe(run.epoch);
    expect(again.inherited).toEqual([]);
    expect(again.take(10, NOW)).toEqual({ kind: 'claim', first: 1, last: 2 });
    again.settle(2);
    await second;
    expect(feed.runs).toEqual([]);
  });

  test('is not begun while it is not known whom its follow-up addresses: it comes again', async () => {
    const { broadcast, plan } = await storeBroadcast(store, { no: 2 });
    await storeBroadcast(store, { no: 3, changes: { follows: 2 } });
    const { processor, feed } = aProcessor(plan);
    const job = { broadcast: 3, batch: 0, rank: 1 };
    expect(await processor.process(job)).toEqual({ inMs: expect.any(Number) });
    expect(feed.runs).toEqual([]);
    const [batch] = batchesOf(store, broadcast, plan.lanes[0]!);
    await happen(store, batch!, 0, 2, 'cancel');
    expect(await processor.process(job)).toBe('over');
  });

  test.each<[string, Partial<Broadcast>, number]>([
    ['is paused', { state: 'paused' }, NOW],
    ['is cancelled', { state: 'cancelled' }, NOW],
    ['is closed', { state: 'closed' }, NOW],
    ['has no approval of the region', { released: ['35'] }, NOW],
    ['has expired', {}, NOW + 6 * HOUR_MS],
  ])('is not taken where its broadcast %s', async (_how, changes, nowMs) => {
    broadcasts += 1;
    const { plan } = await storeBroadcast(store, { no: broadcasts, changes });
    const { processor, feed } = aProcessor(plan, { now: () => nowMs });
    expect(await processor.process({ broadcast: broadcasts, batch: 0, rank: 1 })).toBe('over');
    expect(feed.runs).toEqual([]);
  });

  test('submits nothing where its broadcast is paused while it is taken', async () => {
    broadcasts += 1;
    const { broadcast, plan } = await storeBroadcast(store, { no: broadcasts });
    const pausing: typeof blocks = async (...where) => {
      index.refresh({ ...broadcast, state: 'paused' }, performance.now());
      return blocks(...where);
    };
    const blocks = blocksOf(plan);
    const { processor, index, feed } = aProcessor(plan, { block: pausing });
    await processor.process({ broadcast: broadcasts, batch: 0, rank: 1 });
    expect(feed.runs).toEqual([]);
  });
});

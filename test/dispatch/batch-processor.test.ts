/** What a process does with a batch that it has at hand already, or must not begin. */

import { pino } from 'pino';
import { packBlock, unpackBlock } from '../../src/audience/blocks.ts';
import { type Broadcast, type BroadcastPlan, broadcastId } from '../../src/broadcasts/broadcast.ts';
import { pause } from '../../src/broadcasts/control.ts';
import { halt, lift } from '../../src/broadcasts/halt.ts';
import { BatchProcessor, type Processed } from '../../src/dispatch/batch-processor.ts';
import { BatchRun } from '../../src/dispatch/batch-run.ts';
import { BroadcastIndex } from '../../src/dispatch/broadcast-index.ts';
import { Feed } from '../../src/dispatch/feed.ts';
import { Outcomes } from '../../src/dispatch/outcomes.ts';
import { ReceiptPolicy } from '../../src/dispatch/receipt-policy.ts';
import { Recorder } from '../../src/dispatch/recorder.ts';
import { Tally } from '../../src/dispatch/tally.ts';
import { MessageIds } from '../../src/ledger/message-ids.ts';
import { Slots } from '../../src/ledger/slots.ts';
import { type SlotEvent, stateOf } from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';
import {
  aRoute,
  batchesOf,
  blocksOf,
  HOUR_MS,
  happen,
  NOW,
  OPERATOR,
  recipientOf,
  storeBroadcast,
} from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { aTextRendering, LONG_TEXT } from './harness.ts';

const INHERITED_MS = 1_000;

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
      inheritedMs: INHERITED_MS,
      log,
    });
    return { processor, feed, slots, outcomes, index };
  }

  test('is not begun with a block that is not of its size: it would go to other people', async () => {
    const { plan } = await storeBroadcast(store, { no: 9 });
    const full = blocksOf(plan);
    const short: typeof full = async (...of) => packBlock(unpackBlock(await full(...of)).slice(1));
    const { processor, feed } = aProcessor(plan, { block: short });
    await expect(processor.process({ broadcast: 9, batch: 0, rank: 1 })).rejects.toThrow('not of this size');
    expect(feed.runs).toEqual([]);
  });

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

  /** A broadcast that has one lane of eight, whose slots had these events; `run` begins its batch. */
  async function aBatch(given: { events?: [first: number, last: number, ...SlotEvent[]][]; text?: string } = {}) {
    broadcasts += 1;
    const no = broadcasts;
    const { text } = given;
    const rendering = text === undefined ? {} : { notice: { renderings: [aTextRendering('35', text)] } };
    const groups = [{ region: '35', language: 'fr', recipients: 8 }];
    const { id, broadcast, plan } = await storeBroadcast(store, { no, groups, ...rendering });
    const [batch] = batchesOf(store, broadcast, plan.lanes[0]!);
    for (const [first, last, ...events] of given.events ?? []) await happen(store, batch!, first, last, ...events);
    const made = aProcessor(plan);
    const { processor, feed, slots } = made;
    const run = async (probing = false) => {
      let ended: Processed | undefined;
      const job = processor.process({ broadcast: no, batch: 0, rank: 1 }, probing).then((processed) => {
        ended = processed;
      });
      const begun = await waitFor(() => feed.runs[0] ?? ended);
      if (!(begun instanceof BatchRun)) throw new Error('not begun');
      return { run: begun, job, ended: () => ended };
    };
    const states = async () => [...(await slots.read([batch!]))[0]!].map(stateOf);
    return { ...made, no, id, broadcast, batch: batch!, run, states };
  }

  test('rule 7: is told apart when its run is stopped: again where its broadcast goes on, over where not', async () => {
    const { processor, run, batch, index, broadcast } = await aBatch();
    const first = await run();
    expect(processor.atHand).toBe(1);
    processor.giveBack(batch.batchNo);
    // What is claimed of it may leave.
    expect([first.run.ending, first.run.stopping]).toEqual([true, false]);
    await first.job;
    expect([first.ended(), processor.atHand]).toEqual(['again', 0]);
    const second = await run();
    await pause(store, broadcastId(broadcast.no), OPERATOR);
    await processor.confirm(second.run);
    await second.job;
    expect(second.ended()).toBe('over');
    expect(index.peek(broadcast.no)?.broadcast.state).toBe('paused');
    processor.giveBack(batch.batchNo);
  });

  test('is taken where it was resumed, which this process has not heard of', async () => {
    const { index, no, broadcast, processor, batch, run } = await aBatch();
    await index.load(no);
    index.refresh({ ...broadcast, state: 'paused' }, performance.now() - 10);
    const { job, ended } = await run();
    processor.giveBack(batch.batchNo);
    await job;
    expect(ended()).toBe('again');
  });

  test('is not taken while all is halted, and submits nothing where that comes meanwhile', async () => {
    const { processor, feed, no, run } = await aBatch();
    const { run: begun, job, ended } = await run();
    await halt(store, OPERATOR, 'drill', Date.now);
    await processor.confirm(begun);
    await job;
    expect([ended(), await processor.process({ broadcast: no, batch: 0, rank: 1 })]).toEqual(['over', 'over']);
    expect(feed.runs).toEqual([]);
    await lift(store, OPERATOR, 'over', Date.now);
  });

  test('of a broadcast that was purged is over', async () => {
    const { processor } = await aBatch();
    expect(await processor.process({ broadcast: 99_999, batch: 0, rank: 1 })).toBe('over');
  });

  test.each<[string, boolean, [first: number, last: number, ...SlotEvent[]][]]>([
    ['was sent and not answered', true, [[3, 3, 'claim']]],
    ['is in doubt and waits to be sent it again', true, [[3, 3, 'claim', 'doubt']]],
    ['was in doubt, and has it now', false, [[3, 3, 'claim', 'doubt', 'accept']]],
    ['has it, as all others do not', false, [[3, 3, 'claim', 'accept']]],
  ])('rule 5: of which somebody %s is unfit to try a route with: %s', async (_who, isUnfit, events) => {
    const { processor, feed, no, batch, run } = await aBatch({ events });
    if (isUnfit) {
      expect(await processor.process({ broadcast: no, batch: 0, rank: 1 }, true)).toBe('unfit');
      expect(feed.runs).toEqual([]);
    }
    const { run: begun, job } = await run(!isUnfit);
    expect(processor.isDoubtful(batch.batchNo)).toBe(isUnfit);
    begun.abandon();
    await job;
    expect(processor.isDoubtful(batch.batchNo)).toBe(false);
  });

  test('rule 5: leaves what an earlier taker claimed alone until its answer could come no more, then decides', async () => {
    const { run, states, processor } = await aBatch({ events: [[2, 3, 'claim']] });
    const since = performance.now();
    const { run: begun, job } = await run();
    expect(begun.inherited).toEqual([3, 2]);
    await waitFor(async () => (await states())[3] === 'pending');
    expect(performance.now() - since).toBeGreaterThan(INHERITED_MS - 20);
    await waitFor(() => processor.runOf(begun.batch.batchNo)?.nextDue !== undefined);
    begun.stop('stopped');
    await job;
  });

  test('that is handed over is let go before all of it is answered; its run waits for the answers', async () => {
    const { processor, run, outcomes } = await aBatch();
    const { run: begun, job, ended } = await run();
    begun.take(2, NOW);
    processor.handOver(begun);
    expect(begun.stopping).toBe(true);
    await job;
    expect([ended(), begun.over]).toEqual(['again', false]);
    for (const slot of [0, 1]) outcomes.response(begun.addresses[0]![slot]!, 0, `id-${slot}`, () => {});
    expect(await begun.ended).toBe('stopped');
  });

  test('that is handed over sends no part of a text that was begun any more', async () => {
    const { processor, run } = await aBatch({ text: LONG_TEXT });
    const { run: begun, job } = await run();
    begun.take(2, NOW);
    begun.partAgain(0, 1, NOW);
    processor.handOver(begun);
    await job;
    await begun.ended;
    expect([begun.over, begun.hasWork(NOW)]).toEqual([true, false]);
  });

  test('of which all that is left waits for long comes again when the first is due', async () => {
    const { processor, run } = await aBatch();
    const { run: begun, job, ended } = await run();
    begun.take(8, NOW);
    begun.settle(7);
    begun.refusals(7);
    begun.refusals(7);
    begun.again(7, NOW + 20_000);
    processor.follow(begun);
    await job;
    expect(ended()).toEqual({ inMs: 20_000, refused: 2 });
  });

  test('has the recipients of its own lane, from its own place on', async () => {
    broadcasts += 1;
    const groups = [
      { region: '2A', language: 'fr', recipients: 3 },
      { region: '35', language: 'fr', recipients: 1_002 },
    ];
    const { plan } = await storeBroadcast(store, { no: broadcasts, groups });
    const { processor, feed } = aProcessor(plan);
    const job = processor.process({ broadcast: broadcasts, batch: 2, rank: 1 });
    const run = await waitFor(() => feed.runs[0]);
    const lane = plan.lanes[1]!;
    expect([...run.msisdns]).toEqual([recipientOf(lane, 1_000), recipientOf(lane, 1_001)]);
    // Half way: 1,000 of its lane are before it, which are as far.
    run.take(1, NOW);
    expect(run.progress).toBeCloseTo(1_001 / 1_002, 6);
    run.abandon();
    await job;
  });
});

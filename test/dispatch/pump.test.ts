/** What a pump claims and writes: nothing that is not durably its own, whole texts, and no more than there is room for. */
import { BatchRun } from '../../src/dispatch/batch-run.ts';
import { laneTemplates } from '../../src/dispatch/lane-texts.ts';
import { Slots } from '../../src/ledger/slots.ts';
import { stateOf } from '../../src/ledger/states.ts';
import { aRoute, batchesOf, blocksOf, happen, storeBroadcast } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { aRun, pending } from './builders.ts';
import { LONG_TEXT } from './harness.ts';
import { GRANTED, held, pumpingFixture, turns } from './pumping.ts';

describe('a pump', () => {
  const pumping = pumpingFixture();

  test('rule 1: writes nothing before the claim is durable, and then only what it was granted', async () => {
    const run = aRun(pending(8));
    const claim = held<Buffer>();
    const { steps, until } = pumping(run, { claim: claim.act });
    await until('claim 0-7');
    await turns();
    expect(steps).toEqual(['claim 0-7']);
    claim.goOn(Buffer.from([1, 1, 0, 1, 0, 0, 1, 1]));
    await until('write 6-7');
    expect(steps.filter((each) => each.startsWith('write'))).toEqual(['write 0-1', 'write 3-3', 'write 6-7']);
    // The others are somebody else's: nothing is waited for but what was written.
    run.settle(5);
    expect(await run.ended).toBe('done');
  });

  test('rule 1: writes nothing of a batch that another has taken, and leaves it', async () => {
    const run = aRun(pending(8));
    const { steps } = pumping(run, { room: 4, claim: async () => null });
    expect(await run.ended).toBe('lost');
    expect(steps).toEqual(['claim 0-3']);
  });

  test('asks again for a claim whose answer was lost', async () => {
    let asked = 0;
    const claim = async () => {
      asked += 1;
      if (asked === 1) throw new Error('connection lost');
      return GRANTED;
    };
    const { steps, until } = pumping(aRun(pending(8)), { claim });
    await until('write 0-7');
    expect(steps.slice(0, 3)).toEqual(['claim 0-7', 'fault', 'claim 0-7']);
  });

  test.each([
    ['the rate of the route', { segments: 3 }, 'claim 0-2'],
    ['the window', { room: 2 }, 'claim 0-1'],
    ['the cap of the region', { dueOfRegion: 1 }, 'claim 0-0'],
  ])('claims no more than %s lets through', async (_what, given, claimed) => {
    const due = held<void>();
    const { steps, until } = pumping(aRun(pending(8)), { ...given, due: due.act });
    await until(claimed);
    expect(steps[0]).toBe(claimed);
    due.goOn();
  });

  test('waits for the moment of a part again where the store refused it, and gives its place free then', async () => {
    const run = aRun(pending(8), { text: LONG_TEXT });
    run.take(8, 0);
    run.partAgain(3, 1, 0);
    let asked = 0;
    const due = async () => {
      asked += 1;
      if (asked === 1) throw new Error('connection lost');
    };
    const { steps, link, until } = pumping(run, { due });
    await until('write 3-3');
    expect(steps).toEqual(['fault', 'due', 'write 3-3']);
    await waitFor(() => link.room === 50);
  });

  test('writes a part that was refused for now again, alone', async () => {
    const run = aRun(pending(8), { text: LONG_TEXT });
    run.take(8, 0);
    run.partAgain(3, 1, 0);
    const { steps, until } = pumping(run);
    await until('write 3-3');
    expect(steps).toEqual(['due', 'write 3-3']);
  });

  test('claims no more texts than there is room for in all their parts, and writes these whole', async () => {
    const run = aRun(pending(8), { text: LONG_TEXT });
    const due = held<void>();
    const { steps, told, link, until } = pumping(run, { room: 5, due: due.act });
    await until('claim 0-1');
    expect(link.room).toBe(1);
    // Half a text is none.
    await turns();
    expect(steps).toEqual(['claim 0-1']);
    due.goOn();
    await waitFor(() => told.submitted.length > 0);
    expect(steps.filter((each) => each === 'write 0-1')).toHaveLength(2);
    expect(told.submitted[0]).toBe(4);
  });

  test('writes the parts of a text one after the other where the window is smaller than the text', async () => {
    const run = aRun(pending(1), { text: LONG_TEXT });
    const { steps, told } = pumping(run, { room: 1, window: 1 });
    await waitFor(() => told.submitted.length === 2);
    expect(steps.filter((each) => /^claim|^write/.test(each))).toEqual(['claim 0-0', 'write 0-0', 'write 0-0']);
    expect(told.submitted).toEqual([1, 1]);
  });

  test('tells of what was written, and of nothing else', async () => {
    const run = aRun(pending(8));
    const { told } = pumping(run, { claim: async () => Buffer.from([1, 1, 0, 1, 0, 0, 1, 1]) });
    await waitFor(() => told.submitted.length > 0);
    expect(told.submitted).toEqual([5]);
    const none = pumping(aRun(pending(8)), { claim: async () => Buffer.alloc(8) });
    await none.until('claim 0-7');
    await turns();
    expect(none.told.submitted).toEqual([]);
  });

  test('gives back what was granted where the run was stopped meanwhile', async () => {
    const run = aRun(pending(8));
    const take = held<void>();
    // As much as there is room for.
    const { steps, told } = pumping(run, { take: take.act, room: 50 });
    await turns();
    run.stop('stopped');
    take.goOn();
    await waitFor(() => told.givenBack.length > 0);
    expect([told.givenBack, steps]).toEqual([[50], []]);
  });

  test.each([
    ['is the turn', 1],
    ['would be the turn', 0],
  ])('asks for segments of a region, for a whole text at least, when it %s of that', async (_when, dueOfRegion) => {
    const { told } = pumping(aRun(pending(8), { text: LONG_TEXT }), { dueOfRegion, segments: 0 });
    await waitFor(() => told.wanted.length > 0);
    expect(told.wanted[0]).toBe('35 2');
  });

  test('goes on after the store was away', async () => {
    let asked = 0;
    const take = async () => {
      asked += 1;
      if (asked < 3) throw new Error('connection lost');
    };
    const { steps, until } = pumping(aRun(pending(8)), { take });
    await until('write 0-7');
    expect(steps.filter((each) => each === 'fault')).toHaveLength(2);
  });

  test('rule 2: is stopped only when what it claimed is written, and claims nothing after that', async () => {
    const run = aRun(pending(8));
    const claim = held<Buffer>();
    const { steps, until, pump } = pumping(run, { room: 4, claim: claim.act });
    await until('claim 0-3');
    let isOver = false;
    const stopped = pump.stop().then(() => {
      isOver = true;
    });
    const waitsUntil = performance.now() + 50;
    await waitFor(() => performance.now() > waitsUntil);
    expect(isOver).toBe(false);
    claim.goOn(GRANTED.subarray(0, 4));
    await stopped;
    expect(steps).toEqual(['claim 0-3', 'due', 'write 0-3']);
  });

  test('rule 7: puts back just what it was granted, and waits for nothing else', async () => {
    const { store, close } = await testStore();
    const groups = [{ region: '35', language: 'fr', recipients: 8 }];
    const { broadcast, plan } = await storeBroadcast(store, { no: 1, groups });
    const lane = plan.lanes[0]!;
    const [batch] = batchesOf(store, broadcast, lane);
    await happen(store, batch!, 0, 1, 'claim', 'accept');
    const slots = new Slots({ store });
    const [block, taken] = await Promise.all([blocksOf(plan)('', '35', 'fr', 0), slots.take(batch!)]);
    const templates = laneTemplates(broadcast, lane, aRoute());
    const run = new BatchRun({ batch: batch!, broadcast, lane, rank: 1, block, templates, ...taken });
    // A late response, of which the run has not heard.
    await happen(store, batch!, 4, 4, 'accept');
    const due = held<void>();
    const { link } = pumping(run, { slots, due: due.act });
    const states = async () => [...(await slots.read([batch!]))[0]!].map(stateOf);
    await waitFor(async () => (await states())[7] === 'sending');
    link.open = false;
    due.goOn();
    await waitFor(async () => (await states())[7] === 'pending');
    const left = ['pending', 'pending', 'accepted', 'pending', 'pending', 'pending'];
    expect(await states()).toEqual(['accepted', 'accepted', ...left]);
    run.stop('stopped');
    expect(await run.ended).toBe('stopped');
    await close();
  });
});

/** The recorder on a Redis that is slow, full or gone: nothing is told to anybody before it is durable. */
import { BroadcastIndex } from '../../src/dispatch/broadcast-index.ts';
import { ReceiptPolicy } from '../../src/dispatch/receipt-policy.ts';
import { Recorder } from '../../src/dispatch/recorder.ts';
import { baseAddress, batchNumber, offsetOf } from '../../src/ledger/address.ts';
import { MessageIds } from '../../src/ledger/message-ids.ts';
import { Slots } from '../../src/ledger/slots.ts';
import { eventCode, stateOf } from '../../src/ledger/states.ts';
import { aRoute, happen, storeBroadcast } from '../broadcasts/builders.ts';
import { ownRedis } from '../support/own-redis.ts';
import { waitFor } from '../support/wait-for.ts';

const DELIVERED = eventCode('receiptDelivered');

const own = ownRedis();
let broadcasts = 0;

/** A recorder, a broadcast with three slots in the air, and a hand on the store. `isKnown`: it has run that broadcast. */
async function recording({ isKnown = true, spread = false } = {}) {
  broadcasts += 1;
  const no = broadcasts;
  const [store, { redis: hand }] = [await own.open(`rec${no}:`), await own.open('')];
  await storeBroadcast(store, { no });
  const elsewhere = new BroadcastIndex({ store });
  await elsewhere.load(no);
  const index = isKnown ? elsewhere : new BroadcastIndex({ store });
  const slots = new Slots({ store });
  const ids = new MessageIds({ store, route: 'drill' });
  const batch = elsewhere.batch(batchNumber(no, 0))!;
  await happen(store, batch, 0, 2, 'claim');
  const told = { faults: 0, receipts: [] as { joined: number; parked: number }[], up: true };
  const recorder = new Recorder({
    slots,
    spread,
    ids,
    index,
    policy: new ReceiptPolicy({ route: aRoute(), index, onReceipt: () => {} }),
    storeUp: () => told.up,
    onStoreFault: () => {
      told.faults += 1;
    },
    onReceipts: (outcome) => told.receipts.push(outcome),
  });
  const behind = new Slots({ store: { redis: hand, prefix: store.prefix } });
  return {
    recorder,
    ids,
    batch,
    told,
    hand,
    addressOf: (slot: number) => baseAddress(batch.batchNo) + offsetOf(slot, 0),
    /** The states as another process sees them. */
    states: async () => [...(await behind.read([batch]))[0]!].map(stateOf),
    pause: () => hand.call('CLIENT', 'PAUSE', '20000', 'WRITE'),
    goOn: () => hand.call('CLIENT', 'UNPAUSE'),
  };
}

const IN_THE_AIR = ['sending', 'sending', 'sending'];

/** Long enough for what must not happen to happen. */
async function aWhile(): Promise<void> {
  const end = performance.now() + 80;
  await waitFor(() => performance.now() > end);
}

describe('the recorder', () => {
  test('rule 2: frees no place before slot and id are durable', async () => {
    const { recorder, ids, batch, states, addressOf, pause, goOn } = await recording();
    let freed = 0;
    await pause();
    recorder.accepted(batch, addressOf(0), 'id-0', 'accept', () => {
      freed += 1;
    });
    recorder.event(batch, 1, 'refuse', () => {
      freed += 1;
    });
    await aWhile();
    expect([freed, await states()]).toEqual([0, IN_THE_AIR]);
    await goOn();
    await waitFor(() => freed === 2);
    expect(await states()).toEqual(['accepted', 'refused', 'sending']);
    expect(await ids.join(['id-0'], [DELIVERED])).toEqual([addressOf(0)]);
  });

  test('rule 2: where they may stand on different servers, an id is durable before its slot is accepted', async () => {
    const { recorder, ids, batch, states, addressOf } = await recording({ spread: true });
    let goOn = (): void => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const map = ids.map.bind(ids);
    ids.map = (...args) => held.then(() => map(...args));
    let freed = 0;
    recorder.accepted(batch, addressOf(0), 'id-0', 'accept', () => {
      freed += 1;
    });
    await aWhile();
    expect([freed, await states()]).toEqual([0, IN_THE_AIR]);
    goOn();
    await waitFor(() => freed === 1);
    expect((await states())[0]).toBe('accepted');
  });

  test('rule 3: answers no receipt before its effect is durable', async () => {
    const { recorder, batch, states, addressOf, pause, goOn } = await recording();
    recorder.accepted(batch, addressOf(0), 'id-0', 'accept', () => {});
    await recorder.settled();
    const answers: boolean[] = [];
    await pause();
    recorder.receipt('id-0', DELIVERED, { respond: (taken) => answers.push(taken) });
    recorder.receipt('nobody', DELIVERED, { respond: (taken) => answers.push(taken) });
    await aWhile();
    expect([answers, (await states())[0]]).toEqual([[], 'accepted']);
    await goOn();
    await waitFor(() => answers.length === 2);
    expect([answers, (await states())[0]]).toEqual([[true, true], 'delivered']);
  });

  test('quirk 1: a receipt before its response is parked, answered, and takes effect with the response', async () => {
    const { recorder, batch, states, addressOf, told, ids } = await recording();
    const answers: boolean[] = [];
    recorder.receipt('early', DELIVERED, { respond: (taken) => answers.push(taken) });
    await recorder.settled();
    expect([answers, await states(), told.receipts]).toEqual([
      [true],
      IN_THE_AIR,
      [expect.objectContaining({ joined: 0, parked: 1 })],
    ]);
    recorder.accepted(batch, addressOf(2), 'early', 'accept', () => {});
    await recorder.settled();
    expect((await states())[2]).toBe('delivered');
    expect((await ids.reconcile()).unparked).toEqual([]);
  });

  test('rule 3: answers with a temporary error while the store is gone, and keeps nothing', async () => {
    const { recorder, told, ids } = await recording();
    told.up = false;
    const answers: boolean[] = [];
    recorder.receipt('id-0', DELIVERED, { respond: (taken) => answers.push(taken) });
    expect(answers).toEqual([false]);
    told.up = true;
    expect(await ids.reconcile()).toEqual({ unparked: [], orphans: 0 });
  });

  test('rule 3: takes receipts of broadcasts that other processes run', async () => {
    const { recorder, ids, states, addressOf, told } = await recording({ isKnown: false });
    await ids.map(['id-1'], [addressOf(1)]);
    const answers: boolean[] = [];
    recorder.receipt('id-1', DELIVERED, { respond: (taken) => answers.push(taken) });
    await recorder.settled();
    expect([answers, await states()]).toEqual([[true], ['sending', 'delivered', 'sending']]);
    expect(told.receipts).toEqual([{ joined: 1, parked: 0, overflow: 0 }]);
  });

  test('rule 3: answers with a temporary error what is more than it may keep, and once the store has been silent for 3 s', async () => {
    const { recorder, pause, goOn } = await recording();
    const answers: boolean[] = [];
    const answer = { respond: (taken: boolean) => answers.push(taken) };
    await pause();
    const since = performance.now();
    for (let i = 0; i < 50_000; i += 1) recorder.receipt(`r${i}`, DELIVERED, answer);
    expect(answers).toEqual([]);
    recorder.receipt('too many', DELIVERED, answer);
    expect(answers).toEqual([false]);
    await waitFor(() => recorder.storeDown);
    expect(performance.now() - since).toBeGreaterThan(2_900);
    recorder.receipt('too late', DELIVERED, answer);
    expect(answers).toEqual([false, false]);
    await goOn();
    await recorder.settled();
    expect(answers.filter(Boolean)).toHaveLength(50_000);
    expect(recorder.storeDown).toBe(false);
  });

  test('tries a group that the store refuses again until it takes, and takes no receipts meanwhile', async () => {
    const { recorder, batch, states, addressOf, told, hand } = await recording();
    const answers: boolean[] = [];
    let freed = 0;
    await hand.config('SET', 'maxmemory', '1');
    recorder.accepted(batch, addressOf(0), 'id-0', 'accept', () => {
      freed += 1;
    });
    await waitFor(() => told.faults > 1);
    recorder.receipt('id-0', DELIVERED, { respond: (taken) => answers.push(taken) });
    expect([freed, answers]).toEqual([0, [false]]);
    await hand.config('SET', 'maxmemory', '0');
    await waitFor(() => freed === 1);
    expect(await states()).toEqual(['accepted', 'sending', 'sending']);
    recorder.receipt('id-0', DELIVERED, { respond: (taken) => answers.push(taken) });
    await recorder.settled();
    expect([answers, (await states())[0]]).toEqual([[false, true], 'delivered']);
  });

  test('applies what a process left behind that died between mapping an id and applying its receipt', async () => {
    const { recorder, ids, states, addressOf } = await recording();
    await ids.join(['left', 'orphan'], [DELIVERED, DELIVERED]);
    await ids.map(['left'], [addressOf(1)]);
    expect(await recorder.reconcile()).toEqual({ applied: 1, orphans: 1 });
    expect(await states()).toEqual(['sending', 'delivered', 'sending']);
    expect(await recorder.reconcile()).toEqual({ applied: 0, orphans: 1 });
  });

  test('applies it also where the process that died ran the broadcast, and no other', async () => {
    const { recorder, ids, states, addressOf } = await recording({ isKnown: false });
    await ids.join(['left'], [DELIVERED]);
    await ids.map(['left'], [addressOf(1)]);
    expect(await recorder.reconcile()).toEqual({ applied: 1, orphans: 0 });
    expect(await states()).toEqual(['sending', 'delivered', 'sending']);
  });

  test('answers a receipt of a broadcast that was purged', async () => {
    const { recorder, ids, states } = await recording();
    await ids.map(['old'], [baseAddress(batchNumber(99_999, 0))]);
    const answers: boolean[] = [];
    recorder.receipt('old', DELIVERED, { respond: (taken) => answers.push(taken) });
    await recorder.settled();
    expect([answers, await states()]).toEqual([[true], IN_THE_AIR]);
  });

  test('puts what comes during a flush into the next group, in its order', async () => {
    const { recorder, batch, states, addressOf, pause, goOn } = await recording();
    const order: string[] = [];
    await pause();
    recorder.accepted(batch, addressOf(0), 'id-0', 'accept', () => order.push('accepted'));
    await aWhile();
    recorder.receipt('id-0', eventCode('receiptEnroute'), { respond: () => order.push('enroute') });
    recorder.receipt('id-0', DELIVERED, { respond: () => order.push('delivered') });
    await goOn();
    await waitFor(() => order.length === 3);
    expect(order).toEqual(['accepted', 'enroute', 'delivered']);
    expect((await states())[0]).toBe('delivered');
  });
});

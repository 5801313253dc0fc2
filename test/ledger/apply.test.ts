import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { batchOfLane, SHARDS } from '../../src/ledger/keys.ts';
import { SlotChanges } from '../../src/ledger/slot-changes.ts';
import { Slots } from '../../src/ledger/slots.ts';
import {
  IN_DOUBT,
  isOfClaim,
  nextByte,
  PART_BITS,
  SLOT_EVENTS,
  SLOT_STATES,
  STATE_MASK,
  stateOf,
} from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';
import { ownRedis } from '../support/own-redis.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { batch, byteOf, changes, newBroadcastNo, putSlots, readSlots, recounted } from './ledger.ts';

describe('applying events to slots', () => {
  let store: Store;
  let slots: Slots;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ store, close } = await testStore());
    slots = new Slots({ store });
  });
  afterAll(() => close());

  const marks = [0, ...PART_BITS, 0x60].flatMap((bits) => [bits, bits | IN_DOUBT]);
  const everyByte = marks.flatMap((mark) => SLOT_STATES.map((_, state) => state | mark));

  test.each(SLOT_EVENTS)('rule 4: the script does with %s what the table says, from every byte', async (event) => {
    const all = batch(store, { size: everyByte.length });
    await putSlots(store, all, everyByte);
    const expected = everyByte.map((byte) => nextByte(byte, event));
    const once = new SlotChanges();
    once.addRun(all, 0, everyByte.length - 1, event);

    const changed = await slots.apply(once);
    expect(await readSlots(store, all)).toEqual(expected);
    expect(changed).toBe(expected.filter((byte, i) => byte !== everyByte[i]).length);

    expect(await slots.apply(once)).toBe(0);
    expect(await readSlots(store, all)).toEqual(expected);
  });

  test('several events of a slot in one call happen in their order', async () => {
    const one = batch(store);
    const history = changes([one, 2, 'claim'], [one, 2, 'doubt'], [one, 2, 'claim'], [one, 2, 'accept']);
    expect(await slots.apply(history)).toBe(4);
    expect(await readSlots(store, one)).toEqual([0, 0, byteOf('accepted', IN_DOUBT), 0, 0, 0, 0, 0]);
    const [counts] = await slots.counts(one.broadcastNo, [8]);
    expect(counts).toMatchObject({ states: { pending: 7, sending: 0, accepted: 1 }, inDoubt: 1 });
  });

  test('slots nobody took yet can be ended, and the others stay pending', async () => {
    const untouched = batch(store);
    await slots.apply(changes([untouched, 5, 'cancel']));
    expect(await readSlots(store, untouched)).toEqual([0, 0, 0, 0, 0, byteOf('cancelled'), 0, 0]);
    const { slots: taken } = await slots.take(untouched);
    expect([taken.length, taken[5]]).toEqual([8, byteOf('cancelled')]);
  });

  test('a full batch changes at either end and in every order', async () => {
    const full = batch(store, { size: 1_000 });
    const shuffled = new SlotChanges();
    for (let i = 0; i < 1_000; i += 1) shuffled.add(full, (i * 7) % 1_000, i % 3 === 0 ? 'accept' : 'receiptDelivered');
    expect(await slots.apply(shuffled)).toBe(1_000);
    const [counts] = await slots.counts(full.broadcastNo, [1_000]);
    expect(counts).toEqual((await recounted(store, [full], [1_000]))[0]);
    expect(counts?.states).toMatchObject({ pending: 0, accepted: 334, delivered: 666 });
  });

  test('changes far apart and changes near each other leave all others as they are', async () => {
    for (const step of [1, 2, 7, 39, 41, 300]) {
      const full = batch(store, { size: 1_000 });
      const before = Array.from({ length: 1_000 }, (_, slot) => byteOf(slot % 2 === 0 ? 'sending' : 'held', IN_DOUBT));
      await putSlots(store, full, before);
      const some = new SlotChanges();
      for (let slot = 0; slot < 1_000; slot += step) some.add(full, slot, 'receiptDelivered');
      await slots.apply(some);
      const expected = before.map((byte, slot) => (slot % step === 0 ? byteOf('delivered', IN_DOUBT) : byte));
      expect(await readSlots(store, full)).toEqual(expected);
    }
  });

  test('rule 5: events of a claim are void once another has taken the batch', async () => {
    const one = batch(store);
    const { epoch } = await slots.take(one);
    await slots.claim(one, epoch, 0, 7);
    const outlived = { ...one, epoch };
    const second = await slots.take(one);
    // The second taker has the slots in the air itself by now.
    const late = new SlotChanges();
    const ofClaim = SLOT_EVENTS.filter(isOfClaim);
    expect(ofClaim).toEqual(['release', 'refuse', 'refuseDestination', 'doubt', 'hold', 'runOut']);
    ofClaim.forEach((event, slot) => {
      late.add(outlived, slot, event);
    });
    expect(await slots.apply(late)).toBe(0);
    expect(await readSlots(store, one)).toEqual(new Array(8).fill(byteOf('sending')));

    const own = { ...one, epoch: second.epoch };
    expect(await slots.apply(changes([own, 0, 'release'], [own, 1, 'refuse']))).toBe(2);
    expect((await readSlots(store, one)).slice(0, 3).map(stateOf)).toEqual(['pending', 'refused', 'sending']);
  });

  test('rule 5: what the SMSC is known to have holds whoever has the batch', async () => {
    const one = batch(store);
    const { epoch } = await slots.take(one);
    await slots.claim(one, epoch, 0, 7);
    await slots.take(one);
    const outlived = { ...one, epoch };
    const facts = changes(
      [outlived, 0, 'accept'],
      [outlived, 1, 'acceptUntraceable'],
      [outlived, 2, 'receiptRejected'],
    );
    expect(await slots.apply(facts)).toBe(3);
    const states = (await readSlots(store, one)).slice(0, 4).map(stateOf);
    expect(states).toEqual(['accepted', 'untraceable', 'rejected', 'sending']);
  });

  test.each([1, 2, 3])(
    'whatever happens in whatever order to a text of %i parts, it is as the model says',
    async (parts) => {
      const size = 60;
      const slot = fc.nat(size - 1);
      const change = fc.record({
        first: slot,
        length: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: size })),
        event: fc.constantFrom(...SLOT_EVENTS),
        part: fc.nat(parts - 1),
      });
      const groups = fc.array(fc.array(change, { maxLength: 30 }), { maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(groups, async (given) => {
          const one = batch(store, { size, parts });
          const model = Array.from({ length: size }, () => ({ byte: 0, arrived: new Set<number>() }));
          for (const group of given) {
            const together = new SlotChanges();
            for (const { first, length, event, part } of group) {
              const last = Math.min(first + length, size) - 1;
              together.addRun(one, first, last, event, part);
              for (const at of model.slice(first, last + 1)) {
                if (event === 'receiptDelivered') at.arrived.add(part);
                if (event !== 'receiptDelivered' || at.arrived.size === parts) at.byte = nextByte(at.byte, event);
              }
            }
            await slots.apply(together);
          }
          const known = IN_DOUBT | STATE_MASK;
          expect((await readSlots(store, one)).map((byte) => byte & known)).toEqual(
            model.map(({ byte }) => byte & known),
          );
          expect(await slots.counts(one.broadcastNo, [size])).toEqual(await recounted(store, [one], [size]));
        }),
        { numRuns: 60 },
      );
    },
  );

  test('nothing to apply asks nothing of the store', async () => {
    expect(await slots.apply(new SlotChanges())).toBe(0);
  });

  test('rule 6: one call counts several batches and lanes exactly', async () => {
    const broadcastNo = newBroadcastNo();
    const at = (position: number, lane: number) =>
      batchOfLane(store, { broadcastNo, batch: position, lane, size: 10, parts: 1 });
    const batches = [at(0, 0), at(SHARDS, 0), at(2 * SHARDS, 1), at(1, 1), at(SHARDS + 1, 2)];
    const all = new SlotChanges();
    for (const each of batches) {
      all.addRun(each, 0, 8, 'claim');
      all.addRun(each, 0, 3, 'accept');
      all.addRun(each, 4, 4, 'doubt');
    }
    expect(await slots.apply(all)).toBe(70);
    const sizes = [20, 20, 10];
    const kept = await slots.counts(broadcastNo, sizes);
    expect(kept).toEqual(await recounted(store, batches, sizes));
    expect(kept.map(({ states, inDoubt }) => [states.pending, states.sending, states.accepted, inDoubt])).toEqual([
      [4, 8, 8, 2],
      [4, 8, 8, 2],
      [2, 4, 4, 1],
    ]);
  });

  test('rule 6: a group of receipts over a whole country is counted to the last one', async () => {
    const broadcastNo = newBroadcastNo();
    // More counters change than Lua can unpack at once.
    const lanes = 600;
    const batches = Array.from({ length: 3_000 }, (_, i) =>
      batchOfLane(store, { broadcastNo, batch: i * SHARDS, lane: i % lanes, size: 4, parts: 1 }),
    );
    const receipts = new SlotChanges();
    for (const each of batches) {
      receipts.add(each, 0, 'accept');
      receipts.add(each, 1, 'receiptDelivered');
      receipts.add(each, 2, 'receiptUndeliverable');
      receipts.add(each, 3, 'receiptExpired');
    }
    expect(await slots.apply(receipts)).toBe(12_000);
    const sizes = new Array<number>(lanes).fill(20);
    const kept = await slots.counts(broadcastNo, sizes);
    expect(kept).toEqual(await recounted(store, batches, sizes));
    expect(kept[7]?.states).toMatchObject({ pending: 0, accepted: 5, delivered: 5, undeliverable: 5, expired: 5 });
  });
});

describe('the command that is written', () => {
  const redis = ownRedis(); // watching one of many users would show what they all do

  test.each([
    ['neighbours', [3, 4, 5], 'setrange'],
    ['changes near each other', [3, 5, 9, 12], 'setrange'],
    ['one slot alone', [700], 'bitfield'],
    ['changes far apart', [0, 500, 999], 'bitfield'],
  ] as const)('for %s is the shorter one: %j by %s', async (_, changed, command) => {
    const store = await redis.open('t:');
    const slots = new Slots({ store });
    const full = batch(store, { size: 1_000 });
    const monitor = await (store.redis as Redis).monitor();
    const written: string[] = [];
    monitor.on('monitor', (_time, [name = '', key = '']: string[]) => {
      if (key === full.key && /^(setrange|bitfield)$/i.test(name)) written.push(name.toLowerCase());
    });
    try {
      await slots.apply(changes(...changed.map((slot) => [full, slot, 'accept'] as [typeof full, number, 'accept'])));
      await waitFor(() => written.length > 0, 10_000, 'what was written');
    } finally {
      monitor.disconnect();
    }
    expect(written).toEqual([command]);
  });
});

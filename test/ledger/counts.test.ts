import fc from 'fast-check';
import { type Batch, batchOfLane } from '../../src/ledger/keys.ts';
import { SlotChanges } from '../../src/ledger/slot-changes.ts';
import { Slots } from '../../src/ledger/slots.ts';
import { nextByte, SLOT_EVENTS, type SlotEvent, STATE_ROOM } from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { batch, newBroadcastNo, readSlots, recounted } from './ledger.ts';

/** Two lanes, one of them with a receipt for each of three parts; batches in one shard and in others. */
const BATCHES = [
  { batch: 0, lane: 0, size: 6, parts: 1 },
  { batch: 16, lane: 0, size: 3, parts: 1 },
  { batch: 1, lane: 1, size: 5, parts: 3 },
  { batch: 32, lane: 1, size: 4, parts: 3 },
] as const;
const SIZES = [9, 9];

interface Happening {
  readonly at: number;
  readonly first: number;
  readonly length: number;
  readonly event: SlotEvent;
  readonly part: number;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  at: fc.nat(BATCHES.length - 1),
  first: fc.nat(5),
  length: fc.integer({ min: 1, max: 6 }),
  // What most often happens is drawn most often, so that sequences get somewhere.
  event: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<SlotEvent>('claim', 'accept', 'receiptDelivered') },
    { weight: 2, arbitrary: fc.constantFrom(...SLOT_EVENTS) },
  ),
  part: fc.nat(2),
});
const groups = fc.array(fc.array(happening, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });

/** The ledger in memory: the table, and a set of arrived parts for each slot. */
class Model {
  readonly bytes = BATCHES.map(({ size }) => new Array<number>(size).fill(0));
  readonly #arrived = BATCHES.map(({ size }) => Array.from({ length: size }, () => new Set<number>()));

  happen({ at, first, length, event, part }: Happening): void {
    const { size, parts } = BATCHES[at]!;
    const last = Math.min(first + length, size);
    for (let slot = Math.min(first, size - 1); slot < last; slot += 1) {
      const arrived = this.#arrived[at]![slot]!;
      if (event === 'receiptDelivered') arrived.add(part);
      if (event === 'receiptDelivered' && parts > 1 && arrived.size < parts) continue;
      this.bytes[at]![slot] = nextByte(this.bytes[at]![slot]!, event);
    }
  }
}

function addTo(changes: SlotChanges, of: Batch, { first, length, event, part }: Happening): void {
  const from = Math.min(first, of.size - 1);
  changes.addRun(of, from, Math.min(first + length, of.size) - 1, event, part);
}

describe('the counts', () => {
  let store: Store;
  let slots: Slots;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ store, close } = await testStore());
    slots = new Slots({ store });
  });
  afterAll(() => close());

  test('rules 4 and 6: after any history the slots are those of the model, the counts those of the slots, and a repetition changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(groups, async (history) => {
        const broadcastNo = newBroadcastNo();
        const batches = BATCHES.map((at) => batchOfLane(store, { ...at, broadcastNo }));
        const model = new Model();
        for (const group of history) {
          const changes = new SlotChanges();
          for (const each of group) {
            addTo(changes, batches[each.at]!, each);
            model.happen(each);
          }
          await slots.apply(changes);
          const held = await Promise.all(batches.map((each) => readSlots(store, each)));
          expect(held).toEqual(model.bytes);
          expect(await slots.counts(broadcastNo, SIZES)).toEqual(await recounted(store, batches, SIZES));
        }
        const receipts = history.flat().filter(({ event }) => event.startsWith('receipt'));
        const again = new SlotChanges();
        for (const each of receipts) addTo(again, batches[each.at]!, each);
        await slots.apply(again);
        const before = await Promise.all(batches.map((each) => readSlots(store, each)));
        expect(await slots.apply(again)).toBe(0);
        expect(await Promise.all(batches.map((each) => readSlots(store, each)))).toEqual(before);
        expect(await slots.counts(broadcastNo, SIZES)).toEqual(await recounted(store, batches, SIZES));
      }),
      { numRuns: 40 },
    );
  });

  test('rule 6: claims count as they go, beside the events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(7), fc.nat(7), fc.boolean()), { maxLength: 8 }), async (history) => {
        const one = batch(store, { lane: 2 });
        const { epoch } = await slots.take(one);
        for (const [a, b, doubted] of history) {
          await slots.claim(one, epoch, Math.min(a, b), Math.max(a, b));
          const changes = new SlotChanges();
          changes.add(one, a, doubted ? 'doubt' : 'accept');
          await slots.apply(changes);
        }
        const sizes = [0, 0, 8];
        expect(await slots.counts(one.broadcastNo, sizes)).toEqual(await recounted(store, [one], sizes));
      }),
      { numRuns: 40 },
    );
  });

  test('of a broadcast nobody has begun say that all are pending', async () => {
    const [first, second] = await slots.counts(newBroadcastNo(), [5, 0]);
    expect(first?.states.pending).toBe(5);
    expect(second?.states.pending).toBe(0);
    expect(first?.inDoubt).toBe(0);
  });

  test('of one lane do not leak into the next', async () => {
    const first = batch(store, { lane: 0 });
    const changes = new SlotChanges();
    changes.addRun(first, 0, 7, 'hold');
    changes.addRun(first, 0, 7, 'claim');
    changes.addRun(first, 0, 7, 'hold');
    await slots.apply(changes);
    const [zero, one] = await slots.counts(first.broadcastNo, [8, 8]);
    expect([zero?.states.held, zero?.inDoubt, one?.states.pending, one?.inDoubt]).toEqual([8, 8, 8, 0]);
  });

  test('from slots: every state and the mark have their place', () => {
    const sums = new Array<number>(STATE_ROOM).fill(0);
    Slots.recount(Buffer.of(0, 1, 1, 0x81, 0x90), sums);
    expect([sums[0], sums[1], sums[16], sums[31]]).toEqual([1, 3, 1, 2]);
  });
});

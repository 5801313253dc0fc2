import { Slots } from '../../src/ledger/slots.ts';
import { IN_DOUBT } from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { batch, byteOf, changes, putSlots, readSlots } from './ledger.ts';

describe('taking a batch and claiming its slots', () => {
  let store: Store;
  let slots: Slots;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ store, close } = await testStore());
    slots = new Slots({ store });
  });
  afterAll(() => close());

  test('a batch nobody had is taken with all slots pending', async () => {
    const fresh = batch(store);
    const taken = await slots.take(fresh);
    expect(taken.epoch).toBeGreaterThan(0);
    expect([...taken.slots]).toEqual(new Array(8).fill(0));
  });

  test.each([
    [1, 12],
    [2, 12],
    [3, 20],
  ])('a taken batch of %i parts has its whole string of %i bytes', async (parts, bytes) => {
    const fresh = batch(store, { parts });
    const { slots: read } = await slots.take(fresh);
    expect(read).toHaveLength(8);
    expect(await store.redis.strlen(fresh.key)).toBe(bytes);
  });

  test('every take has an epoch of its own and sees what the one before left', async () => {
    const one = batch(store);
    const { epoch } = await slots.take(one);
    await slots.claim(one, epoch, 2, 3);
    const next = await slots.take(one);
    expect(next.epoch).not.toBe(epoch);
    expect([...next.slots]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  });

  test('rule 1: an epoch that a dead master took with it does not come again', async () => {
    const one = batch(store);
    await slots.take(one);
    const before = await store.redis.getBuffer(one.key);
    const lost = await slots.take(one);
    // What a replica holds that takes over without the last take.
    await store.redis.set(one.key, before!);
    const next = await slots.take(one);
    expect(next.epoch).not.toBe(lost.epoch);
    expect(await slots.claim(one, lost.epoch, 0, 7)).toBeNull();
  });

  test('masks of parts are no slots', async () => {
    const parted = batch(store, { parts: 3 });
    await slots.apply(changes([parted, 0, 'receiptDelivered', 0], [parted, 7, 'receiptDelivered', 2]));
    expect([...(await slots.take(parted)).slots]).toEqual(new Array(8).fill(0));
    expect(await readSlots(store, parted)).toEqual(new Array(8).fill(0));
  });

  test('rule 1: what is granted is marked sending before the claimer hears of it', async () => {
    const one = batch(store);
    const { epoch } = await slots.take(one);
    expect([...(await slots.claim(one, epoch, 1, 4))!]).toEqual([1, 1, 1, 1]);
    expect(await readSlots(store, one)).toEqual([0, 1, 1, 1, 1, 0, 0, 0]);
    const [counts] = await slots.counts(one.broadcastNo, [8]);
    expect(counts?.states).toMatchObject({ pending: 4, sending: 4 });
  });

  test('rule 1: what is claimed among slots that have gone on is marked in its own place, and counted for its own lane', async () => {
    const one = batch(store, { lane: 1 });
    const { epoch } = await slots.take(one);
    await slots.claim(one, epoch, 3, 3);
    await slots.apply(changes([one, 3, 'accept']));
    expect([...(await slots.claim(one, epoch, 2, 6))!]).toEqual([1, 0, 1, 1, 1]);
    expect(await readSlots(store, one)).toEqual([0, 0, 1, byteOf('accepted'), 1, 1, 1, 0]);
    const [other, own] = await slots.counts(one.broadcastNo, [8, 8]);
    expect(other?.states.pending).toBe(8);
    expect(own?.states).toMatchObject({ pending: 3, sending: 4, accepted: 1 });
  });

  test('rule 1: the old epoch claims nothing once another has taken the batch', async () => {
    const one = batch(store);
    const old = await slots.take(one);
    await slots.take(one);
    expect(await slots.claim(one, old.epoch, 0, 7)).toBeNull();
    expect(await readSlots(store, one)).toEqual(new Array(8).fill(0));
    const [counts] = await slots.counts(one.broadcastNo, [8]);
    expect(counts?.states.sending).toBe(0);
  });

  test('rule 1: of two that race for a batch never both get a slot', async () => {
    for (let round = 0; round < 20; round += 1) {
      const one = batch(store);
      const racer = async () => {
        const { epoch } = await slots.take(one);
        const granted: number[] = [];
        for (let slot = 0; slot < 8; slot += 2) {
          const bytes = await slots.claim(one, epoch, slot, slot + 1);
          bytes?.forEach((byte, i) => {
            if (byte === 1) granted.push(slot + i);
          });
          if (bytes === null) break;
        }
        return granted;
      };
      const [a, b] = await Promise.all([racer(), racer()]);
      expect([...a!, ...b!].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    }
  });

  test('a claim whose reply was lost is made again and granted, and is counted once', async () => {
    const one = batch(store);
    const { epoch } = await slots.take(one);
    const first = await slots.claim(one, epoch, 0, 7);
    expect(await slots.claim(one, epoch, 0, 7)).toEqual(first);
    const [counts] = await slots.counts(one.broadcastNo, [8]);
    expect(counts?.states).toMatchObject({ pending: 0, sending: 8 });
  });

  test('rule 5: what went out already or never will is not granted', async () => {
    const one = batch(store);
    const bytes = [
      'accepted',
      'pending',
      'delivered',
      'cancelled',
      'held',
      'untraceable',
      'pending',
      'refused',
    ] as const;
    await putSlots(
      store,
      one,
      bytes.map((state) => byteOf(state)),
    );
    const { epoch } = await slots.take(one);
    expect([...(await slots.claim(one, epoch, 0, 7))!]).toEqual([0, 1, 0, 0, 0, 0, 1, 0]);
    const [counts] = await slots.counts(one.broadcastNo, [8]);
    expect(counts?.states.sending).toBe(2);
  });

  test('rule 5: a doubted slot keeps its mark when it is claimed again', async () => {
    const one = batch(store);
    const { epoch } = await slots.take(one);
    await slots.claim(one, epoch, 0, 0);
    await slots.apply(changes([one, 0, 'doubt']));
    const again = await slots.take(one);
    expect([...(await slots.claim(one, again.epoch, 0, 1))!]).toEqual([1, 1]);
    expect((await readSlots(store, one)).slice(0, 3)).toEqual([byteOf('sending', IN_DOUBT), byteOf('sending'), 0]);
    const [counts] = await slots.counts(one.broadcastNo, [8]);
    expect([counts?.states.sending, counts?.inDoubt]).toEqual([2, 1]);
  });

  test('a claim whose reply was lost is granted again to a slot that is in doubt, or has parts that arrived', async () => {
    const one = batch(store, { parts: 2 });
    const held = [IN_DOUBT, 0x20, 0x40, IN_DOUBT | 0x60, 0];
    await putSlots(store, one, held);
    const { epoch } = await slots.take(one);
    const granted = [1, 1, 1, 1, 1, 1, 1, 1];
    expect([...(await slots.claim(one, epoch, 0, 7))!]).toEqual(granted);
    expect([...(await slots.claim(one, epoch, 0, 7))!]).toEqual(granted);
    expect((await readSlots(store, one)).slice(0, 5)).toEqual(held.map((byte) => byteOf('sending', byte)));
    const [counts] = await slots.counts(one.broadcastNo, [8]);
    expect(counts?.states).toMatchObject({ pending: 0, sending: 8 });
  });

  test('rule 5: an acceptance that comes after the takeover keeps the text from going out again', async () => {
    const one = batch(store);
    const first = await slots.take(one);
    await slots.claim(one, first.epoch, 0, 1);
    const second = await slots.take(one);
    await slots.apply(changes([one, 0, 'accept']));
    await slots.apply(changes([one, 0, 'doubt'], [one, 1, 'doubt']));
    expect([...(await slots.claim(one, second.epoch, 0, 1))!]).toEqual([0, 1]);
    expect(await readSlots(store, one)).toEqual([byteOf('accepted'), byteOf('sending', IN_DOUBT), 0, 0, 0, 0, 0, 0]);
  });

  test('a released slot may be claimed again, without a mark', async () => {
    const one = batch(store);
    const { epoch } = await slots.take(one);
    await slots.claim(one, epoch, 3, 3);
    await slots.apply(changes([one, 3, 'release']));
    expect([...(await slots.claim(one, epoch, 3, 3))!]).toEqual([1]);
    expect((await readSlots(store, one))[3]).toBe(byteOf('sending'));
  });
});

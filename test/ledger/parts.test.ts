import { Slots } from '../../src/ledger/slots.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { batch, byteOf, changes, readSlots } from './ledger.ts';

describe('a slot with a receipt for each part', () => {
  let store: Store;
  let slots: Slots;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ store, close } = await testStore());
    slots = new Slots({ store });
  });
  afterAll(() => close());

  const accepted = async (parts: number) => {
    const one = batch(store, { size: 2, parts });
    await slots.apply(changes([one, 0, 'claim'], [one, 0, 'accept']));
    return one;
  };
  const stateOfFirst = async (one: Awaited<ReturnType<typeof accepted>>) => (await readSlots(store, one))[0];

  test.each([2, 3, 8])('is delivered when the last of %i parts arrived, not before', async (parts) => {
    const one = await accepted(parts);
    for (let part = parts - 1; part > 0; part -= 1) {
      await slots.apply(changes([one, 0, 'receiptDelivered', part]));
      expect(await stateOfFirst(one)).toBe(byteOf('accepted'));
    }
    expect(await slots.apply(changes([one, 0, 'receiptDelivered', 0]))).toBe(1);
    expect(await stateOfFirst(one)).toBe(byteOf('delivered'));
    expect((await readSlots(store, one))[1]).toBe(byteOf('pending'));
  });

  test('rule 4: does not count a part twice', async () => {
    const one = await accepted(2);
    for (let i = 0; i < 3; i += 1) await slots.apply(changes([one, 0, 'receiptDelivered', 1]));
    expect(await stateOfFirst(one)).toBe(byteOf('accepted'));
  });

  test('all its receipts may come in one call, those of others between them', async () => {
    const one = await accepted(3);
    const delivered = [0, 2, 1].map(
      (part) => [one, 0, 'receiptDelivered', part] as [typeof one, number, 'receiptDelivered', number],
    );
    await slots.apply(changes(delivered[0]!, [one, 1, 'receiptDelivered', 0], delivered[1]!, delivered[2]!));
    expect(await readSlots(store, one)).toEqual([byteOf('delivered'), byteOf('pending')]);
  });

  test.each([
    ['receiptUndeliverable', 'undeliverable'],
    ['receiptExpired', 'expired'],
    ['receiptRejected', 'rejected'],
    ['receiptDeleted', 'deleted'],
  ] as const)('ends with the first part of %s, and other parts that arrive do not mend it', async (event, state) => {
    const one = await accepted(2);
    await slots.apply(changes([one, 0, event, 0]));
    await slots.apply(changes([one, 0, 'receiptDelivered', 1]));
    expect(await stateOfFirst(one)).toBe(byteOf(state));
  });

  test('is delivered after all when the part that failed arrives too', async () => {
    const one = await accepted(2);
    await slots.apply(changes([one, 0, 'receiptUndeliverable', 0], [one, 0, 'receiptDelivered', 1]));
    await slots.apply(changes([one, 0, 'receiptDelivered', 0]));
    expect(await stateOfFirst(one)).toBe(byteOf('delivered'));
  });

  test('takes the receipts that come before the slot is accepted', async () => {
    const one = batch(store, { size: 2, parts: 2 });
    await slots.apply(changes([one, 0, 'claim'], [one, 0, 'receiptDelivered', 0]));
    expect(await stateOfFirst(one)).toBe(byteOf('sending'));
    await slots.apply(changes([one, 0, 'accept'], [one, 0, 'receiptDelivered', 1]));
    expect(await stateOfFirst(one)).toBe(byteOf('delivered'));
  });

  test('an intermediate receipt of any part shows at once', async () => {
    const one = await accepted(2);
    await slots.apply(changes([one, 0, 'receiptEnroute', 1]));
    expect(await stateOfFirst(one)).toBe(byteOf('enroute'));
  });

  test('rule 6: is counted once', async () => {
    const one = await accepted(2);
    await slots.apply(changes([one, 0, 'receiptDelivered', 0], [one, 0, 'receiptDelivered', 1]));
    const [counts] = await slots.counts(one.broadcastNo, [2]);
    expect(counts?.states).toMatchObject({ pending: 1, accepted: 0, delivered: 1 });
  });
});

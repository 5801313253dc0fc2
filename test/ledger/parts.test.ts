import { Slots } from '../../src/ledger/slots.ts';
import { stateOf } from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { batch, changes, readSlots } from './ledger.ts';

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
  const stateOfFirst = async (one: Awaited<ReturnType<typeof accepted>>) => stateOf((await readSlots(store, one))[0]!);

  test.each([2, 3, 8])('is delivered when the last of %i parts arrived, not before', async (parts) => {
    const one = await accepted(parts);
    for (let part = parts - 1; part > 0; part -= 1) {
      await slots.apply(changes([one, 0, 'receiptDelivered', part]));
      expect(await stateOfFirst(one)).toBe('accepted');
    }
    expect(await slots.apply(changes([one, 0, 'receiptDelivered', 0]))).toBe(1);
    expect(await stateOfFirst(one)).toBe('delivered');
    expect((await readSlots(store, one))[1]).toBe(0);
  });

  test('rule 4: does not count a part twice', async () => {
    const one = await accepted(2);
    for (let i = 0; i < 3; i += 1) await slots.apply(changes([one, 0, 'receiptDelivered', 1]));
    expect(await stateOfFirst(one)).toBe('accepted');
  });

  test.each([2, 3, 8])('rule 4: a receipt that comes again changes nothing, of %i parts', async (parts) => {
    const one = await accepted(parts);
    for (let part = 0; part < parts; part += 1) {
      const receipt = changes([one, 0, 'receiptDelivered', part]);
      await slots.apply(receipt);
      const after = await store.redis.getBuffer(one.key);
      expect(await slots.apply(receipt)).toBe(0);
      expect(await store.redis.getBuffer(one.key)).toEqual(after);
    }
  });

  test('rule 5: what arrived of a first copy counts for the second, and does not keep it from being sent', async () => {
    const one = batch(store, { size: 2, parts: 2 });
    const { epoch } = await slots.take(one);
    await slots.claim(one, epoch, 0, 0);
    await slots.apply(changes([one, 0, 'receiptDelivered', 1], [one, 0, 'doubt']));
    expect(await stateOfFirst(one)).toBe('pending');
    const next = await slots.take(one);
    expect([...(await slots.claim(one, next.epoch, 0, 1))!]).toEqual([1, 1]);
    expect((await readSlots(store, one)).map(stateOf)).toEqual(['sending', 'sending']);
    await slots.apply(changes([one, 0, 'accept'], [one, 0, 'receiptDelivered', 0]));
    expect(await stateOfFirst(one)).toBe('delivered');
    expect((await slots.counts(one.broadcastNo, [2]))[0]).toMatchObject({ states: { delivered: 1 }, inDoubt: 1 });
  });

  test('two parts take no more of the store than one', async () => {
    const [one, two, three] = [1, 2, 3].map((parts) => batch(store, { size: 100, parts }));
    const bytes = async (of: typeof one) => {
      await slots.take(of!);
      await slots.apply(changes([of!, 99, 'receiptDelivered', 0]));
      return store.redis.strlen(of!.key);
    };
    expect([await bytes(one), await bytes(two), await bytes(three)]).toEqual([104, 104, 204]);
  });

  test('all its receipts may come in one call, those of others between them', async () => {
    const one = await accepted(3);
    const delivered = [0, 2, 1].map(
      (part) => [one, 0, 'receiptDelivered', part] as [typeof one, number, 'receiptDelivered', number],
    );
    await slots.apply(changes(delivered[0]!, [one, 1, 'receiptDelivered', 0], delivered[1]!, delivered[2]!));
    expect((await readSlots(store, one)).map(stateOf)).toEqual(['delivered', 'pending']);
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
    expect(await stateOfFirst(one)).toBe(state);
  });

  test('is delivered after all when the part that failed arrives too', async () => {
    const one = await accepted(2);
    await slots.apply(changes([one, 0, 'receiptUndeliverable', 0], [one, 0, 'receiptDelivered', 1]));
    await slots.apply(changes([one, 0, 'receiptDelivered', 0]));
    expect(await stateOfFirst(one)).toBe('delivered');
  });

  test('takes the receipts that come before the slot is accepted', async () => {
    const one = batch(store, { size: 2, parts: 2 });
    await slots.apply(changes([one, 0, 'claim'], [one, 0, 'receiptDelivered', 0]));
    expect(await stateOfFirst(one)).toBe('sending');
    await slots.apply(changes([one, 0, 'accept'], [one, 0, 'receiptDelivered', 1]));
    expect(await stateOfFirst(one)).toBe('delivered');
  });

  test('an intermediate receipt of any part shows at once', async () => {
    const one = await accepted(2);
    await slots.apply(changes([one, 0, 'receiptEnroute', 1]));
    expect(await stateOfFirst(one)).toBe('enroute');
  });

  test('rule 6: is counted once', async () => {
    const one = await accepted(2);
    await slots.apply(changes([one, 0, 'receiptDelivered', 0], [one, 0, 'receiptDelivered', 1]));
    const [counts] = await slots.counts(one.broadcastNo, [2]);
    expect(counts?.states).toMatchObject({ pending: 1, accepted: 0, delivered: 1 });
  });
});

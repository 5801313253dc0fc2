import { noCounts } from '../../src/broadcasts/progress.ts';
import { verify } from '../../src/broadcasts/verify.ts';
import { countsKey, SLOTS_OFFSET } from '../../src/ledger/keys.ts';
import { IN_DOUBT, SLOT_STATES, STATE_ROOM } from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { batchesOf, happen, storeBroadcast } from './builders.ts';

describe('verifying a broadcast', () => {
  let store: Store;
  let close: () => Promise<void>;
  let no = 0;

  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  /** 35 fr: 900 delivered in its second batch, 3 of them in doubt; the rest pending. */
  async function aBroadcast() {
    no += 1;
    const stored = await storeBroadcast(store, { no });
    const [, second] = batchesOf(store, stored.broadcast, stored.plan.lanes[2]!);
    await happen(store, second!, 0, 2, 'claim', 'doubt');
    await happen(store, second!, 0, 899, 'claim', 'accept', 'receiptDelivered');
    return { ...stored, batch: second! };
  }
  const counterOf = (lane: number, state: number) => `#${lane * STATE_ROOM + state}`;

  test('rule 6: finds no difference where there is none, and counts everybody', async () => {
    const { id } = await aBroadcast();
    const { counts, ...rest } = await verify(store, id);
    expect(rest).toEqual({ recipients: 3_503, inDoubt: 3, differences: [] });
    expect(counts).toEqual({ ...noCounts(), delivered: 900, pending: 2_603 });
  });

  test('rule 6: a count that was tampered with shows, with its lane and both figures', async () => {
    const { id, broadcast, batch } = await aBroadcast();
    const delivered = counterOf(2, SLOT_STATES.indexOf('delivered'));
    await store.redis.bitfield(countsKey(store, batch.shard, broadcast.no), 'INCRBY', 'u32', delivered, 1);
    const { counts, differences } = await verify(store, id);
    expect(differences).toEqual([
      { region: '35', language: 'fr', count: 'pending', kept: 1_599, recounted: 1_600 },
      { region: '35', language: 'fr', count: 'delivered', kept: 901, recounted: 900 },
    ]);
    expect(counts.delivered).toBe(900);
  });

  test('rule 6: a slot that was changed behind the ledger’s back shows', async () => {
    const { id, batch } = await aBroadcast();
    await store.redis.setrange(batch.key, SLOTS_OFFSET + 5, String.fromCharCode(SLOT_STATES.indexOf('refused')));
    const { differences } = await verify(store, id);
    expect(differences.map(({ count, kept, recounted }) => [count, kept, recounted])).toEqual([
      ['delivered', 900, 899],
      ['refused', 0, 1],
    ]);
  });

  test('rule 5: a mark that went missing shows', async () => {
    const { id, broadcast, batch } = await aBroadcast();
    const marked = counterOf(2, STATE_ROOM - 1);
    await store.redis.bitfield(countsKey(store, batch.shard, broadcast.no), 'INCRBY', 'u32', marked, -1);
    expect((await verify(store, id)).differences).toEqual([
      { region: '35', language: 'fr', count: 'inDoubt', kept: 2, recounted: 3 },
    ]);
    expect(IN_DOUBT).toBe(0x80);
  });

  test('rule 6: lost slots of a whole batch show', async () => {
    const { id, batch } = await aBroadcast();
    await store.redis.del(batch.key);
    const { differences } = await verify(store, id);
    expect(differences.map(({ count, recounted }) => [count, recounted])).toEqual([
      ['pending', 2_500],
      ['delivered', 0],
      ['inDoubt', 0],
    ]);
  });

  test('of a broadcast nobody knows is refused', async () => {
    await expect(verify(store, 'b9999')).rejects.toMatchObject({ code: 'unknown_broadcast' });
  });
});

import { idsKey, parkedKey, shardOfId } from '../../src/ledger/keys.ts';
import { DAY_MS, idRoutes, idsInShard, START, START_DAY } from './id-routes.ts';

describe('message ids', () => {
  const aRoute = idRoutes();

  describe('over days', () => {
    test('a receipt finds its submission of up to three days before, not of four', async () => {
      const { ids, clock } = aRoute();
      await ids.map(['a'], [11]);
      for (const day of [1, 2, 3]) {
        clock.now = START + day * DAY_MS;
        expect(await ids.join(['a'], [5])).toEqual([11]);
      }
      clock.now = START + 4 * DAY_MS;
      expect(await ids.join(['a'], [5])).toEqual(['parked']);
    });

    test('an id that is used again means the newer submission', async () => {
      const { ids, clock } = aRoute();
      await ids.map(['a'], [11]);
      clock.now += DAY_MS;
      await ids.map(['a'], [22]);
      expect(await ids.join(['a'], [5])).toEqual([22]);
    });

    test('the ids of a day expire by themselves, and not before they could still be asked for', async () => {
      const { store, ids, route } = aRoute();
      await ids.map(['a'], [11]);
      const left = await store.redis.pttl(idsKey(store, shardOfId('a'), route, Math.floor(START / DAY_MS)));
      expect(left).toBeGreaterThan(4 * DAY_MS - 60_000);
      expect(left).toBeLessThanOrEqual(4 * DAY_MS);
    });

    test('parked receipts are kept for a day at least, and expire though others come after them', async () => {
      const { store, ids, clock, route } = aRoute();
      await ids.join(['a'], [5]);
      const key = parkedKey(store, shardOfId('a'), route, START_DAY);
      const left = await store.redis.pttl(key);
      expect(left).toBeGreaterThan(2 * DAY_MS - 60_000);
      expect(left).toBeLessThanOrEqual(2 * DAY_MS);
      await store.redis.pexpire(key, 60_000);
      const same = ['b', 'c', 'd'].concat(Array.from({ length: 64 }, (_, i) => `e${i}`));
      await ids.join(
        same,
        same.map(() => 5),
      );
      expect(await ids.reconcile()).toEqual({ unparked: [], orphans: 1 + same.length });
      expect(await store.redis.pttl(key)).toBeLessThanOrEqual(60_000);
      clock.now += DAY_MS;
      expect(await ids.join(['a'], [6])).toEqual(['parked']);
      expect(await store.redis.pttl(key)).toBeLessThanOrEqual(60_000);
    });

    test('a response finds the receipts of the day before, in their order', async () => {
      const { ids, clock } = aRoute();
      await ids.join(['a'], [5]);
      clock.now += DAY_MS;
      await ids.join(['a'], [6]);
      expect(await ids.map(['a'], [11])).toEqual([{ id: 'a', address: 11, events: [5, 6] }]);
      await ids.unpark(['a']);
      expect(await ids.map(['a'], [11])).toEqual([]);
    });

    test('orphans can be read, with what they say and the day they came', async () => {
      const { ids, clock } = aRoute();
      await ids.join(['a'], [5]);
      clock.now += DAY_MS;
      await ids.join(['b'], [6]);
      const found = [];
      for await (const orphan of ids.orphans()) found.push(orphan);
      const day = (at: number) => new Date(at).toISOString().slice(0, 10);
      expect(found.sort((one, other) => one.id.localeCompare(other.id))).toEqual([
        { id: 'a', events: [5], day: day(START) },
        { id: 'b', events: [6], day: day(START + DAY_MS) },
      ]);
    });
  });

  describe('reconciling', () => {
    test('finds what a process left that died between mapping and applying', async () => {
      const { ids, open } = aRoute();
      await ids.join(['early', 'orphan'], [5, 5]);
      await ids.map(['early'], [11]);
      const { unparked, orphans } = await open().reconcile();
      expect([unparked, orphans]).toEqual([[{ id: 'early', address: 11, events: [5] }], 1]);
    });

    test('finds what a process with a slower clock parked under yesterday', async () => {
      const { clock, open } = aRoute();
      const [ahead, behind] = [open(), open()];
      clock.now = START + DAY_MS;
      await ahead.map(['a'], [11]);
      clock.now = START;
      expect(await behind.join(['a'], [5])).toEqual(['parked']);
      clock.now = START + DAY_MS;
      expect((await behind.reconcile()).unparked).toEqual([{ id: 'a', address: 11, events: [5] }]);
    });

    test('changes nothing of what is parked', async () => {
      const { ids } = aRoute();
      await ids.join(['a'], [14]);
      await ids.join(['a'], [16]);
      expect((await ids.reconcile()).orphans).toBe(1);
      expect(await ids.map(['a'], [11])).toEqual([{ id: 'a', address: 11, events: [14, 16] }]);
    });

    test('has nothing to say when nothing is parked', async () => {
      expect(await aRoute().ids.reconcile()).toEqual({ unparked: [], orphans: 0 });
    });
  });

  test('rule 7: a shard full of receipts nobody asked for refuses more by name, joins what is known, and is still read', async () => {
    const { store, ids, route } = aRoute();
    const [known = '', late = '', ...stray] = idsInShard(3, 100_002);
    // They came within two days, and count together.
    for (let from = 0; from < stray.length; from += 10_000) {
      const key = parkedKey(store, 3, route, from < 50_000 ? START_DAY - 1 : START_DAY);
      await store.redis.hset(key, ...stray.slice(from, from + 10_000).flatMap((id) => [id, '\x05']));
    }
    await ids.map([known], [11]);
    expect(await ids.join([known, late, stray[0]!], [5, 5, 5])).toEqual([11, 'overflow', 'parked']);
    expect(await ids.reconcile()).toEqual({ unparked: [], orphans: 100_000 });
  });
});

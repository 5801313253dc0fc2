import fc from 'fast-check';
import { baseAddress, batchNumber, offsetOf } from '../../src/ledger/address.ts';
import { idsKey, parkedKey, SHARDS, shardOfId } from '../../src/ledger/keys.ts';
import { MessageIds } from '../../src/ledger/message-ids.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

const DAY_MS = 24 * 3_600_000;
const START = Date.UTC(2026, 0, 15, 12);
const START_DAY = Math.floor(START / DAY_MS);

describe('message ids', () => {
  let store: Store;
  let close: () => Promise<void>;
  let routes = 0;

  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  /** The ids of a route of its own, as processes that share a clock see them. */
  function aRoute() {
    routes += 1;
    const clock = { now: START };
    const route = `r${routes}`;
    const open = () => new MessageIds({ store, route, now: () => clock.now });
    return { clock, route, open, ids: open() };
  }

  const parkedOf = async (route: string) => {
    const lengths = Array.from({ length: SHARDS }, (_, shard) =>
      store.redis.hlen(parkedKey(store, shard, route, START_DAY)),
    );
    return (await Promise.all(lengths)).reduce((sum, length) => sum + length, 0);
  };

  test('a receipt after its response finds the address', async () => {
    const { ids } = aRoute();
    expect(await ids.map(['a', 'b'], [11, 22])).toEqual([]);
    expect(await ids.join(['b', 'a'], [5, 5])).toEqual([22, 11]);
  });

  test('a receipt before its response is parked, and given back with the response', async () => {
    const { ids } = aRoute();
    expect(await ids.join(['a'], [5])).toEqual(['parked']);
    expect(await ids.map(['b', 'a'], [22, 11])).toEqual([{ id: 'a', address: 11, events: [5] }]);
  });

  test('a parked receipt is given back until its effect is durable, then no more', async () => {
    const { ids, route } = aRoute();
    await ids.join(['a'], [5]);
    await ids.map(['a'], [11]);
    expect(await ids.map(['a'], [11])).toHaveLength(1);
    await ids.unpark(['a']);
    expect(await ids.map(['a'], [11])).toEqual([]);
    expect(await parkedOf(route)).toBe(0);
  });

  test('several early receipts of one id are kept in their order, repetitions once', async () => {
    const { ids } = aRoute();
    for (const event of [14, 14, 16, 18, 18]) await ids.join(['a'], [event]);
    expect(await ids.map(['a'], [11])).toEqual([{ id: 'a', address: 11, events: [14, 16, 18] }]);
  });

  test('of the early receipts of one id no more than eight are kept', async () => {
    const { ids } = aRoute();
    for (let i = 0; i < 12; i += 1) expect(await ids.join(['a'], [i % 2 === 0 ? 14 : 16])).toEqual(['parked']);
    const events = [14, 16, 14, 16, 14, 16, 14, 16];
    expect(await ids.map(['a'], [11])).toEqual([{ id: 'a', address: 11, events }]);
  });

  test('all ids of one broadcast are walked, over shards and days, and none of another', async () => {
    const { clock, ids } = aRoute();
    const addressOf = (broadcast: number, slot: number) => baseAddress(batchNumber(broadcast, 3)) + offsetOf(slot, 0);
    const many = (broadcast: number, from: number, count: number) => {
      const slots = Array.from({ length: count }, (_, i) => from + i);
      return ids.map(
        slots.map((slot) => `m${broadcast}-${slot}`),
        slots.map((slot) => addressOf(broadcast, slot)),
      );
    };
    await many(7, 0, 600);
    await many(8, 0, 600);
    clock.now += DAY_MS;
    await many(7, 600, 300);
    const walked = async (sinceMs: number) => {
      const found = new Map<string, number>();
      for await (const entries of ids.walk(7, sinceMs)) for (const [id, address] of entries) found.set(id, address);
      return found;
    };
    const all = await walked(START);
    expect(all.size).toBe(900);
    for (const [id, address] of all) expect(address).toBe(addressOf(7, Number(id.slice(3))));
    expect((await walked(START + DAY_MS)).size).toBe(300);
    for await (const entries of ids.walk(9, START)) expect(entries).toEqual([]);
  });

  test('a full day of ids in one shard is walked whole', async () => {
    const { ids } = aRoute();
    const inShard: string[] = [];
    for (let i = 0; inShard.length < 2_000; i += 1) if (shardOfId(`w${i}`) === 5) inShard.push(`w${i}`);
    const first = baseAddress(batchNumber(7, 0));
    await ids.map(
      inShard,
      inShard.map((_, slot) => first + offsetOf(slot, 0)),
    );
    const found = new Set<string>();
    for await (const entries of ids.walk(7, START)) for (const [id] of entries) found.add(id);
    expect([...found].sort()).toEqual([...inShard].sort());
  });

  test('what no receipt finds any more is not walked either', async () => {
    const { clock, ids } = aRoute();
    await ids.map(['a'], [baseAddress(batchNumber(7, 0))]);
    const walked = async () => {
      const found: string[] = [];
      for await (const entries of ids.walk(7, START)) found.push(...entries.map(([id]) => id));
      return found;
    };
    clock.now = START + 3 * DAY_MS;
    expect(await walked()).toEqual(['a']);
    clock.now = START + 4 * DAY_MS;
    expect(await walked()).toEqual([]);
  });

  test('an id has no part in the early receipts of another, though they share a shard', async () => {
    const { ids } = aRoute();
    const other = Array.from({ length: 200 }, (_, i) => `n${i}`).find((id) => shardOfId(id) === shardOfId('a'));
    await ids.join(['a'], [5]);
    expect(await ids.map([other!, 'a'], [22, 11])).toEqual([{ id: 'a', address: 11, events: [5] }]);
  });

  test('a receipt whose id is repeated in one call is joined each time', async () => {
    const { ids } = aRoute();
    expect(await ids.join(['a', 'a'], [14, 18])).toEqual(['parked', 'parked']);
    expect(await ids.map(['a'], [11])).toEqual([{ id: 'a', address: 11, events: [14, 18] }]);
    expect(await ids.join(['a', 'a'], [14, 18])).toEqual([11, 11]);
  });

  test('ids of one route mean nothing on another', async () => {
    await aRoute().ids.map(['a'], [11]);
    expect(await aRoute().ids.join(['a'], [5])).toEqual(['parked']);
  });

  test('the largest address comes back exactly', async () => {
    const { ids } = aRoute();
    await ids.map(['a'], [Number.MAX_SAFE_INTEGER]);
    expect(await ids.join(['a'], [5])).toEqual([Number.MAX_SAFE_INTEGER]);
  });

  test('no receipt is lost, whatever the order of responses and receipts in two processes', async () => {
    const step = fc.tuple(fc.constantFrom('map', 'join'), fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.boolean(), async (steps, together) => {
        const { open } = aRoute();
        const [responses, receipts] = [open(), open()];
        const mapped = new Set<number>();
        const received = new Set<number>();
        const found = new Set<number>();
        const running: Promise<void>[] = [];
        for (const [what, numbers] of steps) {
          const names = numbers.map((n) => `id${n}`);
          const work = async () => {
            if (what === 'map') {
              for (const { address } of await responses.map(names, numbers)) found.add(address);
              return;
            }
            for (const joined of await receipts.join(
              names,
              numbers.map(() => 5),
            )) {
              if (typeof joined === 'number') found.add(joined);
            }
          };
          for (const n of numbers) (what === 'map' ? mapped : received).add(n);
          if (together) running.push(work());
          else await work();
        }
        await Promise.all(running);
        expect([...found].sort()).toEqual([...received].filter((n) => mapped.has(n)).sort());
      }),
      { numRuns: 40 },
    );
  });

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
      const { ids, route } = aRoute();
      await ids.map(['a'], [11]);
      const left = await store.redis.pttl(idsKey(store, shardOfId('a'), route, Math.floor(START / DAY_MS)));
      expect(left).toBeGreaterThan(4 * DAY_MS - 60_000);
      expect(left).toBeLessThanOrEqual(4 * DAY_MS);
    });

    test('parked receipts are kept for a day at least, and expire though others come after them', async () => {
      const { ids, clock, route } = aRoute();
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
    const { ids, route } = aRoute();
    const inShard: string[] = [];
    for (let i = 0; inShard.length < 100_002; i += 1) if (shardOfId(`x${i}`) === 3) inShard.push(`x${i}`);
    const [known = '', late = '', ...stray] = inShard;
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

import { baseAddress, batchNumber, offsetOf } from '../../src/ledger/address.ts';
import { DAY_MS, idRoutes, idsInShard, START } from './id-routes.ts';

describe('the ids of a broadcast', () => {
  const aRoute = idRoutes();

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
    const inShard = idsInShard(5, 2_000);
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
});

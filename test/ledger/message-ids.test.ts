import fc from 'fast-check';
import { shardOfId } from '../../src/ledger/keys.ts';
import { idRoutes } from './id-routes.ts';

describe('message ids', () => {
  const aRoute = idRoutes();

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
    const { ids, parked } = aRoute();
    await ids.join(['a'], [5]);
    await ids.map(['a'], [11]);
    expect(await ids.map(['a'], [11])).toHaveLength(1);
    await ids.unpark(['a']);
    expect(await ids.map(['a'], [11])).toEqual([]);
    expect(await parked()).toBe(0);
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
});

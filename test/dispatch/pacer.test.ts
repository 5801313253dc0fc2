/** The pacer on a real Redis: what it grants, and when, with one process and with several. */
import { jest } from '@jest/globals';
import { Pacer } from '../../src/dispatch/pacer.ts';
import { connectRedis, ready, type Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

const SPAN_MS = 1_900;
/** The first grants of a run carry what start-up lends. */
const SETTLED_MS = 100;

let store: Store;
let url: string;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ store, url, close } = await testStore());
});
afterEach(() => close());

const pacerOf = (segmentsPerSecond: number | null, on: Store = store) =>
  new Pacer({ store: on, route: { id: 'r', segmentsPerSecond } });

/** Takes as fast as it gets for a while; the moment of every segment. */
async function grants(pacer: Pacer, untilMs: number): Promise<number[]> {
  const at: number[] = [];
  while (performance.now() < untilMs) {
    const segments = await pacer.take(1, 500);
    const now = performance.now();
    for (let i = 0; i < segments; i += 1) at.push(now);
  }
  return at;
}

function busiestSecond(at: readonly number[]): number {
  let from = 0;
  let busiest = 0;
  at.forEach((moment, i) => {
    while (moment - at[from]! >= 1_000) from += 1;
    busiest = Math.max(busiest, i - from + 1);
  });
  return busiest;
}

/** Each with a connection of its own, as processes have. */
async function withPacers<T>(count: number, rate: number, act: (pacers: Pacer[]) => Promise<T>): Promise<T> {
  const connections = Array.from({ length: count }, () => connectRedis(url, 'worker', () => {}));
  try {
    await Promise.all(connections.map((redis) => ready(redis)));
    return await act(connections.map((redis) => pacerOf(rate, { redis, prefix: store.prefix })));
  } finally {
    for (const redis of connections) redis.disconnect();
  }
}

describe('a limited route', () => {
  // Wall-clock rates: a machine that is busy for a moment must not fail the suite.
  jest.retryTimes(2);

  test.each([
    [50, 1],
    [200, 1],
    [200, 2],
    [2_000, 1],
    [2_000, 2],
    [10_000, 3],
  ])('sends %d segments a second with %d process(es), and never much more in any second', async (rate, processes) => {
    const at = await withPacers(processes, rate, async (pacers) => {
      const end = performance.now() + SPAN_MS;
      return (await Promise.all(pacers.map((pacer) => grants(pacer, end)))).flat().sort((a, b) => a - b);
    });
    const settled = at.filter((moment) => moment >= at[0]! + SETTLED_MS);
    const mean = ((settled.length - 1) * 1_000) / (settled.at(-1)! - settled[0]!);
    expect(busiestSecond(at)).toBeLessThanOrEqual(Math.ceil(rate * 1.03));
    expect(mean).toBeGreaterThan(rate * 0.97);
    expect(mean).toBeLessThan(rate * 1.03);
  });

  test('gives at least what is needed for one text, also where that is more than a lease', async () => {
    const pacer = pacerOf(20);
    expect(await pacer.take(4, 4)).toBe(4);
    const start = performance.now();
    expect(await pacer.take(4, 8)).toBeGreaterThanOrEqual(4);
    expect(performance.now() - start).toBeGreaterThan(100);
  });

  test('counts what is given back as not sent', async () => {
    const pacer = pacerOf(10);
    expect(await pacer.take(1, 1)).toBe(1);
    pacer.giveBack(1);
    const start = performance.now();
    expect(await pacer.take(1, 1)).toBe(1);
    expect(performance.now() - start).toBeLessThan(50);
  });

  test('saves nothing up while it rests', async () => {
    const pacer = pacerOf(200);
    await pacer.take(1, 1);
    const restUntil = performance.now() + 500;
    await waitFor(() => performance.now() > restUntil);
    const at = await grants(pacer, performance.now() + 300);
    expect(at.length).toBeLessThan(68);
  });
});

describe('quirk 22: an account that is throttled', () => {
  test('is cut once for all refusals of a moment, in every process', async () => {
    await withPacers(2, 1_000, async ([one, other]) => {
      await one!.take(1, 1);
      await Promise.all([one!.throttled(), other!.throttled(), one!.throttled(), other!.throttled()]);
      await other!.take(1, 1);
      await one!.take(1, 1);
      for (const pacer of [one!, other!]) {
        expect(pacer.limit).toBeGreaterThanOrEqual(850);
        expect(pacer.limit).toBeLessThan(870);
      }
    });
  });

  test('creeps up again, to the configured rate and no further', async () => {
    const pacer = pacerOf(1_000);
    await pacer.throttled();
    await pacer.take(1, 1);
    const cut = pacer.limit;
    const later = performance.now() + 500;
    await waitFor(() => performance.now() > later);
    await pacer.take(1, 1);
    expect(pacer.limit).toBeGreaterThan(cut + 5);
    expect(pacer.limit).toBeLessThan(cut * 1.1);
    // As after a long time: the learned limit is above the configured one.
    await store.redis.hset(`${store.prefix}{pace-r}:pace`, 'limit', '2000');
    await pacer.take(1, 1);
    expect(pacer.limit).toBe(1_000);
    expect(await store.redis.hget(`${store.prefix}{pace-r}:pace`, 'limit')).toBeNull();
  });

  test('that has no configured rate learns one from what it was sending, and forgets it when it means nothing', async () => {
    const pacer = pacerOf(null);
    const start = performance.now();
    await pacer.take(1, 400);
    await waitFor(() => performance.now() - start > 200);
    await pacer.throttled();
    expect(pacer.limit).toBeGreaterThan(100);
    expect(pacer.limit).toBeLessThan(2_000);
    await store.redis.hset(`${store.prefix}{pace-r}:pace`, 'limit', '5000000');
    await pacer.take(1, 1);
    expect(pacer.limit).toBe(0);
  });
});

describe('an unlimited route', () => {
  test('asks Redis no more than twice a second, whatever it sends', async () => {
    const pacer = pacerOf(null);
    await pacer.take(1, 500);
    const calls = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await store.redis.info('commandstats'))?.[1] ?? 0);
    const before = await calls();
    const start = performance.now();
    for (let i = 0; i < 2_000; i += 1) expect(await pacer.take(1, 500)).toBe(500);
    const asked = (await calls()) - before;
    expect(asked).toBeLessThanOrEqual(Math.ceil((performance.now() - start) / 500));
    expect(pacer.limit).toBe(0);
  });
});

/** The pacer on a real Redis: what it grants, and when, with one process and with several. */
import { jest } from '@jest/globals';
import type { Answers } from '../../src/dispatch/approach.ts';
import { Pacer } from '../../src/dispatch/pacer.ts';
import { RedisClock } from '../../src/dispatch/redis-clock.ts';
import { connectRedis, ready, type Store } from '../../src/store/connection.ts';
import { ownRedis } from '../support/own-redis.ts';
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

const answers = { answered: 0, accepted: 0 };
const clockOf = (of: Store) => new RedisClock({ store: of, route: 'r' });
const pacerOf = (segmentsPerSecond: number | null, on: Store = store, of: Answers = answers) =>
  new Pacer({ store: on, route: { id: 'r', segmentsPerSecond }, answers: of, clock: clockOf(on) });

/** Takes as fast as it gets for a while; the moment at which every segment leaves, as the pump keeps to it. */
async function grants(pacer: Pacer, untilMs: number): Promise<number[]> {
  const at: number[] = [];
  const writes: Promise<void>[] = [];
  while (performance.now() < untilMs) {
    const grant = await pacer.take(1, 500);
    writes.push(
      pacer
        .together(grant, grant.segments)()
        .then(() => {
          const now = performance.now();
          for (let i = 0; i < grant.segments; i += 1) at.push(now);
        }),
    );
  }
  await Promise.all(writes);
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
    expect(busiestSecond(at)).toBeLessThanOrEqual(Math.ceil(rate * 1.02));
    expect(mean).toBeGreaterThan(rate * 0.9);
    expect(mean).toBeLessThan(rate * 1.01);
  });

  test('gives at least what is needed for one text, also where that is more than a lease', async () => {
    const pacer = pacerOf(20);
    expect((await pacer.take(4, 4)).segments).toBe(4);
    const start = performance.now();
    const grant = await pacer.take(4, 8);
    expect(grant.segments).toBeGreaterThanOrEqual(4);
    await pacer.together(grant, 1)();
    expect(performance.now() - start).toBeGreaterThan(100);
  });

  test('collects a long text also where its segments come in over more than what is held unused', async () => {
    const pacer = pacerOf(8);
    expect((await pacer.take(6, 6)).segments).toBe(6);
  });

  const behind = async () => Number(await store.redis.hget(`${store.prefix}{pace-r}:pace`, 'behind'));
  /** Its schedule is leased for some time ahead: nothing of it is overdue. */
  async function leasedAhead(ms = 500): Promise<void> {
    const [seconds, micros] = await store.redis.time();
    const next = Number(seconds) * 1_000_000 + Number(micros) + 1_000 * ms;
    await store.redis.hset(`${store.prefix}{pace-r}:pace`, 'next', next);
  }

  test('gives what is late a new moment, since it would meet what is due to other processes, and forgoes the old one', async () => {
    const pacer = pacerOf(100);
    await leasedAhead();
    const from = performance.now();
    await pacer.moment(from - 20, 30)();
    expect(performance.now() - from).toBeGreaterThan(15);
    await leasedAhead();
    // It is told with the next lease.
    await pacer.moment(from - 20, 1)();
    expect(await behind()).toBeGreaterThan(29);
  });

  test('lets leave some time what is late whenever its moment is', async () => {
    const late = { observe: () => {}, local: () => performance.now() - 12 } as unknown as RedisClock;
    const pacer = new Pacer({ store, route: { id: 'r', segmentsPerSecond: 100 }, answers, clock: late });
    await pacer.moment(performance.now() - 20, 1)();
  });

  test('forgoes what was given back and nobody used in time, but for as much as is wanted', async () => {
    const pacer = pacerOf(1_000);
    const [first, second] = [await pacer.take(1, 4), await pacer.take(1, 4)];
    pacer.giveBack(second);
    pacer.giveBack(first);
    await waitFor(() => performance.now() > second.dues[0]!.at + 12);
    expect((await pacer.take(1, 4)).dues[0]).toEqual(second.dues[0]);
  });

  test('lets leave what is late by a moment only', async () => {
    const pacer = pacerOf(100);
    const grant = await pacer.take(1, 1);
    const wait = pacer.together(grant, 1);
    await waitFor(() => performance.now() > grant.dues[0]!.at + 2);
    const from = performance.now();
    await wait();
    expect(performance.now() - from).toBeLessThan(5);
  });

  test.each([
    [1, 4],
    [2, 8],
    [0.5, 2],
    [0, 1],
    [9, 16],
  ])('of weight %d asks for %d leases ahead, since shares of the rate go by them', async (weight, leases) => {
    const pacer = pacerOf(10_000);
    const next = async () => Number(await store.redis.hget(`${store.prefix}{pace-r}:pace`, 'next'));
    pacer.weight = weight;
    await leasedAhead(100);
    const before = await next();
    await pacer.take(1, 500);
    const leaseUs = (49 / (10_000 * 0.994)) * 1_000_000;
    expect(((await next()) - before) / leaseUs).toBeCloseTo(leases, 1);
  });

  test('is told of what was granted and is not written', async () => {
    const pacer = pacerOf(100);
    await leasedAhead();
    pacer.unused(30);
    await pacer.moment(performance.now() - 20, 1)();
    expect(await behind()).toBeGreaterThan(29);
  });

  test('counts what is given back as not sent', async () => {
    const pacer = pacerOf(10);
    pacer.giveBack(await pacer.take(1, 1));
    const start = performance.now();
    const grant = await pacer.take(1, 1);
    await pacer.together(grant, 1)();
    expect(performance.now() - start).toBeLessThan(50);
  });

  test('saves nothing up while it rests', async () => {
    const pacer = pacerOf(200);
    await pacer.take(1, 1);
    const restUntil = performance.now() + 500;
    await waitFor(() => performance.now() > restUntil);
    const at = await grants(pacer, performance.now() + 300);
    // What is due in the time, what was asked for ahead, and what a moment is caught up with.
    expect(at.length).toBeLessThan(120);
  });
});

describe('quirk 22: an account that is throttled', () => {
  const pace = () => `${store.prefix}{pace-r}:pace`;
  /** As if the last cut were that long ago. */
  const age = async (seconds: number) => {
    const cut = Number(await store.redis.hget(pace(), 'cut'));
    await store.redis.hset(pace(), 'cut', cut - seconds * 1_000_000);
  };
  const limitOf = async (pacer: Pacer) => {
    // Leases are asked for ahead: the first ones are of the limit before.
    for (let i = 0; i < 20; i += 1) await pacer.take(1, 1);
    return pacer.limit;
  };

  test('is cut a little, once for all refusals of a round, in every process', async () => {
    await withPacers(2, 1_000, async ([one, other]) => {
      await Promise.all([one!.take(1, 1), other!.take(1, 1)]);
      await Promise.all([one!.throttled(), other!.throttled(), one!.throttled(), other!.throttled()]);
      for (const pacer of [one!, other!]) {
        const limit = await limitOf(pacer);
        expect(limit).toBeGreaterThanOrEqual(960);
        expect(limit).toBeLessThan(970);
      }
    });
  });

  test('leases no more ahead where it has more left than others: that would outlive a cut', async () => {
    const pacer = pacerOf(10_000);
    pacer.weight = 4;
    await pacer.take(1, 1);
    await pacer.throttled();
    await limitOf(pacer);
    for (let i = 0; i < 20; i += 1) await pacer.take(1, 500);
    const [[seconds, micros], next] = [await store.redis.time(), await store.redis.hget(pace(), 'next')];
    const aheadMs = (Number(next) - Number(seconds) * 1_000_000 - Number(micros)) / 1_000;
    // What is handed out before its moment, and four leases of 5 ms: sixteen would be 80.
    expect(aheadMs).toBeLessThan(50 + 20 + 20);
  });

  test('is cut deeply where what was submitted after two cuts is refused too', async () => {
    const answered = { answered: 0, accepted: 0 };
    const pacer = pacerOf(1_000, store, answered);
    await pacer.take(1, 1);
    await pacer.throttled();
    const { segments } = await pacer.take(1, 1);
    await pacer.throttled(); // of the same round
    expect(await limitOf(pacer)).toBeGreaterThanOrEqual(960);
    answered.answered = 100 * segments;
    await pacer.throttled();
    expect(await limitOf(pacer)).toBeGreaterThanOrEqual(930);
    [answered.answered, answered.accepted] = [1_000 * segments, 600 * segments];
    await pacer.throttled();
    const deep = await limitOf(pacer);
    // What was accepted of the last second says how far it is too high.
    expect(deep).toBeGreaterThan(500);
    expect(deep).toBeLessThan(640);
    // The SMSC's second is full of what came before.
    answered.answered = 10_000 * segments;
    await pacer.throttled();
    expect(await limitOf(pacer)).toBeGreaterThanOrEqual(deep);
    await store.redis.hset(pace(), 'deep', 0);
    await pacer.throttled();
    expect(await limitOf(pacer)).toBeLessThan(deep);
  });

  test('is not held for an hour by a clock of Redis that was set back by one', async () => {
    const pacer = pacerOf(1_000);
    await pacer.take(1, 1);
    await pacer.throttled();
    const cut = await limitOf(pacer);
    await age(-3_600);
    await limitOf(pacer); // it is of now again
    await age(3);
    expect(await limitOf(pacer)).toBeGreaterThan(cut * 1.02);
  });

  test('creeps up again, ever faster, to the configured rate and no further', async () => {
    const pacer = pacerOf(1_000);
    await pacer.take(1, 1);
    await pacer.throttled();
    const cut = await limitOf(pacer);
    await age(3);
    expect(await limitOf(pacer)).toBeGreaterThan(cut * 1.02);
    expect(pacer.limit).toBeLessThan(cut * 1.08);
    await age(10);
    expect(await limitOf(pacer)).toBe(1_000);
    expect(await store.redis.hget(pace(), 'limit')).toBeNull();
  });

  test('is not held down by a moment in which everything was refused', async () => {
    const pacer = pacerOf(null);
    await pacer.take(1, 100);
    await pacer.throttled();
    expect(await limitOf(pacer)).toBeLessThan(60);
    await age(20);
    expect(await limitOf(pacer)).toBeGreaterThan(3_000);
  });

  test('that has no configured rate takes what its processes got through in a second for its limit', async () => {
    const url2 = connectRedis(url, 'worker', () => {});
    await ready(url2);
    try {
      const [first, second] = [
        { answered: 0, accepted: 0 },
        { answered: 0, accepted: 0 },
      ];
      const one = pacerOf(null, store, first);
      const other = pacerOf(null, { redis: url2, prefix: store.prefix }, second);
      await Promise.all([one.take(1, 400), other.take(1, 400)]);
      [first.accepted, second.accepted] = [300, 200];
      await Promise.all([one.throttled(), other.throttled(), one.throttled()]);
      const limit = await limitOf(one);
      expect(limit).toBeGreaterThanOrEqual(485);
      expect(limit).toBeLessThan(500);
      await age(300);
      expect(await limitOf(one)).toBe(0);
    } finally {
      url2.disconnect();
    }
  });
});

describe('an unlimited route', () => {
  const redis = ownRedis(); // whose calls are those of this test alone

  async function rampUp(pacer: Pacer): Promise<number> {
    const start = performance.now();
    let taken = 0;
    while (performance.now() - start < 1_100) taken += (await pacer.take(1, 500)).segments;
    return taken;
  }

  test('starts gently: hundreds in its first moment, not whole windows', async () => {
    const pacer = pacerOf(null);
    expect((await pacer.take(1, 500)).segments).toBe(100);
  });

  test('lets nothing more leave while it learns what the SMSC takes, even what was granted before', async () => {
    const answers = { answered: 0, accepted: 0 };
    const pacer = pacerOf(null, store, answers);
    const grant = await pacer.take(1, 100);
    answers.answered = grant.segments;
    const steps: string[] = [];
    const learned = pacer.throttled().then(() => steps.push('learned'));
    await pacer.together(grant, 1)();
    steps.push('left');
    await learned;
    expect(steps).toEqual(['learned', 'left']);
  });

  test('lets leave what was claimed also where nothing could be learned: else it would never end', async () => {
    const own = await redis.open('u:');
    const pacer = pacerOf(null, own);
    const grant = await pacer.take(1, 100);
    const learned = pacer.throttled();
    own.redis.disconnect();
    await Promise.all([expect(learned).rejects.toThrow(), pacer.together(grant, 1)()]);
  });

  test('asks Redis no more than twice a second, whatever it sends', async () => {
    const own = await redis.open('t:');
    const pacer = pacerOf(null, own);
    await rampUp(pacer);
    const calls = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await own.redis.info('commandstats'))?.[1] ?? 0);
    const before = await calls();
    const start = performance.now();
    while (performance.now() - start < 1_700) expect((await pacer.take(1, 500)).segments).toBe(500);
    expect((await calls()) - before).toBeLessThanOrEqual(4);
    expect(pacer.limit).toBe(0);
  });
});

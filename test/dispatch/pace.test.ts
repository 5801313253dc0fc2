/** The rate in Redis that all processes share: when what is leased is due, and how what was missed is caught up with. */
import { type Leased, Pace } from '../../src/dispatch/pace.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

const SECOND_US = 1_000_000;
/** So far ahead that nothing comes overdue, however slow this machine is. */
const AHEAD_US = 5_000_000;
/** Of the limit. */
const AIM = 0.994;

let store: Store;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ store, close } = await testStore());
});
afterEach(() => close());

const key = () => `${store.prefix}{pace-r}:pace`;
const paceOf = (segmentsPerSecond: number | null, region?: string) =>
  new Pace({ store, route: { id: 'r', segmentsPerSecond }, ...(region === undefined ? {} : { region }) });
const behind = async () => Number(await store.redis.hget(key(), 'behind'));
/** Sets when the next segment is due, from now on, in µs. */
const setNext = async (fromNow: number) => {
  const [seconds, micros] = await store.redis.time();
  await store.redis.hset(key(), 'next', Number(seconds) * SECOND_US + Number(micros) + fromNow);
};
/** µs between the moments of leases. */
const gaps = (leases: readonly Leased[]) => leases.slice(1).map(({ dueUs }, i) => dueUs - leases[i]!.dueUs);

/** Leases of one segment, one after the other. */
async function singles(pace: Pace, count: number): Promise<Leased[]> {
  const leases: Leased[] = [];
  for (let i = 0; i < count; i += 1) leases.push(await pace.lease(1, 1, 0));
  return leases;
}

describe('a shared rate', () => {
  test('spaces what it leases by a little less than the limit', async () => {
    await setNext(AHEAD_US);
    for (const gap of gaps(await singles(paceOf(100), 5))) expect(gap / (SECOND_US / (100 * AIM))).toBeCloseTo(1, 3);
  });

  test('leases a few milliseconds’ worth at once, and what a text needs', async () => {
    const pace = paceOf(2_000);
    expect((await pace.lease(1, 500, 0)).segments).toBe(9);
    expect((await pace.lease(1, 4, 0)).segments).toBe(4);
    expect((await pace.lease(30, 500, 0)).segments).toBe(30);
  });

  test('says when the last segment of a lease is due', async () => {
    const { dueUs, nowUs } = await paceOf(8).lease(6, 6, 0);
    expect((dueUs - nowUs - 25_000) / ((5 * SECOND_US) / (8 * AIM))).toBeCloseTo(1, 3);
  });

  test.each([
    [undefined, 25_000],
    ['35', 75_000],
  ])('gives time to claim in, also where nothing is leased ahead (region %s)', async (region, least) => {
    const { dueUs, nowUs } = await paceOf(100, region).lease(1, 1, 0);
    expect(dueUs - nowUs).toBe(least);
  });

  test('is one for all processes, and another for each region', async () => {
    const [first, other, ofRegion] = [paceOf(100), paceOf(100), paceOf(100, '35')];
    await setNext(AHEAD_US);
    const a = await first.lease(20, 20, 0);
    const [b, c] = [await other.lease(1, 1, 0), await ofRegion.lease(1, 1, 0)];
    expect(b.dueUs).toBeGreaterThan(a.dueUs);
    expect(c.dueUs - c.nowUs).toBe(75_000);
  });
});

describe('what was leased and did not leave', () => {
  test('is caught up with at the limit and no faster, and then no more', async () => {
    const pace = paceOf(1_000);
    await setNext(AHEAD_US);
    await pace.lease(1, 1, 0.03);
    const leases = await singles(pace, 8);
    const [fast, slow] = [SECOND_US / 1_000, SECOND_US / (1_000 * AIM)];
    // Each lease at the limit makes up for 0.006 of a segment.
    expect(gaps(leases).map((gap) => gap > (fast + slow) / 2)).toEqual([false, false, false, false, true, true, true]);
    for (const gap of gaps(leases)) expect(gap).toBeGreaterThanOrEqual(fast - 1);
  });

  test('counts also where nobody leased it in time', async () => {
    const pace = paceOf(1_000);
    await pace.lease(1, 1, 0);
    await setNext(-475_000);
    const { dueUs, nowUs } = await pace.lease(1, 1, 0);
    expect(dueUs - nowUs).toBe(25_000);
    expect(await behind()).toBeGreaterThanOrEqual(500 * AIM - 1);
    // Less than a second of it, however slow this machine is.
    expect(await behind()).toBeLessThan(1_000);
  });

  test('is forgotten after a rest', async () => {
    const pace = paceOf(1_000);
    await pace.lease(1, 1, 500);
    await setNext(-1_500_000);
    await pace.lease(1, 1, 500);
    expect(await behind()).toBe(0);
  });

  test('is caught up with for some seconds’ worth at most', async () => {
    const pace = paceOf(1_000);
    await pace.lease(1, 1, 0);
    await pace.lease(1, 1, 1_000_000);
    expect(await behind()).toBeGreaterThan(2_900);
    expect(await behind()).toBeLessThanOrEqual(3_000);
  });

  test('is not caught up with under a learned limit, which is the SMSC’s own', async () => {
    const pace = paceOf(1_000);
    await setNext(AHEAD_US);
    const { cuts } = await pace.lease(1, 1, 100);
    const { learned } = await pace.throttled(cuts, 0, 1);
    for (const gap of gaps(await singles(pace, 4))) expect(gap).toBeGreaterThan(SECOND_US / learned);
  });
});

describe('a clock of Redis that is set', () => {
  test('back holds nobody up', async () => {
    const pace = paceOf(1_000);
    await setNext(3_600 * SECOND_US);
    const { dueUs, nowUs } = await pace.lease(1, 1, 0);
    expect(dueUs - nowUs).toBe(25_000);
  });
});

describe('a route without a limit', () => {
  test('is leased all that it wants, at once', async () => {
    const { segments, dueUs, nowUs, learned } = await paceOf(null).lease(1, 500, 0);
    expect([segments, dueUs - nowUs, learned]).toEqual([500, 0, 0]);
  });
});

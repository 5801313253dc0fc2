import { StoreClock, type StoreClockDeps } from '../../src/store/clock.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const HOUR_MS = 3_600_000;

/** Clocks that a test sets: `elapsed` is monotonic time. */
function witnesses() {
  const clocks = { storeMs: NOON, machineMs: NOON, elapsedMs: 5_000, answerMs: 0 };
  const told: Parameters<StoreClockDeps['onDisagreement']>[0][] = [];
  const time = async () => {
    const at = clocks.storeMs;
    clocks.elapsedMs += clocks.answerMs;
    return [String(Math.floor(at / 1_000)), String((at % 1_000) * 1_000)];
  };
  const clock = new StoreClock({
    store: { redis: { time } as unknown as Store['redis'], prefix: 't:' },
    onDisagreement: (disagreement) => told.push(disagreement),
    machine: () => clocks.machineMs,
    monotonic: () => clocks.elapsedMs,
  });
  /** Real time goes on, for everybody. */
  const pass = (ms: number) => {
    clocks.storeMs += ms;
    clocks.machineMs += ms;
    clocks.elapsedMs += ms;
  };
  return { clocks, clock, told, pass };
}

describe('the time that counts', () => {
  test("is this machine's before the store was asked, and the store's after", async () => {
    const { clocks, clock } = witnesses();
    clocks.storeMs = NOON + 700;
    expect(clock.now()).toBe(NOON);
    await clock.ask();
    expect(clock.now()).toBe(NOON + 700);
  });

  test('goes on while the store is not heard', async () => {
    const { clock, pass } = witnesses();
    await clock.ask();
    pass(90_000);
    expect(clock.now()).toBe(NOON + 90_000);
  });

  test.each([
    ["this machine's clock", 'machineMs'],
    ["the store's clock", 'storeMs'],
  ] as const)('does not follow %s when that jumps by an hour, and says so once', async (_whose, which) => {
    for (const jump of [HOUR_MS, -HOUR_MS]) {
      const { clocks, clock, told, pass } = witnesses();
      await clock.ask();
      clocks[which] += jump;
      for (let i = 1; i <= 3; i += 1) {
        pass(1_000);
        expect(clock.now()).toBe(NOON + i * 1_000);
        await clock.ask();
        expect(clock.now()).toBe(NOON + i * 1_000);
      }
      const ahead = { storeAheadMs: 0, machineAheadMs: 0, [which.replace('Ms', 'AheadMs')]: jump };
      expect(told).toEqual([ahead]);
    }
  });

  test('follows where store and machine are put right together', async () => {
    const { clocks, clock, pass } = witnesses();
    await clock.ask();
    clocks.storeMs += HOUR_MS;
    clocks.machineMs += HOUR_MS;
    pass(1_000);
    await clock.ask();
    expect(clock.now()).toBe(NOON + HOUR_MS + 1_000);
  });

  test('tells a second disagreement once the first is over', async () => {
    const { clocks, clock, told } = witnesses();
    await clock.ask();
    for (const jump of [HOUR_MS, -HOUR_MS, HOUR_MS]) {
      clocks.storeMs += jump;
      await clock.ask();
    }
    expect(told).toHaveLength(2);
  });

  test('takes half of the way into account, and no answer that was long under way', async () => {
    const { clocks, clock } = witnesses();
    clocks.answerMs = 100;
    await clock.ask();
    expect(clock.now()).toBe(NOON + 50);
    clocks.answerMs = 5_000;
    clocks.storeMs = NOON + HOUR_MS;
    clocks.machineMs = NOON + HOUR_MS;
    await clock.ask();
    expect(clock.now()).toBe(NOON + 50 + 5_000);
  });

  test('is that of a real Redis', async () => {
    const { store, close } = await testStore();
    const clock = new StoreClock({ store, onDisagreement: () => {} });
    await clock.start();
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
    clock.stop();
    await close();
  });
});

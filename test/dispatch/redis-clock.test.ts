/** The clock of Redis in local time, by readings that come late but never early. */
import { RedisClock } from '../../src/dispatch/redis-clock.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

/** Redis's clock, some fixed time away from this process's. */
const redisNow = () => (performance.now() + 7_000) * 1_000;

describe('the clock of Redis', () => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  test('takes the readings that came fastest for the offset of the clocks', () => {
    const clock = new RedisClock({ store, route: 'r' });
    clock.observe(redisNow() - 30_000); // 30 ms under way
    const slow = clock.local(redisNow()) - performance.now();
    expect(slow).toBeGreaterThan(25);
    clock.observe(redisNow());
    clock.observe(redisNow() - 30_000);
    expect(clock.local(redisNow()) - performance.now()).toBeLessThan(2);
  });

  test('follows a clock that is set an hour on or back', () => {
    const clock = new RedisClock({ store, route: 'r' });
    clock.observe(redisNow());
    for (const jump of [3_600_000_000, -3_600_000_000]) {
      clock.observe(redisNow() + jump);
      expect(Math.abs(clock.local(redisNow() + jump) - performance.now())).toBeLessThan(2);
    }
  });

  test('is read before anything is granted', async () => {
    const clock = new RedisClock({ store, route: 'r' });
    clock.start();
    // Both clocks are this machine's.
    const ahead = () => clock.local(Date.now() * 1_000) - performance.now();
    await waitFor(() => Math.abs(ahead()) < 5);
    clock.stop();
  });
});

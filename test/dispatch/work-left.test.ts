import { WorkLeft } from '../../src/dispatch/work-left.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

let store: Store;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ store, close } = await testStore());
});
afterEach(() => close());

let now = 1_000_000;
const aProcess = (process: string, route = 'r') =>
  new WorkLeft({ store, route: { id: route }, process, now: () => now });

describe('what processes have left', () => {
  test('is the average of what each told last', async () => {
    const [one, other] = [aProcess('one'), aProcess('other')];
    expect(await one.tell(100)).toBe(100);
    expect(await other.tell(300)).toBe(200);
    expect(await one.tell(500)).toBe(400);
    expect(await one.tell(0)).toBe(150);
  });

  test('is forgotten of a process that tells no more: it has nothing left, or died', async () => {
    const [one, other] = [aProcess('one'), aProcess('other')];
    await one.tell(100);
    now += 499;
    expect(await other.tell(300)).toBe(200);
    now += 1;
    expect(await other.tell(300)).toBe(300);
  });

  test('is told for each route, and not kept for long', async () => {
    await aProcess('one').tell(100);
    expect(await aProcess('other', 's').tell(300)).toBe(300);
    const expires = await store.redis.pttl(`${store.prefix}{pace-r}:left`);
    expect(expires).toBeGreaterThan(0);
    expect(expires).toBeLessThanOrEqual(10_000);
  });
});

import { Lock } from '../../src/broadcasts/lock.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

describe('a lock', () => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  const lockOf = (holder: string, name: string, ms = 200) => new Lock({ store, name, holder, ms });

  test('has one holder, who renews it, and another when it leaves', async () => {
    const [one, other] = [lockOf('one', 'a', 60_000), lockOf('other', 'a', 60_000)];
    expect(await one.hold()).toBe(true);
    expect(await other.hold()).toBe(false);
    expect(await one.hold()).toBe(true);
    await other.leave();
    expect(await other.hold()).toBe(false);
    await one.leave();
    expect(await other.hold()).toBe(true);
  });

  test('of a dead holder is free again soon', async () => {
    expect(await lockOf('dead', 'b').hold()).toBe(true);
    const living = lockOf('living', 'b');
    expect(await waitFor(() => living.hold())).toBe(true);
  });

  test('of a dead holder is free again though the clock of Redis was set back by an hour since', async () => {
    expect(await lockOf('dead', 'c').hold()).toBe(true);
    await store.redis.pexpire(`${store.prefix}{rec}:c`, 3_600_000);
    const living = lockOf('living', 'c');
    expect(await waitFor(() => living.hold())).toBe(true);
  });
});

import { broadcastRecords } from '../../src/broadcasts/broadcast.ts';
import { launch } from '../../src/broadcasts/launch.ts';
import type { Store } from '../../src/store/connection.ts';
import { ownRedis } from '../support/own-redis.ts';
import { aNotice, noticeRecords, OPERATOR, storeNotice } from './builders.ts';
import { launchDeps, PHRASE } from './launching.ts';

describe('a launch on a Redis that may forget', () => {
  const own = ownRedis();
  let store: Store;
  beforeAll(async () => {
    store = await own.open('t:');
  });
  beforeEach(async () => {
    await store.redis.flushall();
  });

  // A Redis that is told to append again refuses to end before it has rewritten its file, so that stays as it is set.
  const settings = [
    ['appendfsync', 'everysec', 'always'],
    ['maxmemory-policy', 'allkeys-lru', 'noeviction'],
    ['appendonly', 'no', 'no'],
  ] as const;

  test.each(settings)('is refused on a live route when %s is %s', async (setting, bad, after) => {
    const { value } = await storeNotice(store, 'n1', aNotice({ status: 'Actual' }));
    await store.redis.config('SET', setting, bad);
    const refused = launch(launchDeps(store), 'n1', 'ACTUAL 2 REGIONS 3503 RECIPIENTS', OPERATOR);
    await expect(refused).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'store_not_durable',
      faults: expect.arrayContaining([expect.objectContaining({ at: `redis ${setting}` })]),
    });
    await store.redis.config('SET', setting, after);
    expect((await noticeRecords(store).get('n1')).value).toEqual(value);
    expect(await broadcastRecords(store).list()).toEqual([]);
  });

  test('goes on for an exercise', async () => {
    await storeNotice(store, 'n1', aNotice());
    await store.redis.config('SET', 'appendonly', 'no');
    expect((await launch(launchDeps(store), 'n1', PHRASE, OPERATOR)).id).toBe('b1');
  });
});

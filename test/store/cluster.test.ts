/** A Cluster of three masters, one of which is killed in mid-broadcast: everybody is accounted for, and the text went out once. */
import { openStore, ready, type Store } from '../../src/store/connection.ts';
import { durabilityFaults } from '../../src/store/durability.ts';
import { dispatchFixture } from '../dispatch/harness.ts';
import { isMaster, redisServers } from '../support/redis-servers.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectDelivered } from './outcome.ts';

const RECIPIENTS = 4_200;
const REGIONS = ['35', '75', '2A'];

describe('a store in a Cluster', () => {
  const dispatch = dispatchFixture();

  async function clusterStore({ replicas }: { replicas: boolean }) {
    const servers = await redisServers();
    dispatch.atEnd(servers.end);
    const { url, nodes } = await servers.cluster({ replicas });
    const store = openStore({ url, prefix: 'spread:', replicas: replicas ? 1 : 0 }, 'worker', () => {});
    dispatch.atEnd(async () => store.redis.disconnect());
    await ready(store.redis);
    return { store, nodes };
  }

  const sending = (store: Store) =>
    dispatch.start({
      store,
      dispatchers: 2,
      route: { segmentsPerSecond: 2_000 },
      behaviour: { receipts: { delayMs: { min: 50, max: 600 }, retry: { temporaryErrorAfterMs: 100 } } },
    });

  test('rules 1 to 7: a master is killed in mid-broadcast, its replica takes over', async () => {
    const { store, nodes } = await clusterStore({ replicas: true });
    expect(await durabilityFaults(store)).toEqual([]);
    const running = await sending(store);
    const id = await running.launch({ recipients: RECIPIENTS / REGIONS.length, regions: REGIONS });
    await waitFor(() => running.record().submits > 1_500, 15_000);
    await nodes[1]!.kill();
    await waitFor(async () => isMaster(nodes[4]!), 15_000, 'the failover');
    // It comes back as the replica of the one that took over, which has none until then.
    await nodes[1]!.restart();
    await expectDelivered(running, id, RECIPIENTS);
    const { receipts, accepted } = running.record();
    expect(receipts.acknowledged).toBe(accepted);
  }, 60_000);

  test('rules 2 and 3: a master without a replica is killed and comes back from its AOF', async () => {
    const { store, nodes } = await clusterStore({ replicas: false });
    expect(await durabilityFaults(store)).toEqual([]);
    const running = await sending(store);
    const id = await running.launch({ recipients: RECIPIENTS / REGIONS.length, regions: REGIONS });
    await waitFor(() => running.record().submits > 1_500, 15_000);
    await nodes[2]!.kill();
    const goneSince = Date.now();
    await waitFor(() => Date.now() - goneSince > 2_500);
    await nodes[2]!.restart();
    await expectDelivered(running, id, RECIPIENTS);
  }, 60_000);

  test('names each server that may forget', async () => {
    const { store, nodes } = await clusterStore({ replicas: true });
    await nodes[4]!.redis.config('SET', 'appendfsync', 'everysec');
    // A replica stands in the map of a Cluster when it has got something.
    for (let i = 0; i < 50; i += 1) await store.redis.set(`${store.prefix}{${i}}:x`, '');
    await waitFor(async () => (await durabilityFaults(store)).length > 0);
    expect(await durabilityFaults(store)).toEqual([
      { at: `redis 127.0.0.1:${nodes[4]!.port} appendfsync`, message: expect.stringContaining('must be "always"') },
    ]);
    expect(await durabilityFaults({ redis: store.redis, prefix: store.prefix })).toEqual(
      expect.arrayContaining([expect.objectContaining({ at: 'TOCSIN_REDIS_REPLICAS' })]),
    );
  }, 30_000);
});

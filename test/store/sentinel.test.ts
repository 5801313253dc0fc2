/** A master under three Sentinels is killed in mid-broadcast: its replica takes over, and nobody is lost or twice unlisted. */
import { openStore, ready, type Store } from '../../src/store/connection.ts';
import { durabilityFaults } from '../../src/store/durability.ts';
import { dispatchFixture, expectAccountedFor, nonZero } from '../dispatch/harness.ts';
import { isOnline, redisServers } from '../support/redis-servers.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectDelivered } from './outcome.ts';

const RECIPIENTS = 4_000;

describe('a store under Sentinels', () => {
  const dispatch = dispatchFixture();

  async function sentinelStore(replicas = 1) {
    const servers = await redisServers();
    dispatch.atEnd(servers.end);
    const master = await servers.server();
    const replica = await servers.replicaOf(master);
    for (let i = 1; i < replicas; i += 1) await servers.replicaOf(master);
    const url = await servers.sentinels(master, replicas);
    const store = openStore({ url, prefix: 'watched:', replicas: 1 }, 'worker', () => {});
    dispatch.atEnd(async () => store.redis.disconnect());
    await ready(store.redis);
    return { store, url, master, replica };
  }

  /** NaN while it is between two masters. */
  const portOf = async ({ redis }: Store) =>
    Number(/tcp_port:(\d+)/.exec(await redis.info('server').catch(() => ''))?.[1]);

  test('is durable with a replica that must hold every write, and not without', async () => {
    const { store, url, replica } = await sentinelStore();
    expect(await durabilityFaults(store)).toEqual([]);
    const careless = openStore({ url, prefix: 'watched:', replicas: 0 }, 'worker', () => {});
    dispatch.atEnd(async () => careless.redis.disconnect());
    expect(await durabilityFaults(careless)).toEqual([
      { at: 'TOCSIN_REDIS_REPLICAS', message: expect.stringContaining('set it to 1 or more') },
    ]);
    await replica.kill();
    await waitFor(async () => (await durabilityFaults(store)).length > 0);
    expect(await durabilityFaults(store)).toEqual([
      { at: 'redis replicas', message: expect.stringContaining('0 are online') },
    ]);
  }, 30_000);

  test('rules 1 to 7: its master is killed in mid-broadcast, and everybody has the text once', async () => {
    const { store, master, replica } = await sentinelStore();
    expect(await portOf(store)).toBe(master.port);
    const running = await dispatch.start({
      store,
      dispatchers: 2,
      route: { segmentsPerSecond: 2_000 },
      behaviour: { receipts: { delayMs: { min: 50, max: 600 }, retry: { temporaryErrorAfterMs: 100 } } },
    });
    const id = await running.launch({ recipients: RECIPIENTS });
    await waitFor(() => running.record().submits > 1_500, 15_000);
    await master.kill();
    await waitFor(async () => (await portOf(store)) === replica.port, 15_000, 'the failover');
    // The only replica is the master now: nothing is sent until the other one is back and holds what is written.
    await master.restart();
    await master.redis.replicaof('127.0.0.1', replica.port);
    await expectDelivered(running, id, RECIPIENTS);
    const { receipts, accepted } = running.record();
    expect(receipts.acknowledged).toBe(accepted);
  }, 60_000);

  test('goes on by itself after the death of its master, where a second replica is left', async () => {
    const { store, master } = await sentinelStore(2);
    const running = await dispatch.start({ store, route: { segmentsPerSecond: 2_000 } });
    const id = await running.launch({ recipients: RECIPIENTS });
    await waitFor(() => running.record().submits > 1_500, 15_000);
    await master.kill();
    await expectDelivered(running, id, RECIPIENTS);
    expect(await durabilityFaults(store)).toEqual([]);
  }, 60_000);

  test('sends nothing while no replica holds the writes, says why, and goes on when one does', async () => {
    const { store, master, replica } = await sentinelStore();
    const running = await dispatch.start({ store, route: { segmentsPerSecond: 2_000 } });
    const id = await running.launch({ recipients: 3_000 });
    await waitFor(() => running.record().submits > 500, 15_000);
    await replica.kill();
    await waitFor(
      () => running.logged.some(({ err }) => (err as { code?: string })?.code === 'not_replicated'),
      15_000,
    );
    const { submits } = running.record();
    expect(submits).toBeLessThan(3_000);
    const silentSince = Date.now();
    await waitFor(() => Date.now() - silentSince > 300);
    expect(running.record().submits).toBe(submits);
    await replica.restart();
    await replica.redis.replicaof('127.0.0.1', master.port);
    await waitFor(() => isOnline(master), 10_000);
    const progress = await running.closed(id, 30_000);
    expect(nonZero(progress.counts)).toEqual({ delivered: 3_000 });
    expect(running.record()).toMatchObject({ recipients: 3_000, duplicates: progress.inDoubt });
    await expectAccountedFor(running, id);
  }, 60_000);
});

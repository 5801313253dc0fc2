/**
 * What a failover loses, and what waiting for a replica saves. The failover is made by hand: from a moment on the replica
 * gets nothing more, then the master dies, and a relay leads everybody to the replica.
 */
import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import type { Redis } from 'ioredis';
import { BlockStore } from '../../src/audience/block-store.ts';
import type { Progress } from '../../src/broadcasts/progress.ts';
import type { TocsinError } from '../../src/errors.ts';
import { MessageIds } from '../../src/ledger/message-ids.ts';
import { Slots } from '../../src/ledger/slots.ts';
import { openStore, ready } from '../../src/store/connection.ts';
import { Records } from '../../src/store/records.ts';
import { confirmed } from '../../src/store/replicas.ts';
import { dispatchFixture, expectAccountedFor, nonZero } from '../dispatch/harness.ts';
import { batch, changes } from '../ledger/ledger.ts';
import { redisServers, type Server } from '../support/redis-servers.ts';
import { waitFor } from '../support/wait-for.ts';

const HOST = '127.0.0.1';
const RECIPIENTS = 4_000;

/** Leads connections to a port that can be changed; those that are open break then. */
async function relay(target: number) {
  let to = target;
  const open = new Set<Socket>();
  const server: NetServer = createServer((from) => {
    const out = connect(to, HOST);
    for (const socket of [from, out]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        from.destroy();
        out.destroy();
      });
    }
    from.pipe(out).pipe(from);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  const breakAll = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: address.port,
    breakAll,
    leadTo: (port: number) => {
      to = port;
      breakAll();
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        breakAll();
      }),
  };
}

describe('a write that replicas must hold', () => {
  const dispatch = dispatchFixture();

  async function replicatedStore(replicas: number) {
    const servers = await redisServers();
    dispatch.atEnd(servers.end);
    const master = await servers.server();
    const replica = await servers.replicaOf(master);
    const line = await relay(master.port);
    dispatch.atEnd(line.close);
    const settings = { url: `redis://${HOST}:${line.port}`, prefix: 'held:', replicas };
    const store = openStore(settings, 'worker', () => {});
    dispatch.atEnd(async () => store.redis.disconnect());
    await ready(store.redis);
    const redis = store.redis as Redis;
    const set = (value: string) => confirmed(store, 'rec', () => redis.set('held:{rec}:x', value));
    return { servers, store, redis, master, replica, line, set };
  }

  const apart = (replica: Server) => replica.redis.replicaof('NO', 'ONE');

  test('is there when it is confirmed', async () => {
    const { replica, set } = await replicatedStore(1);
    for (let i = 0; i < 50; i += 1) {
      expect(await set(String(i))).toBe('OK');
      expect(await replica.redis.get('held:{rec}:x')).toBe(String(i));
    }
  });

  test('is not confirmed without them; the step may be repeated', async () => {
    const { master, replica, set } = await replicatedStore(1);
    await apart(replica);
    const error = await set('lost').catch((thrown) => thrown);
    expect(error).toMatchObject({ kind: 'unavailable', code: 'not_replicated' });
    expect(error.message).toContain('0 of 1 replicas');
    await replica.redis.replicaof(HOST, master.port);
    await waitFor(async () => (await set('kept').catch(() => '')) === 'OK', 15_000);
    expect(await replica.redis.get('held:{rec}:x')).toBe('kept');
  });

  test('is confirmed in a group with others that come meanwhile', async () => {
    const { master, set } = await replicatedStore(1);
    await set('first');
    await master.redis.config('RESETSTAT');
    await Promise.all(Array.from({ length: 100 }, (_, i) => set(String(i))));
    const waits = Number(/cmdstat_wait:calls=(\d+)/.exec(await master.redis.info('commandstats'))?.[1]);
    expect(waits).toBeLessThanOrEqual(3);
  });

  test('is not confirmed by another connection than the one it went over', async () => {
    const { store, redis, line } = await replicatedStore(1);
    const step = async () => {
      await redis.set('held:{rec}:x', '1');
      line.breakAll();
      await waitFor(() => redis.status !== 'ready');
      await waitFor(() => redis.status === 'ready');
    };
    await expect(confirmed(store, 'rec', step)).rejects.toMatchObject({ code: 'not_replicated' });
  });

  test('and that was only read, since another connection made it, must be there too', async () => {
    const { store, redis, master, replica, set } = await replicatedStore(1);
    await set('old');
    const pid = Number(/process_id:(\d+)/.exec(await replica.redis.info('server'))?.[1]);
    process.kill(pid, 'SIGSTOP');
    await master.redis.set('held:{rec}:x', 'new');
    const read = () => confirmed(store, 'rec', () => redis.get('held:{rec}:x'));
    await expect(read()).rejects.toMatchObject({ code: 'not_replicated' });
    process.kill(pid, 'SIGCONT');
    await waitFor(async () => (await read().catch(() => '')) === 'new', 10_000);
    expect(await replica.redis.get('held:{rec}:x')).toBe('new');
  });

  test('costs no call where none is asked for', async () => {
    const { master, set } = await replicatedStore(0);
    await master.redis.config('RESETSTAT');
    await set('once');
    expect(await master.redis.info('commandstats')).not.toMatch(/cmdstat_wait/);
  });

  test('and was not confirmed may be gone after a failover; a claim is then granted again', async () => {
    const { store, replica, master, line } = await replicatedStore(1);
    const slots = new Slots({ store });
    const one = batch(store);
    const { epoch } = await slots.take(one);
    await slots.claim(one, epoch, 0, 3);
    await apart(replica);
    await expect(slots.claim(one, epoch, 4, 7)).rejects.toMatchObject({ code: 'not_replicated' });
    await master.kill();
    line.leadTo(replica.port);
    const [held] = await slots.read([one]);
    expect([...held!]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    const again = new Slots({ store: { redis: store.redis, prefix: store.prefix } });
    expect([...(await again.claim(one, epoch, 4, 7))!]).toEqual([1, 1, 1, 1]);
  });

  test('rules 1 to 3: claims, changes of slots, message ids, parked receipts, records and blocks all are such writes', async () => {
    const { store, replica } = await replicatedStore(1);
    const slots = new Slots({ store });
    const ids = new MessageIds({ store, route: 'drill' });
    const one = batch(store);
    const { epoch } = await slots.take(one);
    const act = { actor: 'cli:test', action: 'test', subject: 'x/1' };
    const block = { region: '35', language: 'fr', block: 0, bytes: Buffer.alloc(8) };
    await apart(replica);
    const writes: Record<string, () => Promise<unknown>> = {
      claim: () => slots.claim(one, epoch, 0, 3),
      apply: () => slots.apply(changes([one, 4, 'cancel'])),
      map: () => ids.map(['a1'], [1]),
      park: () => ids.join(['unknown'], [0]),
      record: () => new Records(store, 'thing').create('x', {}, act),
      block: () => new BlockStore(store).write('a', [block]),
      certain: () => slots.certain(),
    };
    for (const [name, write] of Object.entries(writes)) {
      const { code } = await write().then(
        () => ({ code: 'confirmed' }),
        (error: TocsinError) => error,
      );
      expect([name, code]).toEqual([name, 'not_replicated']);
    }
  }, 30_000);

  describe('in a broadcast whose master dies', () => {
    async function failover(
      replicas: number,
      until: (submits: number, atApart: number) => boolean,
      ended: (progress: Progress) => boolean,
    ) {
      const { servers, store, replica, master, line } = await replicatedStore(replicas);
      const running = await dispatch.start({ store, dispatchers: 2, route: { segmentsPerSecond: 2_000 } });
      const id = await running.launch({ recipients: RECIPIENTS });
      // However busy this machine is: what is lost is what came after they were apart.
      expect(await (store.redis as Redis).wait(1, 15_000)).toBe(1);
      await waitFor(() => running.record().submits > 1_000, 15_000);
      await apart(replica);
      const atApart = running.record().submits;
      const since = Date.now();
      await waitFor(() => until(running.record().submits, atApart) || Date.now() - since > 600);
      const atDeath = running.record().submits;
      await master.kill();
      // The new master needs a replica of its own, or nothing is sent.
      if (replicas > 0) await servers.replicaOf(replica);
      line.leadTo(replica.port);
      const progress = await running.until(id, ended, 30_000);
      // Receipts may still come in, and move slots while they are counted.
      await waitFor(async () => (await running.verify(id)).differences.length === 0, 10_000);
      await expectAccountedFor(running, id);
      return { progress, record: running.record(), sentApart: atDeath - atApart };
    }

    test('rules 1 to 3: nobody is lost, and nobody has the text twice who is not listed', async () => {
      const { progress, record } = await failover(
        1,
        () => false,
        ({ state }) => state === 'closed',
      );
      expect(nonZero(progress.counts)).toEqual({ delivered: RECIPIENTS });
      expect(record.recipients).toBe(RECIPIENTS);
      expect(record.duplicates).toBeLessThanOrEqual(progress.inDoubt);
      expect(record.receipts.acknowledged).toBe(record.accepted);
    }, 60_000);

    test('without: nobody is lost either, but who was sent the text last is sent it again, and receipts are forgotten', async () => {
      const sent = (submits: number, atApart: number) => submits > atApart + 500;
      const { progress, record, sentApart } = await failover(0, sent, ({ submitted, counts }) => {
        return submitted === RECIPIENTS && counts.sending === 0;
      });
      expect(sentApart).toBeGreaterThan(400);
      expect(record.recipients).toBe(RECIPIENTS);
      expect(record.duplicates).toBeGreaterThan(progress.inDoubt);
    }, 60_000);
  });
});

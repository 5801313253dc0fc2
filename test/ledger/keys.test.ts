import type { Command, Redis } from 'ioredis';
import { batchOfLane, SHARDS, shardOfId } from '../../src/ledger/keys.ts';
import { MessageIds } from '../../src/ledger/message-ids.ts';
import { SlotChanges } from '../../src/ledger/slot-changes.ts';
import { Slots } from '../../src/ledger/slots.ts';
import type { Store } from '../../src/store/connection.ts';
import { Replicas } from '../../src/store/replicas.ts';
import { testStore } from '../support/redis.ts';
import { newBroadcastNo } from './ledger.ts';

const IDS = 10_000;
const sequences: [string, (i: number) => string][] = [
  ['consecutive decimal numbers', (i) => String(4_000_000_000 + i)],
  ['consecutive hexadecimal numbers', (i) => (0xa0000000 + i).toString(16)],
  ['numbers in steps of 16', (i) => String(1_000_000 + i * 16)],
  ['numbers in steps of 100', (i) => String(7_000_000 + i * 100)],
  ['numbers behind a name', (i) => `smsc2-${i}`],
  ['numbers in groups', (i) => `${Math.floor(i / 256).toString(16)}.${i % 256}.1`],
];

describe('the shards', () => {
  test.each(sequences)('share %s out evenly', (_, idOf) => {
    const shards = new Array<number>(SHARDS).fill(0);
    for (let i = 0; i < IDS; i += 1) shards[shardOfId(idOf(i))]! += 1;
    const even = IDS / SHARDS;
    expect(Math.min(...shards)).toBeGreaterThan(even * 0.7);
    expect(Math.max(...shards)).toBeLessThan(even * 1.3);
  });

  test('share the batches of a lane out evenly', () => {
    const store = { prefix: 't:' } as Store;
    const shards = new Set(
      Array.from(
        { length: SHARDS },
        (__, batch) => batchOfLane(store, { broadcastNo: 1, batch, lane: 0, size: 1, parts: 1 }).shard,
      ),
    );
    expect(shards.size).toBe(SHARDS);
  });
});

describe('the keys', () => {
  let store: Store;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  /** The keys of every command that `work` sends. */
  async function keysSent(work: (watched: Store) => Promise<unknown>): Promise<string[][]> {
    const sent: string[][] = [];
    const redis = (store.redis as Redis).duplicate();
    const send = redis.sendCommand.bind(redis);
    redis.sendCommand = (command: Command, ...rest) => {
      sent.push(command.getKeys().map(String));
      return send(command, ...rest);
    };
    await work({ ...store, redis });
    await redis.quit();
    return sent.filter((keys) => keys.length > 0);
  }

  test('of one command stand in one hash tag, so that a Cluster can run it', async () => {
    const broadcastNo = newBroadcastNo();
    const batches = [0, 1, 16, 17, 33].map((batch) =>
      batchOfLane(store, { broadcastNo, batch, lane: 0, size: 4, parts: 1 }),
    );
    const ids = Array.from({ length: 40 }, (_, i) => `id-${i}`);
    const sent = await keysSent(async (watched) => {
      const slots = new Slots({ store: watched });
      const messageIds = new MessageIds({ store: watched, route: 'r1' });
      const changes = new SlotChanges();
      for (const each of batches) {
        const { epoch } = await slots.take(each);
        await slots.claim(each, epoch, 0, 3);
        changes.addRun(each, 0, 3, 'accept');
      }
      await slots.apply(changes);
      await slots.read(batches);
      await slots.counts(broadcastNo, [20]);
      await messageIds.join(
        ids,
        ids.map(() => 1),
      );
      await messageIds.map(
        ids,
        ids.map((_, i) => i),
      );
      await messageIds.unpark(ids.slice(0, 20));
      await messageIds.reconcile();
    });
    expect(sent.length).toBeGreaterThan(50);
    for (const keys of sent) {
      const tags = keys.map((key) => /^[^{]*\{([^}]+)\}/.exec(key)?.[1]);
      expect(tags).not.toContain(undefined);
      expect([keys, new Set(tags).size]).toEqual([keys, 1]);
      expect(keys.every((key) => key.startsWith(store.prefix))).toBe(true);
    }
    expect(Math.max(...sent.map((keys) => keys.length))).toBeGreaterThan(2);
  });

  describe('where replicas must hold a write', () => {
    const fencesOf = (sent: string[][]): string[] => sent.flat().filter((key) => key.endsWith(':fence'));

    /** None is required, so that one server is enough: the fence is written all the same. */
    const watchedFences = async (work: (watched: Store) => Promise<unknown>): Promise<string[]> => {
      const { prefix } = store;
      const sent = await keysSent((watched) =>
        work({ ...watched, replicas: new Replicas({ redis: watched.redis, prefix, least: 0 }) }),
      );
      return fencesOf(sent).map((key) => key.slice(prefix.length));
    };

    test('each change is confirmed by the master of its own shard', async () => {
      const of = batchOfLane(store, { broadcastNo: newBroadcastNo(), batch: 5, lane: 0, size: 4, parts: 1 });
      const [early, known] = ['early', 'known'];
      const changes = new SlotChanges();
      changes.addRun(of, 0, 3, 'cancel');
      expect(await watchedFences((watched) => new Slots({ store: watched }).claim(of, 0, 0, 1))).toEqual([
        '{s5}:fence',
      ]);
      expect(await watchedFences((watched) => new Slots({ store: watched }).apply(changes))).toEqual(['{s5}:fence']);
      const route = 'replicas';
      expect(await watchedFences((watched) => new MessageIds({ store: watched, route }).join([early], [1]))).toEqual([
        `{s${shardOfId(early)}}:fence`,
      ]);
      expect(await watchedFences((watched) => new MessageIds({ store: watched, route }).map([known], [1]))).toEqual([
        `{s${shardOfId(known)}}:fence`,
      ]);
    });

    test('what was read is certain once the masters of the shards have confirmed', async () => {
      const fences = await watchedFences((watched) => new Slots({ store: watched }).certain());
      // On one server a confirmation serves all shards that wait for the next.
      expect(new Set(fences)).toEqual(new Set(['{s0}:fence']));
    });
  });
});

/** The keeper on a real Redis and queue, with a clock of its own: no dispatcher runs here. */
import { broadcastRecords } from '../../src/broadcasts/broadcast.ts';
import { Keeper } from '../../src/broadcasts/keeper.ts';
import { ProgressReader } from '../../src/broadcasts/progress.ts';
import { verify } from '../../src/broadcasts/verify.ts';
import { createLogger } from '../../src/log.ts';
import { BatchQueue } from '../../src/queue/batch-queue.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { approval, batchesOf, HOUR_MS, happen, NOW, noticeRecords, storeBroadcast } from './builders.ts';

let store: Store;
let close: () => Promise<void>;
let queue: BatchQueue;
let clock: number;
let keeper: Keeper;

const newKeeper = (process: string) =>
  new Keeper({
    store,
    notices: noticeRecords(store),
    queueOf: (route) => (route === 'drill' ? queue : undefined),
    process,
    log: createLogger('silent', 'test'),
    now: () => clock,
  });

beforeEach(async () => {
  ({ store, close } = await testStore());
  queue = new BatchQueue({ store, route: 'drill' });
  clock = NOW;
  keeper = newKeeper('a');
});
afterEach(async () => {
  await queue.close();
  await close();
});

const counts = async (id: string) => (await new ProgressReader({ store, now: () => clock }).read(id)).counts;
const stateOf = async (id: string) => (await broadcastRecords(store).get(id)).value.state;

async function ticks(count: number, stepMs = 0): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    clock += stepMs;
    await keeper.tick();
  }
}

test('gives every batch of a new broadcast its job, once', async () => {
  await storeBroadcast(store, { no: 1 });
  await ticks(3);
  expect(await queue.depth()).toBe(5);
});

test('lanes of a region that has not approved wait for its approval', async () => {
  await storeBroadcast(store, {
    no: 1,
    notice: { decisions: [approval('2A')] },
    changes: { released: ['2A'] },
  });
  await ticks(1);
  expect(await queue.depth()).toBe(1);
  const notice = await noticeRecords(store).get('n1');
  const decisions = [approval('2A'), approval('35')];
  await noticeRecords(store).update(notice, { ...notice.value, decisions }, act);
  await ticks(1);
  expect(await queue.depth()).toBe(5);
});

test('lanes of a region that needs two approvals start with the second', async () => {
  const requires = { '35': { approvals: [{ from: ['prefecture-35', 'ministry'], count: 2 }] } };
  const { id } = await storeBroadcast(store, {
    no: 1,
    notice: { requires, decisions: [approval('2A'), approval('35')] },
    changes: { released: ['2A'] },
  });
  await ticks(2);
  expect(await queue.depth()).toBe(1);
  const decide = async (by: string) => {
    const notice = await noticeRecords(store).get('n1');
    const decisions = [...notice.value.decisions, { ...approval('35'), by, authority: 'ministry' }];
    await noticeRecords(store).update(notice, { ...notice.value, decisions }, act);
    await ticks(1);
  };
  await decide('PREFECT 35');
  expect(await queue.depth()).toBe(1);
  await decide('Minister');
  expect(await queue.depth()).toBe(5);
  expect((await broadcastRecords(store).get(id)).value.released).toEqual(['2A', '35']);
});

test('jobs that were lost come back when nothing moves', async () => {
  const { id, broadcast, plan } = await storeBroadcast(store, { no: 1 });
  await happen(store, batchesOf(store, broadcast, plan.lanes[0]!)[0]!, 0, 2, 'claim', 'accept');
  newKeeper('b');
  await ticks(1);
  await store.redis.del(...(await store.redis.keys(`*${store.prefix}queue*`)));
  await ticks(2, 1_000);
  expect(await queue.depth()).toBe(0);
  await ticks(3, 1_500);
  // The lane that is submitted to its end needs none.
  expect(await queue.depth()).toBe(4);
  expect(await stateOf(id)).toBe('running');
});

test('a cancelled broadcast ends with everybody who was not submitted to cancelled, and takes its notice along', async () => {
  const { id, broadcast, plan } = await storeBroadcast(store, { no: 1, changes: { state: 'cancelled' } });
  await happen(store, batchesOf(store, broadcast, plan.lanes[0]!)[0]!, 0, 0, 'claim', 'accept', 'receiptDelivered');
  await ticks(2);
  expect(await counts(id)).toMatchObject({ delivered: 1, cancelled: 3_502 });
  expect(await stateOf(id)).toBe('closed');
  expect((await noticeRecords(store).get('n1')).value.state).toBe('cancelled');
});

test('what a dead process left in the air is given up in doubt, when nobody can hear of it any more', async () => {
  const { id, broadcast, plan } = await storeBroadcast(store, { no: 1, changes: { state: 'cancelled' } });
  await happen(store, batchesOf(store, broadcast, plan.lanes[0]!)[0]!, 0, 1, 'claim');
  await ticks(3, 20_000);
  expect(await counts(id)).toMatchObject({ sending: 2, cancelled: 3_501 });
  await ticks(3, 20_000);
  expect(await counts(id)).toMatchObject({ sending: 0, unconfirmed: 2 });
  expect((await verify(store, id)).inDoubt).toBe(2);
  expect(await stateOf(id)).toBe('closed');
});

test('R12: whoever is still pending at the expiry lapses, and is never sent to', async () => {
  const { id, broadcast } = await storeBroadcast(store, { no: 1 });
  clock = Date.parse(broadcast.expires);
  await ticks(2);
  expect(await counts(id)).toMatchObject({ pending: 0, lapsed: 3_503 });
  expect(await stateOf(id)).toBe('closed');
});

test('rule 7: the receipt deadline leaves nobody without a final state', async () => {
  const { id, broadcast, plan } = await storeBroadcast(store, { no: 1 });
  const [batch] = batchesOf(store, broadcast, plan.lanes[1]!);
  await happen(store, batch!, 0, 9, 'claim', 'accept');
  await happen(store, batch!, 5, 9, 'receiptEnroute');
  await happen(store, batch!, 10, 14, 'claim');
  clock = Date.parse(broadcast.receiptDeadline) + HOUR_MS;
  await ticks(2);
  expect(await counts(id)).toMatchObject({ unconfirmed: 15, lapsed: 3_488 });
  expect((await verify(store, id)).differences).toEqual([]);
  expect(await stateOf(id)).toBe('closed');
});

test('of several processes one keeps, and another takes over when it leaves', async () => {
  const other = newKeeper('b');
  expect(await keeper.tick()).toBe(true);
  expect(await other.tick()).toBe(false);
  await keeper.leave();
  expect(await other.tick()).toBe(true);
  expect(await keeper.tick()).toBe(false);
});

const act = { actor: 'key:k2', action: 'notice.approved', subject: 'notice/n1' };

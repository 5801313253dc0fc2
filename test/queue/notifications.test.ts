import {
  type Notification,
  Notifications,
  retryDelayMs,
  type Taken,
  type Wanted,
} from '../../src/queue/notifications.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

let store: Store;
let close: () => Promise<void>;
let nowMs: number;
beforeEach(async () => {
  ({ store, close } = await testStore());
  nowMs = Date.UTC(2026, 0, 15, 12);
});
afterEach(() => close());

const time = (ms: number): string => new Date(ms).toISOString();
const act = { actor: 'system', action: 'test', subject: 'test' };

const aNotification = (changes: Partial<Notification> = {}): Notification => ({
  ...{ notice: 'n1', submittedAt: time(nowMs), stage: 'submitted', status: 'Exercise', channel: 'webhook', to: 'desk' },
  ...{ regions: ['35'], createdAt: time(nowMs), deliverBy: time(nowMs + 3_600_000), state: 'waiting', attempts: 0 },
  ...changes,
});

const over = (wanted?: () => Promise<Wanted>) =>
  new Notifications({ store, now: () => nowMs, ...(wanted ? { wanted } : {}) });

async function waiting(id: string, changes: Partial<Notification> = {}): Promise<Notifications> {
  const notifications = over();
  await notifications.announce([{ id, channel: 'webhook' }]);
  await notifications.records.create(id, aNotification(changes), act);
  return notifications;
}

test('pauses between attempts double, to five minutes, with a quarter of chance either way', () => {
  expect([1, 2, 3, 4].map((attempts) => retryDelayMs(attempts, 0.5))).toEqual([2_000, 4_000, 8_000, 16_000]);
  expect([retryDelayMs(1, 0), retryDelayMs(1, 1)]).toEqual([1_500, 2_500]);
  expect(retryDelayMs(1_000, 0.5)).toBe(300_000);
});

test('one process takes a notification; while it has it, no other does', async () => {
  const [one, other] = [await waiting('a'), over()];
  expect(await one.due('webhook', 10)).toEqual(['a']);
  expect(await one.due('exercise', 10)).toEqual([]);
  const [mine, theirs] = await Promise.all([one.take('webhook', 'a'), other.take('webhook', 'a')]);
  expect([mine, theirs].filter(Boolean)).toHaveLength(1);
});

test('one that is sent is over: nobody takes it again', async () => {
  const notifications = await waiting('a');
  await notifications.sent((await notifications.take('webhook', 'a'))!);
  expect((await notifications.records.get('a')).value).toMatchObject({
    state: 'sent',
    attempts: 1,
    lastAt: time(nowMs),
  });
  expect(await notifications.due('webhook', 10)).toEqual([]);
  expect(await notifications.take('webhook', 'a')).toBeUndefined();
});

test('one that failed comes again after its pause, and can be taken then', async () => {
  const notifications = await waiting('a');
  await notifications.failed((await notifications.take('webhook', 'a'))!, 'http_500');
  nowMs += 1_000;
  expect(await notifications.due('webhook', 10)).toEqual([]);
  nowMs += 2_000;
  expect(await notifications.due('webhook', 10)).toEqual(['a']);
  expect((await notifications.take('webhook', 'a'))?.value).toMatchObject({ attempts: 1, fault: 'http_500' });
});

test('one that was put back is no attempt', async () => {
  const notifications = await waiting('a');
  await notifications.putBack((await notifications.take('webhook', 'a'))!, 500);
  expect(await notifications.due('webhook', 10)).toEqual([]);
  nowMs += 500;
  expect((await notifications.take('webhook', 'a'))?.value.attempts).toBe(0);
});

test('one that nobody wants just now is put back, and is no attempt', async () => {
  await waiting('a');
  const notifications = over(async () => 'later');
  expect(await notifications.take('webhook', 'a')).toBeUndefined();
  expect(await notifications.due('webhook', 10)).toEqual([]);
  nowMs += 10_000;
  expect(await notifications.due('webhook', 10)).toEqual(['a']);
  expect((await over().take('webhook', 'a'))?.value).toMatchObject({ state: 'waiting', attempts: 0 });
});

test('one that a dead process had is free when its lease has run out', async () => {
  const notifications = await waiting('a');
  await notifications.take('webhook', 'a');
  expect(await notifications.take('webhook', 'a')).toBeUndefined();
  const [lease] = await store.redis.keys(`${store.prefix}*notification-taken*`);
  expect(await store.redis.pttl(lease!)).toBeGreaterThan(30_000);
  await store.redis.del(lease!);
  expect((await notifications.take('webhook', 'a'))?.id).toBe('a');
});

describe('when a slow taker has outlived its lease, and another has the notification', () => {
  async function twice() {
    const notifications = await waiting('a');
    const slow = (await notifications.take('webhook', 'a'))!;
    await store.redis.del((await store.redis.keys(`${store.prefix}*notification-taken*`))[0]!);
    const next = (await notifications.take('webhook', 'a'))!;
    const ended = async () => {
      const { state, attempts, fault } = (await notifications.records.get('a')).value;
      return { state, attempts, fault, due: await notifications.due('webhook', 10) };
    };
    return { notifications, slow, next, ended };
  }

  test.each<[string, (notifications: Notifications, taken: Taken) => Promise<void>]>([
    ['refused', (notifications, taken) => notifications.refused(taken, 'unknown_person')],
    ['failed', (notifications, taken) => notifications.failed(taken, 'timeout')],
    ['putBack', (notifications, taken) => notifications.putBack(taken, 60_000)],
  ])('its %s takes nothing away from that one', async (_what, end) => {
    const { notifications, slow, next, ended } = await twice();
    await end(notifications, slow);
    expect(await ended()).toEqual({ state: 'waiting', attempts: 0, fault: undefined, due: ['a'] });
    expect(await notifications.take('webhook', 'a')).toBeUndefined();
    await notifications.sent(next);
    expect(await ended()).toEqual({ state: 'sent', attempts: 1, fault: undefined, due: [] });
  });

  test('what it has delivered is delivered: the other, which fails, brings it back to nobody', async () => {
    const { notifications, slow, next, ended } = await twice();
    await notifications.sent(slow);
    expect(await store.redis.keys(`${store.prefix}*notification-taken*`)).toHaveLength(1);
    await notifications.failed(next, 'timeout');
    nowMs += 300_000;
    expect(await ended()).toEqual({ state: 'sent', attempts: 1, fault: undefined, due: [] });
  });

  test('what it delivers after the other has failed is delivered all the same', async () => {
    const { notifications, slow, next, ended } = await twice();
    await notifications.failed(next, 'timeout');
    await notifications.sent(slow);
    nowMs += 300_000;
    expect(await ended()).toEqual({ state: 'sent', attempts: 2, fault: undefined, due: [] });
  });
});

test('one whose record is not written yet is left for a minute, and forgotten after that', async () => {
  const notifications = over();
  await notifications.announce([{ id: 'a', channel: 'webhook' }]);
  nowMs += 59_000;
  expect(await notifications.take('webhook', 'a')).toBeUndefined();
  expect(await notifications.due('webhook', 10)).toEqual(['a']);
  nowMs += 2_000;
  expect(await notifications.take('webhook', 'a')).toBeUndefined();
  expect(await notifications.due('webhook', 10)).toEqual([]);
});

test('an SMS that no dispatcher comes for ends when it is too late, and waits until then', async () => {
  const notifications = over();
  await notifications.announce([{ id: 'a', channel: 'live' }]);
  await notifications.records.create('a', aNotification({ channel: 'live', to: 'paule' }), act);
  const state = async () => (await notifications.records.get('a')).value.state;
  nowMs += 700_000;
  await notifications.lapse();
  expect([await state(), await notifications.due('live', 10)]).toEqual(['waiting', ['a']]);
  expect(await notifications.take('live', 'a')).toBeDefined();
  await store.redis.del((await store.redis.keys(`${store.prefix}*notification-taken*`))[0]!);
  nowMs += 3_600_000;
  await notifications.lapse();
  expect([await state(), await notifications.due('live', 10)]).toEqual(['failed', []]);
});

test('one that is too late fails, one that nobody wants is void; both say so in the audit log', async () => {
  const notifications = await waiting('a');
  await waiting('b', { deliverBy: time(nowMs + 10) });
  expect(await over(async () => 'never').take('webhook', 'a')).toBeUndefined();
  nowMs += 10;
  expect(await notifications.take('webhook', 'b')).toBeUndefined();
  const states = await Promise.all(['a', 'b'].map(async (id) => (await notifications.records.get(id)).value));
  expect(states).toMatchObject([{ state: 'void' }, { state: 'failed', fault: 'too_late' }]);
  const audit = JSON.stringify(await store.redis.xrange(`${store.prefix}{rec}:audit`, '-', '+'));
  for (const action of ['notification.void', 'notification.failed']) expect(audit).toContain(action);
});

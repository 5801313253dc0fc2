/** Who is told of a submission, by what, and what of it is kept. */
import type { Store } from '../../src/store/connection.ts';
import { PREFECT_35 } from '../notices/samples.ts';
import { testStore } from '../support/redis.ts';
import { aRule, escalationOver, PHONES } from './fixture.ts';

const MINUTE_MS = 60_000;

let store: Store;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ store, close } = await testStore());
});
afterEach(() => close());

const HOOK = { id: 'desk', url: 'http://127.0.0.1:9/', secret: 'sixteen characters' };

describe('R18: at the submission', () => {
  test('every authority that is asked is told by SMS, each person once, with their regions', async () => {
    const { watch, submitted, told } = escalationOver(store);
    const { id } = await submitted();
    await watch().tick();
    expect(await told(id)).toMatchObject([
      { to: 'paule', channel: 'exercise', stage: 'submitted', regions: ['35'], state: 'waiting' },
      { to: 'quentin', channel: 'exercise', stage: 'submitted', regions: ['29'], state: 'waiting' },
    ]);
  });

  test('a person of all regions is told of them in one SMS', async () => {
    const { watch, submitted, told } = escalationOver(store, {
      rules: [aRule({ approvals: [{ from: ['prefecture', 'ministry'], count: 1 }] })],
    });
    const { id } = await submitted();
    await watch().tick();
    const [maud] = (await told(id)).filter(({ to }) => to === 'maud');
    expect(maud).toMatchObject({
      regions: ['35', '29'],
      text: expect.stringMatching(/^EXERCISE TOCSIN: .*dep\. 35 29,/),
    });
  });

  test('the webhooks of the rules are told, with what is missing and no telephone number', async () => {
    const { watch, submitted, told } = escalationOver(store, {
      rules: [aRule({ webhooks: ['desk'] })],
      webhooks: [HOOK],
    });
    const { id } = await submitted();
    await watch().tick();
    const [call] = (await told(id)).filter(({ channel }) => channel === 'webhook');
    expect(call).toMatchObject({
      to: 'desk',
      payload: {
        type: 'approval.requested',
        notice: { id, status: 'Exercise', severity: 'Severe' },
        regions: [
          { region: '35', missing: [{ from: ['prefecture-35'], count: 1 }] },
          { region: '29', missing: [{ from: ['prefecture-29'], count: 1 }] },
        ],
        people: ['Paule Préfète', 'Nomen Nescio', 'Quentin Préfet'],
      },
    });
  });

  test('nobody is told of a region that is approved already, nor where the rule sends no SMS', async () => {
    const { watch, submitted, told, approve } = escalationOver(store, {
      rules: [aRule({ regions: ['29'], sms: false }), aRule()],
    });
    const notice = await submitted();
    await approve(notice, '35', PREFECT_35);
    await watch().tick();
    expect(await told(notice.id)).toEqual([]);
  });

  test('it is stamped, shown in the notice and audited by name', async () => {
    const { watch, submitted, notices, audited } = escalationOver(store);
    const { id } = await submitted();
    await watch().tick();
    const { value } = await notices.get(id);
    expect(value.timings.notified).toBe('2021-06-02T15:05:00.000Z');
    expect(value.calls).toMatchObject([
      { stage: 'submitted', regions: ['35', '29'], notifications: [expect.any(String), expect.any(String)] },
    ]);
    expect((await audited(id)).at(-1)).toMatchObject({
      actor: 'system',
      action: 'notice.notify',
      detail: { regions: ['35', '29'], people: ['paule', 'mute', 'quentin'], webhooks: [] },
    });
  });
});

test('R6: an Actual notice calls by live routes, an exercise and a test by those for exercises, and they say so', async () => {
  const { watch, submitted, told, notices } = escalationOver(store);
  const { id } = await submitted({ regions: ['35'] });
  const texts: Record<string, (string | undefined)[]> = {};
  for (const status of ['Exercise', 'Test', 'Actual'] as const) {
    const current = await notices.get(id);
    const { calls: _, ...value } = current.value;
    await notices.records.update(current, { ...value, status }, { actor: 'system', action: 'test', subject: 'test' });
    await store.redis.zadd(`${store.prefix}{rec}:notices-awaiting`, 0, id);
    await store.redis.del(...(await store.redis.keys(`${store.prefix}{rec}:notification:*`)), 'none');
    await watch().tick();
    const [first] = await told(id);
    texts[status] = [first?.channel, first?.text?.split(':')[0]];
  }
  expect(texts).toEqual({
    Exercise: ['exercise', 'EXERCICE TOCSIN'],
    Test: ['exercise', 'TEST TOCSIN'],
    Actual: ['live', 'TOCSIN'],
  });
});

test('no telephone number is anywhere in the store, nor in what is audited', async () => {
  const { watch, clock, submitted } = escalationOver(store, {
    rules: [aRule({ webhooks: ['desk'] })],
    webhooks: [HOOK],
  });
  await submitted();
  await watch().tick();
  clock.ms += 10 * MINUTE_MS;
  await watch().tick();
  const keys = await store.redis.keys(`${store.prefix}*`);
  const dumps = await Promise.all(
    keys.map(async (key) =>
      (await store.redis.type(key)) === 'hash' ? JSON.stringify(await store.redis.hgetall(key)) : key,
    ),
  );
  const stream = JSON.stringify(await store.redis.xrange(`${store.prefix}{rec}:audit`, '-', '+'));
  for (const number of Object.values(PHONES)) {
    const national = String(number).slice(2);
    expect([...dumps, stream].filter((text) => text.includes(national))).toEqual([]);
  }
  // Neither the secret nor the address of a webhook is.
  expect([...dumps, stream].filter((text) => text.includes(HOOK.secret) || text.includes(HOOK.url))).toEqual([]);
});

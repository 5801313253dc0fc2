import { regionHash } from '../../src/notices/hashes.ts';
import { stopped } from '../../src/notices/stages.ts';
import type { Store } from '../../src/store/connection.ts';
import { AUTHOR, inputOf, PREFECT_29, PREFECT_35 } from '../notices/samples.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { aRule, DEPUTY, escalationOver } from './fixture.ts';

const MINUTE_MS = 60_000;

let store: Store;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ store, close } = await testStore());
});
afterEach(() => close());

test('R18: where nobody is listed nobody is told, and it escalates all the same', async () => {
  const { watch, clock, submitted, notices } = escalationOver(store, { people: [] });
  const { id, version } = await submitted();
  await watch().tick();
  expect((await notices.get(id)).version).toBe(version);
  clock.ms += 10 * MINUTE_MS;
  await watch().tick();
  expect((await notices.get(id)).value).toMatchObject({
    timings: { escalated: '2021-06-02T15:15:00.000Z' },
    calls: [{ stage: 'escalated', regions: ['35', '29'], notifications: [] }],
  });
});

describe('R18: a waiting approval escalates', () => {
  test('to the deputies of the regions that lack it, at the minute of the policy and not before', async () => {
    const { watch, clock, submitted, told, approve, notices } = escalationOver(store);
    const notice = await submitted();
    await watch().tick();
    await approve(notice, '29', PREFECT_29);
    clock.ms += 10 * MINUTE_MS - 1;
    await watch().tick();
    expect(await told(notice.id)).toHaveLength(2);
    clock.ms += 1;
    await watch().tick();
    expect((await told(notice.id)).slice(2)).toMatchObject([
      {
        to: 'dora',
        channel: 'exercise',
        stage: 'escalated',
        regions: ['35'],
        text: expect.stringContaining('suppleance'),
      },
    ]);
    const { value } = await notices.get(notice.id);
    expect(value.timings.escalated).toBe('2021-06-02T15:15:00.000Z');
    await approve(notice, '35', DEPUTY);
    expect((await notices.get(notice.id)).value.state).toBe('approved');
  });

  test('once, however many processes watch and however often they look', async () => {
    const { watch, clock, submitted, told, audited } = escalationOver(store);
    const { id } = await submitted();
    const [one, other, third] = [watch(), watch(), watch()];
    for (const step of [0, 10 * MINUTE_MS, 1_000, 11_000]) {
      clock.ms += step;
      await Promise.all([one.tick(), other.tick(), third.tick()]);
      await one.tick();
    }
    expect((await told(id)).map(({ to, stage }) => [stage, to])).toEqual([
      ['submitted', 'paule'],
      ['submitted', 'quentin'],
      ['escalated', 'dora'],
    ]);
    const actions = (await audited(id)).map(({ action }) => action);
    expect(actions.filter((action) => action === 'notice.escalate')).toHaveLength(1);
  });

  test('also when nobody watched meanwhile: who comes back does it then', async () => {
    const { watch, clock, submitted, told } = escalationOver(store);
    const { id } = await submitted();
    clock.ms += 3 * 60 * MINUTE_MS;
    const notice = await told(id);
    expect(notice).toEqual([]);
    await watch().tick();
    expect((await told(id)).map(({ to, stage }) => [stage, to])).toEqual([
      ['submitted', 'paule'],
      ['submitted', 'quentin'],
      ['escalated', 'dora'],
    ]);
  });

  test('in regions that wait after the launch too; not once all have approved', async () => {
    const { watch, clock, submitted, told, approve, notices } = escalationOver(store);
    const notice = await submitted();
    await watch().tick();
    await approve(notice, '29', PREFECT_29);
    const current = await notices.get(notice.id);
    const act = { actor: 'system', action: 'test', subject: 'test' };
    await notices.records.update(current, { ...current.value, state: 'launched' }, act);
    clock.ms += 10 * MINUTE_MS;
    await watch().tick();
    expect((await told(notice.id)).at(-1)).toMatchObject({ to: 'dora', regions: ['35'] });
    const second = await submitted();
    await approve(await notices.get(second.id), '29', PREFECT_29);
    await approve(await notices.get(second.id), '35', PREFECT_35);
    clock.ms += 10 * MINUTE_MS;
    await watch().tick();
    expect(await told(second.id)).toEqual([]);
  });

  test('not once the broadcast is stopped: nobody approves the wrong text, nor is called for it late', async () => {
    const { watch, clock, submitted, told, approve, notices, notifications } = escalationOver(store);
    const notice = await submitted();
    await watch().tick();
    await approve(notice, '29', PREFECT_29);
    const current = await notices.get(notice.id);
    const act = { actor: 'system', action: 'test', subject: 'test' };
    const launched = stopped({ ...current.value, state: 'launched' }, new Date(clock.ms).toISOString());
    await notices.records.update(current, launched, act);
    const [late] = await notifications.due('exercise', 10);
    expect(await notifications.take('exercise', late!)).toBeUndefined();
    clock.ms += 10 * MINUTE_MS;
    await watch().tick();
    expect((await told(notice.id)).map(({ stage, state }) => `${stage} ${state}`).sort()).toEqual([
      'submitted void',
      'submitted waiting',
    ]);
  });

  test('by each rule at its own time', async () => {
    const { watch, clock, submitted, told } = escalationOver(store, {
      rules: [
        aRule({ regions: ['35'], escalateAfterMinutes: 2 }),
        aRule({ regions: ['29'], escalateAfterMinutes: null }),
        aRule(),
      ],
    });
    const { id } = await submitted();
    await watch().tick();
    clock.ms += 2 * MINUTE_MS;
    await watch().tick();
    clock.ms += 60 * MINUTE_MS;
    await watch().tick();
    expect((await told(id)).filter(({ stage }) => stage === 'escalated')).toMatchObject([
      { to: 'dora', regions: ['35'] },
    ]);
  });

  test('not while it is returned; the clock starts anew with the next submission', async () => {
    const { watch, clock, submitted, told, notices } = escalationOver(store);
    const notice = await submitted();
    await watch().tick();

    const hash = regionHash(notice.value, '35');
    await notices.decide(notice.id, { region: '35', decision: 'return', hash, reasons: 'No' }, PREFECT_35);
    clock.ms += 11 * MINUTE_MS;
    await watch().tick();
    expect((await told(notice.id)).some(({ stage }) => stage === 'escalated')).toBe(false);
    await notices.change(notice.id, { headline: 'Anew' }, AUTHOR);
    const again = await notices.submit(notice.id, AUTHOR);
    expect(again.value.calls).toBeUndefined();
    await watch().tick();
    expect((await told(notice.id)).map(({ stage }) => stage)).toEqual(['submitted', 'submitted']);
    clock.ms += 10 * MINUTE_MS;
    await watch().tick();
    expect((await told(notice.id)).at(-1)).toMatchObject({ stage: 'escalated', regions: ['35', '29'] });
  });

  test('an approval that is taken back is waited for again', async () => {
    const { watch, clock, submitted, told, approve, notices } = escalationOver(store);
    const notice = await submitted({ regions: ['35'] });
    await watch().tick();
    await approve(notice, '35', PREFECT_35);
    clock.ms += 10 * MINUTE_MS;
    await watch().tick();
    expect(await told(notice.id)).toHaveLength(1);
    const hash = regionHash(notice.value, '35');
    await notices.decide(notice.id, { region: '35', decision: 'return', hash, reasons: 'No' }, PREFECT_35);
    const current = await notices.get(notice.id);
    const act = { actor: 'system', action: 'test', subject: 'test' };
    await notices.records.update(current, { ...current.value, state: 'submitted', decisions: [] }, act);
    clock.ms += 10_000;
    await watch().tick();
    expect((await told(notice.id)).at(-1)).toMatchObject({ stage: 'escalated', to: 'dora' });
  });
});

test('a notice that expired, or was given up, calls nobody', async () => {
  const { watch, clock, submitted, told, notices } = escalationOver(store);
  const expired = await submitted();
  const cancelled = await submitted();
  await notices.cancel(cancelled.id, AUTHOR);
  clock.ms += 12 * 60 * MINUTE_MS;
  await watch().tick();
  expect([await told(expired.id), await told(cancelled.id)]).toEqual([[], []]);
  expect(await store.redis.zcard(`${store.prefix}{rec}:notices-awaiting`)).toBe(0);
});

test('an entry of a submission that never came is forgotten, and not before', async () => {
  const { watch, clock, notices } = escalationOver(store);

  const { id } = await notices.create(inputOf(), AUTHOR);
  await store.redis.zadd(`${store.prefix}{rec}:notices-awaiting`, clock.ms, id);
  clock.ms += 59_000;
  await watch().tick();
  expect(await store.redis.zcard(`${store.prefix}{rec}:notices-awaiting`)).toBe(1);
  clock.ms += 2_000;
  await watch().tick();
  expect(await store.redis.zcard(`${store.prefix}{rec}:notices-awaiting`)).toBe(0);
});

test('runs by itself until it is stopped', async () => {
  const { start, submitted, told } = escalationOver(store);
  const stop = start();
  const { id } = await submitted();
  await waitFor(async () => (await told(id)).length === 2, 10_000, 'the authorities are told');
  await stop();
  const late = await submitted();
  expect(await told(late.id)).toEqual([]);
});

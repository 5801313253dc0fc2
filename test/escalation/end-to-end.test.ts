import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import { stillWanted } from '../../src/escalation/still-wanted.ts';
import { createLogger } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { duplicate } from '../../src/store/connection.ts';
import { dispatchFixture } from '../dispatch/harness.ts';
import { waitFor } from '../support/wait-for.ts';
import { DEPUTY, escalationOver, PHONES } from './fixture.ts';

const { start, atEnd } = dispatchFixture();

test('R18: from the submission to the SMS, the escalation to the deputy, and his approval', async () => {
  const running = await start({ dispatchers: 0 });
  const { store, simulator, routes } = running;
  const { clock, notices, policy, start: watch, submitted, told, approve } = escalationOver(store);
  const stop = watch();
  const redis = duplicate(store.redis);
  const dispatcher = new Dispatcher({
    store: { redis, prefix: store.prefix },
    routes,
    notices: notices.records,
    officials: {
      wanted: stillWanted(notices.records),
      numberOf: (id) => policy.people.find((one) => one.id === id)?.msisdn,
    },
    block: async () => Buffer.alloc(0),
    metrics: createMetrics(),
    log: createLogger('silent', 'test'),
    now: () => clock.ms,
  });
  await dispatcher.start();
  atEnd(async () => {
    await stop();
    await dispatcher.stop();
    redis.disconnect();
  });
  const reached = (number: number) => simulator.record.seen.of(number).length;
  const sent = async (id: string, count: number) => {
    const all = await told(id);
    return all.length === count && all.every(({ state }) => state === 'sent');
  };

  const notice = await submitted({ regions: ['35'] });
  await waitFor(() => sent(notice.id, 1), 10_000, 'the prefecture is told');
  expect([reached(PHONES.paule), reached(PHONES.dora)]).toEqual([1, 0]);
  clock.ms += 10 * 60_000;
  await waitFor(() => sent(notice.id, 2), 10_000, 'the deputy is told');
  expect([reached(PHONES.paule), reached(PHONES.dora)]).toEqual([1, 1]);
  expect((await approve(notice, '35', DEPUTY)).value).toMatchObject({
    state: 'approved',
    decisions: [{ by: DEPUTY.person, deputy: true }],
    timings: {
      submitted: '2021-06-02T15:05:00.000Z',
      notified: '2021-06-02T15:05:00.000Z',
      escalated: '2021-06-02T15:15:00.000Z',
      approved: '2021-06-02T15:15:00.000Z',
    },
  });
});

import { pino } from 'pino';
import { halt, lift } from '../../src/broadcasts/halt.ts';
import type { Route } from '../../src/broadcasts/routes.ts';
import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import { createMetrics } from '../../src/metrics.ts';
import { type Notification, Notifications } from '../../src/queue/notifications.ts';
import { duplicate } from '../../src/store/connection.ts';
import { aRoute, noticeRecords, OPERATOR } from '../broadcasts/builders.ts';
import { waitFor } from '../support/wait-for.ts';
import { ACCOUNT, dispatchFixture, type RunningDispatch } from './harness.ts';

const { start, simulate, atEnd } = dispatchFixture();

/** A range for fiction, which an exercise takes; and one that nobody was ever given, which passes for real. */
const FICTIONAL = 33639980011;
const ORDINARY = 33100000001;
const PEOPLE: Readonly<Record<string, number>> = { paule: FICTIONAL, maud: ORDINARY, nobody: 999000000001 };

const TEXT = 'EXERCICE TOCSIN: un avis attend votre approbation.';

const aNotification = (changes: Partial<Notification> = {}): Notification => ({
  notice: 'n1',
  submittedAt: '2026-01-15T12:00:00.000Z',
  stage: 'submitted',
  status: 'Exercise',
  channel: 'exercise',
  to: 'paule',
  regions: ['35'],
  createdAt: '2026-01-15T12:00:00.000Z',
  deliverBy: new Date(Date.now() + 3_600_000).toISOString(),
  text: TEXT,
  state: 'waiting',
  attempts: 0,
  ...changes,
});

async function telling(running: RunningDispatch, routes: readonly Route[] = running.routes) {
  const { store } = running;
  const lines: string[] = [];
  const dispatcher = async () => {
    const redis = duplicate(store.redis);
    const made = new Dispatcher({
      store: { redis, prefix: store.prefix },
      routes,
      notices: noticeRecords(store),
      block: async () => Buffer.alloc(0),
      metrics: createMetrics(),
      log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }),
      officials: { numberOf: (id) => PEOPLE[id] },
    });
    await made.start();
    atEnd(async () => {
      await made.stop();
      redis.disconnect();
    });
    return made;
  };
  const notifications = new Notifications({ store, now: Date.now });
  const tell = async (id: string, notification: Notification) => {
    await notifications.announce([{ id, channel: notification.channel }]);
    await notifications.records.create(id, notification, { actor: 'system', action: 'test', subject: 'test' });
  };
  const ended = (id: string, holds: (notification: Notification) => boolean = ({ state }) => state !== 'waiting') =>
    waitFor(
      async () => {
        const found = await notifications.records.find(id);
        return found && holds(found.value) ? found.value : undefined;
      },
      8_000,
      `what becomes of ${id}`,
    );
  return { dispatcher, notifications, tell, ended, lines };
}

test('R18: an official is told by SMS, once, though several dispatchers look; no receipt is waited for', async () => {
  const running = await start({ dispatchers: 0 });
  const { dispatcher, tell, ended, lines } = await telling(running);
  await Promise.all([dispatcher(), dispatcher()]);
  await tell('p1', aNotification());
  expect(await ended('p1')).toMatchObject({ state: 'sent', attempts: 1 });
  expect(running.simulator.record.seen.of(FICTIONAL).map(({ times }) => times)).toEqual([1]);
  expect(running.simulator.record.texts.list().map(({ sample }) => sample)).toEqual([TEXT]);
  expect(running.record()).toMatchObject({ accepted: 1, receipts: { sent: 0 } });
  // Neither the log nor the store knows the number.
  expect(lines.join()).not.toContain(String(FICTIONAL));
  const keys = await running.store.redis.keys(`${running.store.prefix}*notification*`);
  expect(JSON.stringify(keys)).not.toContain(String(FICTIONAL));
});

describe('R6: what calls officials', () => {
  test('an exercise leaves by the exercise route, an Actual notice by the live one, and neither by the other', async () => {
    const running = await start({ dispatchers: 0 });
    const live = await simulate();
    const route = (id: string, kind: string, port: number) => ({
      ...aRoute({ id, kind, port, links: 1, window: 10, reconnectMinMs: 20 }),
      password: ACCOUNT.password,
    });
    const routes = [route('main', 'live', live.smppPort), route('drill', 'exercise', running.simulator.smppPort)];
    const { dispatcher, tell, ended } = await telling(running, routes);
    await dispatcher();
    await tell('p1', aNotification({ to: 'maud' }));
    await tell('p2', aNotification({ to: 'maud', status: 'Actual', channel: 'live', text: 'TOCSIN: un avis' }));
    // Whatever came by which a record names the wrong kind, it never leaves.
    await tell('p3', aNotification({ to: 'maud', status: 'Exercise', channel: 'live', text: 'EXERCICE astray' }));
    await tell('p4', aNotification({ to: 'maud', status: 'Actual', channel: 'exercise', text: 'real, astray' }));
    expect(await Promise.all(['p1', 'p2', 'p3', 'p4'].map(async (id) => (await ended(id)).fault ?? 'sent'))).toEqual([
      'sent',
      'sent',
      'wrong_route_kind',
      'wrong_route_kind',
    ]);
    expect(running.simulator.record.texts.list().map(({ sample }) => sample)).toEqual([TEXT]);
    expect(live.record.texts.list().map(({ sample }) => sample)).toEqual(['TOCSIN: un avis']);
  });

  test('a number that nobody has is told nothing: fiction by an Actual notice, +999 but in an exercise', async () => {
    const running = await start({ dispatchers: 0 });
    const { dispatcher, tell, ended } = await telling(running);
    await dispatcher();
    await tell('p1', aNotification({ status: 'Test', to: 'nobody' }));
    await tell('p2', aNotification({ to: 'nobody' }));
    expect(await ended('p1')).toMatchObject({ state: 'failed', fault: 'number_of_nobody' });
    expect(await ended('p2')).toMatchObject({ state: 'sent' });
  });
});

test('R18: a refused SMS is tried again, and one to somebody whom no file knows is told as such', async () => {
  const running = await start({ dispatchers: 0, behaviour: { submissions: { refusals: [{ status: 0x08 }] } } });
  const { dispatcher, tell, ended } = await telling(running);
  await dispatcher();
  await tell('p1', aNotification());
  await tell('p2', aNotification({ to: 'stranger' }));
  expect(await ended('p1', ({ attempts }) => attempts > 0)).toMatchObject({ state: 'waiting', fault: 'esme_rsyserr' });
  expect(await ended('p2', ({ attempts }) => attempts > 0)).toMatchObject({
    state: 'waiting',
    fault: 'unknown_person',
  });
  running.simulator.patchBehaviour({ submissions: { refusals: [] } });
  expect(await ended('p1')).toMatchObject({ state: 'sent', attempts: 2 });
});

test('during a halt nobody is told; afterwards everybody is', async () => {
  const running = await start({ dispatchers: 0 });
  await halt(running.store, OPERATOR, undefined, Date.now);
  const { dispatcher, tell, ended, notifications } = await telling(running);
  const one = await dispatcher();
  await tell('p1', aNotification());
  await waitFor(async () => one.healthy && one.halted, 3_000, 'a link, and the halt');
  const since = performance.now();
  // As many looks as it takes to send one.
  await waitFor(async () => performance.now() > since + 900, 3_000, 'a look');
  expect(running.record().accepted).toBe(0);
  expect((await notifications.records.get('p1')).value.state).toBe('waiting');
  await lift(running.store, OPERATOR, 'a test is over', Date.now);
  expect(await ended('p1')).toMatchObject({ state: 'sent' });
});

test('a text of several segments goes whole, where a route writes all in UCS-2', async () => {
  const running = await start({ dispatchers: 0, route: { links: 1, window: 4, alphabet: 'ucs2' } });
  const { dispatcher, tell, ended } = await telling(running);
  await dispatcher();
  await tell(
    'p1',
    aNotification({ text: `${TEXT} ${'Les services de la prefecture sont attendus. '.repeat(2)}`.trim() }),
  );
  expect(await ended('p1')).toMatchObject({ state: 'sent' });
  expect(running.simulator.record.seen.of(FICTIONAL)).toHaveLength(3);
});

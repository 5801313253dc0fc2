/** Links that break, never come up, or are refused: the route goes on, and nobody is lost. */
import { routeHealth } from '../../src/broadcasts/route-health.ts';
import { freePort } from '../../src/demo/embedded-redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { dispatchFixture, expectAccountedFor, LONG_TEXT, nonZero, type RunningDispatch } from './harness.ts';

const dispatch = dispatchFixture();

const healthOf = async (running: RunningDispatch, ...routes: string[]) =>
  routeHealth(running.store, routes, running.now());

/** Everybody has the text, nobody was lost, and whoever has it twice is listed. */
async function expectAllDelivered(running: RunningDispatch, id: string, recipients: number) {
  const progress = await running.closed(id, 15_000);
  const record = running.record();
  expect(nonZero(progress.counts)).toEqual({ delivered: recipients });
  expect(record.recipients).toBe(recipients);
  expect(record.duplicates).toBeLessThanOrEqual(progress.inDoubt);
  await expectAccountedFor(running, id);
  return progress;
}

describe('a link', () => {
  test.each(['drop', 'reset', 'drop-mid-pdu', 'http', 'length-huge'] as const)(
    'rule 5, quirk 30: that ends by %s in mid-broadcast is bound again; nothing is lost, and twice means in doubt',
    async (action) => {
      const running = await dispatch.start({
        behaviour: {
          responses: { delayMs: { min: 0, max: 10 } },
          session: { schedule: [{ action, afterSubmits: 150, repeat: true, times: 6 }] },
        },
      });
      const id = await running.launch({ recipients: 1_500 });
      await expectAllDelivered(running, id, 1_500);
      expect(running.record().events[action]).toBeGreaterThanOrEqual(2);
      expect(running.record().binds.ESME_ROK).toBeGreaterThan(2);
    },
  );

  test('that ends with texts of two segments in flight loses none of them', async () => {
    const running = await dispatch.start({
      behaviour: {
        responses: { delayMs: { min: 0, max: 10 } },
        session: { schedule: [{ action: 'drop', afterSubmits: 150, repeat: true, times: 4 }] },
      },
    });
    const id = await running.launch({ recipients: 500, text: LONG_TEXT });
    await expectAllDelivered(running, id, 500);
  });

  test('quirk 35: that the SMSC unbinds is left in order: nothing is in doubt', async () => {
    const running = await dispatch.start({
      behaviour: {
        session: { schedule: [{ action: 'unbind', afterSubmits: 200, repeat: true, times: 4 }] },
      },
    });
    const id = await running.launch({ recipients: 1_500 });
    const { inDoubt } = await expectAllDelivered(running, id, 1_500);
    expect(inDoubt).toBe(0);
    expect(running.record().events.unbind).toBe(4);
  });

  test('quirk 31: that is half-open is found by enquire_link and replaced', async () => {
    const running = await dispatch.start({
      route: { links: 1, enquireLinkMs: 150, enquireLinkTimeoutMs: 150, responseTimeoutMs: 5_000 },
      behaviour: { session: { schedule: [{ action: 'freeze', afterSubmits: 100, times: 1 }] } },
    });
    const id = await running.launch({ recipients: 300 });
    await expectAllDelivered(running, id, 300);
    expect(running.record().binds.ESME_ROK).toBe(2);
  });

  test('quirk 42: to a slow reader is fed no faster than it reads', async () => {
    const running = await dispatch.start({
      route: { window: 2_000, links: 1 },
      behaviour: { session: { readBytesPerSecond: 300_000 } },
    });
    const id = await running.launch({ recipients: 2_000 });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 2_000 });
    expect(running.record().repeatedParts).toBe(0);
  });

  test('quirk 33: that is refused as bound already comes back after a pause', async () => {
    const running = await dispatch.start({
      route: { links: 1 },
      behaviour: { bind: { lingerMs: 300 }, accounts: [{ systemId: 'tocsin', password: 'secret', maxBinds: 1 }] },
    });
    const id = await running.launch({ recipients: 100 });
    await running.closed(id);
    running.simulator.act('drop');
    await waitFor(() => (running.record().binds.ESME_RALYBND ?? 0) > 0);
    expect(nonZero((await running.closed(await running.launch({ recipients: 100 }))).counts)).toEqual({
      delivered: 100,
    });
    expect(running.record().binds.ESME_RALYBND).toBeLessThan(12);
  });
});

describe('a route', () => {
  test('quirk 34: whose password is wrong is stopped: one bind a link at most, told in its health, and others go on', async () => {
    const running = await dispatch.start({
      routes: [{ id: 'drill' }, { id: 'wrong', password: 'mistake', links: 4 }],
    });
    const stuck = await running.launch({ recipients: 10, notice: { route: 'wrong' } });
    const id = await running.launch({ recipients: 200 });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 200 });
    const [, wrong] = await waitFor(async () => {
      const health = await healthOf(running, 'drill', 'wrong');
      return health[1]?.refused && health;
    });
    expect(wrong).toMatchObject({ state: 'down', linksBound: 0, refused: 'ESME_RINVPASWD' });
    expect(running.record().binds.ESME_RINVPASWD).toBeLessThanOrEqual(4);
    expect(running.logged.filter(({ level }) => level === 60)).toHaveLength(1);
    expect(nonZero((await running.progress(stuck)).counts)).toEqual({ pending: 10 });
  });

  test('quirk 34: that is refused does not try again', async () => {
    const running = await dispatch.start({ route: { password: 'mistake', links: 3 } });
    await waitFor(async () => (await healthOf(running, 'drill'))[0]?.refused);
    const { binds } = running.record();
    // Four times the longest pause after which another try would have come.
    const later = performance.now() + 800;
    await waitFor(() => performance.now() > later);
    expect(running.record().binds).toEqual(binds);
  });

  test('whose SMSC is not there yet begins when it comes', async () => {
    const port = await freePort();
    const running = await dispatch.start({ route: { port } });
    const id = await running.launch({ recipients: 100 });
    await waitFor(async () => (await healthOf(running, 'drill'))[0]?.state === 'down');
    expect(running.dispatchers[0]?.healthy).toBe(false);
    const late = await dispatch.simulate({}, port);
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 100 });
    expect(late.record.snapshot()).toMatchObject({ accepted: 100, recipients: 100 });
    await waitFor(async () => (await healthOf(running, 'drill'))[0]?.state === 'up');
    expect(running.dispatchers[0]?.healthy).toBe(true);
    expect(running.logged.filter(({ msg }) => msg === 'no link of the route is bound; trying again')).toHaveLength(1);
  });

  test('quirk 43: whose SMSC never answers a bind is tried again when it does', async () => {
    const running = await dispatch.start({
      route: { bindTimeoutMs: 100 },
      behaviour: { bind: { silent: true } },
    });
    const id = await running.launch({ recipients: 50 });
    await waitFor(async () => (await healthOf(running, 'drill'))[0]?.state === 'down');
    running.simulator.patchBehaviour({ bind: { silent: false } });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 50 });
  });

  test('quirk 44, 32: outbind, alert_notification and enquire_link before the bind do not disturb it', async () => {
    const running = await dispatch.start({
      behaviour: {
        bind: { enquireOnConnect: true, outbindOnConnect: true },
        session: {
          schedule: [
            { action: 'alert-notification', afterSubmits: 20 },
            { action: 'unknown-command', afterSubmits: 40 },
          ],
        },
      },
    });
    const id = await running.launch({ recipients: 200 });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 200 });
    expect(running.record().binds).toEqual({ ESME_ROK: 2 });
  });
});

/** Binds that are refused, never answered or come too soon; links that look alive and are not; unbinds by the SMSC. */
import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { dispatchFixture, nonZero } from '../dispatch/harness.ts';
import { waitFor } from '../support/wait-for.ts';
import { linkFixture } from './link-fixture.ts';

const links = linkFixture();
const dispatch = dispatchFixture();

describe('a half-open connection', () => {
  test('quirk 31: is found by an enquire_link that nobody answers, and replaced; what was in flight is in doubt', async () => {
    const { simulator, link, submit, inDoubt, changed } = await links.open(
      {},
      { enquireLinkMs: 100, enquireLinkTimeoutMs: 100, responseTimeoutMs: 60_000 },
    );
    simulator.act('freeze');
    submit(3);
    await waitFor(() => inDoubt.length === 3);
    expect(changed.at(-1)).toEqual({ from: 'bound', to: 'waiting', reason: 'half_open' });
    await waitFor(() => link.state === 'bound');
  });

  test('quirk 31: is none as long as anything comes: it need not be the answer', async () => {
    const { simulator, link, changed } = await links.open(
      { session: { answerEnquire: false, enquireEveryMs: 30 } },
      { enquireLinkMs: 60, enquireLinkTimeoutMs: 60 },
    );
    await waitFor(() => (simulator.record.snapshot().received.enquire_link_resp ?? 0) >= 12);
    expect(link.state).toBe('bound');
    expect(changed).toHaveLength(2);
  });

  test('quirk 31: is found in an idle link too, where the SMSC answers no enquire_link', async () => {
    const { changed } = await links.open(
      { session: { answerEnquire: false } },
      { enquireLinkMs: 100, enquireLinkTimeoutMs: 100 },
    );
    await waitFor(() => changed.some(({ reason }) => reason === 'half_open'));
  });
});

describe("the SMSC's enquire_link", () => {
  test('quirk 32: is answered before the bind is', async () => {
    const simulator = await links.simulate({ bind: { enquireOnConnect: true, silent: true } });
    links.link(simulator.smppPort, { bindTimeoutMs: 600_000 });
    await waitFor(() => simulator.record.snapshot().received.enquire_link_resp === 1);
    expect(simulator.record.snapshot().binds).toEqual({});
  });

  test('quirk 32: is answered while bound, and while the link unbinds', async () => {
    const { smsc, link, submit } = await links.openRaw();
    smsc.send({ command: COMMAND.enquire_link, sequence: 501 });
    await smsc.until(COMMAND.enquire_link_resp);
    submit(1);
    const [submission] = await smsc.until(COMMAND.submit_sm);
    link.reconnect('reconnect_asked');
    smsc.send({ command: COMMAND.enquire_link, sequence: 502 });
    const answers = await smsc.until(COMMAND.enquire_link_resp, 2);
    expect(answers.map(({ sequence, status }) => [sequence, status])).toEqual([
      [501, STATUS.ESME_ROK],
      [502, STATUS.ESME_ROK],
    ]);
    smsc.answer(submission!);
  });
});

describe('ESME_RALYBND', () => {
  const ONE_BIND = { accounts: [{ systemId: 'tocsin', password: 'secret', maxBinds: 1 }] };

  test('quirk 33: after a drop is tried again after growing pauses, with jitter, until the SMSC has seen it', async () => {
    const { simulator, link, changed } = await links.open(
      { ...ONE_BIND, bind: { lingerMs: 1_500 } },
      { reconnectMinMs: 20, reconnectMaxMs: 2_000 },
    );
    simulator.act('drop');
    await waitFor(() => link.state === 'waiting');
    await waitFor(() => link.state === 'bound');
    const refused = simulator.record.snapshot().binds.ESME_RALYBND ?? 0;
    // Pauses of 20, 40, 80 ms and so on, at least half of each: eight reach beyond the 1.5 s.
    expect(refused).toBeGreaterThanOrEqual(4);
    expect(refused).toBeLessThanOrEqual(9);
    expect(changed.at(-1)).toMatchObject({ to: 'bound' });
  });

  test('quirk 33: does not follow an orderly end: the link unbinds on exit', async () => {
    const { simulator, link } = await links.open({ ...ONE_BIND, bind: { lingerMs: 60_000 } });
    await link.close();
    const next = links.link(simulator.smppPort);
    await next.bound();
    expect(simulator.record.snapshot()).toMatchObject({
      binds: { ESME_ROK: 2 },
      events: { 'unbind by the client': 1 },
    });
  });
});

describe('wrong credentials', () => {
  test.each(['ESME_RINVPASWD', 'ESME_RINVSYSID', 'ESME_RINVSYSTYP'] as const)(
    'quirk 34: (%s) stop the link for good after one bind, and are told',
    async (status) => {
      const simulator = await links.simulate({ bind: { status } });
      const { link, refused, changed } = links.link(simulator.smppPort, { reconnectMinMs: 10, reconnectMaxMs: 20 });
      await waitFor(() => link.state === 'stopped');
      expect(refused).toEqual([STATUS[status]]);
      // Ten times the longest pause after which another try would have come.
      const later = performance.now() + 200;
      await waitFor(() => performance.now() > later);
      expect(simulator.record.snapshot().binds).toEqual({ [status]: 1 });
      expect(changed.at(-1)?.to).toBe('stopped');
    },
  );

  test('quirk 34: stop all links of the route, with one alarm', async () => {
    const running = await dispatch.start({ route: { password: 'mistake', links: 4, reconnectMaxMs: 30 } });
    await waitFor(() => running.logged.some(({ level }) => level === 60));
    const later = performance.now() + 300;
    await waitFor(() => performance.now() > later);
    expect(running.record().binds.ESME_RINVPASWD).toBeLessThanOrEqual(4);
    expect(running.logged.filter(({ level }) => level === 60)).toHaveLength(1);
  });

  test('quirk 34: are something else than an SMSC that is not ready, which is tried again', async () => {
    const simulator = await links.simulate({ bind: { status: 'ESME_RBINDFAIL' } });
    const { bound } = links.link(simulator.smppPort, { reconnectMinMs: 10, reconnectMaxMs: 20 });
    await waitFor(() => (simulator.record.snapshot().binds.ESME_RBINDFAIL ?? 0) >= 2);
    simulator.patchBehaviour({ bind: { status: null } });
    await bound();
  });
});

describe('an unbind by the SMSC', () => {
  test('quirk 35: is answered, nothing more is sent, what is outstanding is read, and the link binds again', async () => {
    const { smsc, link, submit, responses, inDoubt, changed } = await links.openRaw();
    submit(4);
    const submissions = await smsc.until(COMMAND.submit_sm, 4);
    smsc.send({ command: COMMAND.unbind, sequence: 900 });
    await smsc.until(COMMAND.unbind_resp);
    expect([link.open, link.room]).toEqual([false, 0]);
    for (const submission of submissions) smsc.answer(submission);
    await waitFor(() => responses.length === 4);
    await waitFor(() => smsc.sockets.length === 2 && link.state === 'bound');
    expect(inDoubt).toEqual([]);
    expect(smsc.of(COMMAND.submit_sm)).toHaveLength(4);
    expect(smsc.of(COMMAND.unbind_resp)).toMatchObject([{ sequence: 900, status: STATUS.ESME_ROK }]);
    expect(changed.find(({ from }) => from === 'bound')?.reason).toBe('unbound_by_peer');
  });

  test('quirk 35: in mid-broadcast loses nobody', async () => {
    const running = await dispatch.start({
      behaviour: { session: { schedule: [{ action: 'unbind', afterSubmits: 100, repeat: true, times: 3 }] } },
    });
    const id = await running.launch({ recipients: 800 });
    const { counts, inDoubt } = await running.closed(id, 15_000);
    expect([nonZero(counts), inDoubt]).toEqual([{ delivered: 800 }, 0]);
    expect(running.record()).toMatchObject({ recipients: 800, duplicates: 0, events: { unbind: 3 } });
  });
});

describe('a bind', () => {
  test('quirk 43: that a silent SMSC never answers is given up at a deadline, and tried again after growing pauses', async () => {
    const simulator = await links.simulate({ bind: { silent: true } });
    const started = performance.now();
    const { bound, changed } = links.link(simulator.smppPort, {
      bindTimeoutMs: 100,
      reconnectMinMs: 20,
      reconnectMaxMs: 5_000,
    });
    await waitFor(() => simulator.record.snapshot().events['bind not answered'] === 5);
    // Four deadlines and pauses of 20, 40, 80 and 160 ms, at least half of each.
    expect(performance.now() - started).toBeGreaterThan(400 + 150);
    expect(changed.filter(({ to }) => to === 'waiting').map(({ reason }) => reason)).toEqual(
      Array(4).fill('bind_timeout'),
    );
    simulator.patchBehaviour({ bind: { silent: false } });
    await bound();
  });

  test('quirk 45: says interface_version 0x34 unless the route says otherwise', async () => {
    const { smsc } = await links.openRaw();
    expect(smsc.received[0]).toMatchObject({ command: COMMAND.bind_transceiver, interface_version: 0x34 });
    const other = await links.openRaw({ interfaceVersion: 0x50 });
    expect(other.smsc.received[0]).toMatchObject({ interface_version: 0x50 });
  });

  test('quirk 45: of version 0x50 is refused where the SMSC knows 3.4 only, of 0x34 it is not', async () => {
    const { simulator } = await links.open();
    const { link } = links.link(simulator.smppPort, { interfaceVersion: 0x50 });
    await waitFor(() => (simulator.record.snapshot().binds.ESME_RBINDFAIL ?? 0) > 0);
    expect(link.state).not.toBe('bound');
    expect(simulator.record.snapshot().binds.ESME_ROK).toBe(1);
  });
});

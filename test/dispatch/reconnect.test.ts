/** Links that are told to reconnect: nothing is in doubt, they come back soon, and not all at once. */
import { linkFixture } from '../quirks/link-fixture.ts';
import { waitFor } from '../support/wait-for.ts';

const links = linkFixture();

describe('a link that is told to reconnect', () => {
  test('reads what is outstanding, unbinds and binds anew: nothing is in doubt', async () => {
    const { simulator, link, submit, responses, inDoubt, changed } = await links.open({
      responses: { delayMs: { min: 50, max: 150 } },
    });
    submit(20);
    await waitFor(() => simulator.record.snapshot().submits === 20);
    link.reconnect('reconnect_asked');
    expect([link.state, link.open, link.room]).toEqual(['leaving', false, 0]);
    await waitFor(() => link.state === 'bound');
    expect(changed.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'waiting connecting',
      'connecting bound',
      'bound leaving',
      'leaving waiting',
      'waiting connecting',
      'connecting bound',
    ]);
    expect(changed[2]?.reason).toBe('reconnect_asked');
    expect(responses).toHaveLength(20);
    expect(inDoubt).toEqual([]);
    expect(simulator.record.snapshot()).toMatchObject({
      binds: { ESME_ROK: 2 },
      events: { 'unbind by the client': 1 },
    });
  });

  test('waits no longer than the response timeout for an SMSC that is silent; what it never answered is in doubt', async () => {
    const { simulator, link, submit, inDoubt } = await links.open(
      { responses: { lost: 1 } },
      { responseTimeoutMs: 150, bindTimeoutMs: 600_000 },
    );
    submit(3);
    await waitFor(() => simulator.record.snapshot().submits === 3);
    simulator.act('freeze');
    link.reconnect('reconnect_asked');
    await waitFor(() => link.state === 'bound');
    expect(inDoubt.sort()).toEqual([0, 1, 2]);
  });

  test('once more while it does so already is told nothing new', async () => {
    const { simulator, link, submit } = await links.open({ responses: { delayMs: { min: 100, max: 100 } } });
    submit(1);
    link.reconnect('reconnect_asked');
    link.reconnect('reconnect_asked');
    await waitFor(() => link.state === 'bound');
    expect(simulator.record.snapshot().binds).toEqual({ ESME_ROK: 2 });
  });

  test('while it waits for another try goes ahead of its turn', async () => {
    const { simulator, link } = await links.open({}, { reconnectMinMs: 100, reconnectMaxMs: 600_000 });
    simulator.patchBehaviour({ bind: { status: 'ESME_RBINDFAIL' } });
    simulator.act('drop');
    // The pauses double: the fifth try would come after three seconds and more.
    await waitFor(() => (simulator.record.snapshot().binds.ESME_RBINDFAIL ?? 0) >= 4);
    simulator.patchBehaviour({ bind: { status: null } });
    await waitFor(() => link.state === 'waiting');
    const asked = performance.now();
    link.reconnect('reconnect_asked');
    await waitFor(() => link.state === 'bound');
    expect(performance.now() - asked).toBeLessThan(1_500);
  });

  test('while it binds begins anew', async () => {
    const simulator = await links.simulate({ bind: { silent: true } });
    const { link, bound } = links.link(simulator.smppPort, { bindTimeoutMs: 600_000 });
    await waitFor(() => simulator.record.snapshot().events['bind not answered']);
    simulator.patchBehaviour({ bind: { silent: false } });
    link.reconnect('reconnect_asked');
    await bound();
  });

  test('when it is stopped stays so', async () => {
    const { simulator, link } = await links.open();
    link.stop('over');
    link.reconnect('reconnect_asked');
    expect(link.state).toBe('stopped');
    expect(simulator.record.snapshot().binds).toEqual({ ESME_ROK: 1 });
  });

  test('with many others comes back spread over some of the shortest pauses', async () => {
    const simulator = await links.simulate({ accounts: [{ systemId: 'tocsin', password: 'secret', maxBinds: 40 }] });
    const opened = Array.from({ length: 20 }, () =>
      links.link(simulator.smppPort, { reconnectMinMs: 300, reconnectMaxMs: 300 }),
    );
    for (const { bound } of opened) await bound();
    const asked = performance.now();
    const backAt = opened.map(async ({ link, bound }) => {
      link.reconnect('reconnect_asked');
      await waitFor(() => link.state !== 'leaving');
      await bound();
      return performance.now() - asked;
    });
    const times = await Promise.all(backAt);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(300);
    expect(Math.max(...times)).toBeLessThan(4_000);
  });
});

/** Faults on demand and with traffic: what each does to a session that a client holds. */
import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { waitFor } from '../support/wait-for.ts';
import { ALICE, simulatorFixture } from './fixture.ts';

const fixture = simulatorFixture();

describe('an action', () => {
  test.each([
    ['drop', 'end'],
    ['reset', 'reset'],
  ] as const)('%s closes the connection by %s', async (action, how) => {
    const simulator = await fixture.start();
    const client = await fixture.boundRaw(simulator);
    simulator.act(action);
    await waitFor(() => client.closedBy === how);
    await waitFor(() => simulator.links().length === 0);
  });

  test('drop-mid-pdu leaves half a PDU and closes', async () => {
    const simulator = await fixture.start();
    const client = await fixture.boundRaw(simulator);
    simulator.act('drop-mid-pdu');
    await waitFor(() => client.closedBy === 'end');
    expect(client.octets.length).toBeGreaterThan(16);
    expect(client.octets.length).toBeLessThan(client.octets.readUInt32BE(0));
  });

  test('freeze stops reading and answering, thaw makes up for it', async () => {
    const simulator = await fixture.start({ responses: { delayMs: { min: 20, max: 20 } } });
    const client = await fixture.bound(simulator);
    client.fire({ to: ALICE });
    await waitFor(() => simulator.record.submits === 1);
    simulator.act('freeze');
    await expect(client.request('enquire_link', {}, 150)).rejects.toThrow('response');
    expect(client.pdus.some(({ command }) => command === 'submit_sm_resp')).toBe(false);
    simulator.act('thaw');
    await waitFor(() => client.receipts().length === 1);
    await waitFor(() => client.pdus.some(({ command }) => command === 'enquire_link_resp'));
  });

  test.each([
    ['length-zero', '00000000'],
    ['length-four', '00000004'],
    ['length-fifteen', '0000000f'],
    ['length-huge', '00fffffe'],
    ['http', Buffer.from('HTTP').toString('hex')],
    ['header-only', '00000078'],
  ] as const)('%s sends a length of %s', async (action, length) => {
    const simulator = await fixture.start();
    const client = await fixture.boundRaw(simulator);
    simulator.act(action);
    await waitFor(() => client.octets.length >= 16);
    expect(client.octets.subarray(0, 4).toString('hex')).toBe(length);
  });

  test('header-only is followed by silence', async () => {
    const simulator = await fixture.start();
    const client = await fixture.boundRaw(simulator);
    simulator.act('header-only');
    client.submit(2, ALICE);
    await waitFor(() => client.octets.length === 16);
    expect(simulator.links()).toMatchObject([{ isFrozen: true }]);
  });

  test('unknown-command is a PDU that wants a generic_nack', async () => {
    const simulator = await fixture.start();
    const client = await fixture.boundRaw(simulator);
    simulator.act('unknown-command');
    await waitFor(() => client.frames().length === 1);
    expect(client.frames()[0]!.readUInt32BE(4)).toBe(0x10777);
    client.send({ command: COMMAND.generic_nack, status: STATUS.ESME_RINVCMDID, sequence: 1 });
    await waitFor(() => simulator.record.snapshot().received.generic_nack === 1);
  });

  test.each([
    ['generic-nack', COMMAND.generic_nack, 0],
    ['unknown-response', COMMAND.submit_sm_resp, 0x7ffffff0],
  ] as const)('%s answers what nobody asked', async (action, command, sequence) => {
    const simulator = await fixture.start();
    const client = await fixture.boundRaw(simulator);
    simulator.act(action);
    expect(await client.next(command)).toMatchObject({ sequence });
    simulator.act(action, () => true, { sequence: 9 });
    await waitFor(() => client.pdus().at(-1)?.sequence === 9);
  });

  test.each(['truncated-tlv', 'mistyped-tlv', 'stray-nul'] as const)(
    '%s is a deliver_sm with a bad TLV',
    async (action) => {
      const simulator = await fixture.start();
      const client = await fixture.boundRaw(simulator);
      simulator.act(action);
      expect((await client.next(COMMAND.deliver_sm)).droppedTlvs).toBe(1);
    },
  );

  test('short-deliver lacks mandatory fields', async () => {
    const simulator = await fixture.start();
    const client = await fixture.boundRaw(simulator);
    simulator.act('short-deliver');
    await waitFor(() => client.frames().length === 1);
    expect(() => client.pdus()).toThrow('ends before');
  });

  test('outbind, alert-notification and send-mo come as such', async () => {
    const simulator = await fixture.start();
    const client = await fixture.bound(simulator);
    simulator.act('outbind');
    simulator.act('alert-notification');
    simulator.act('send-mo', () => true, { source: '33639980009', destination: '38000', text: 'OUI' });
    await waitFor(() => client.pdus.length >= 4);
    expect(client.pdus.slice(1).map(({ command }) => command)).toEqual(['outbind', 'alert_notification', 'deliver_sm']);
    expect(client.pdus.at(-1)).toMatchObject({ source_addr: '33639980009', destination_addr: '38000', esm_class: 0 });
    expect(client.receipts()).toEqual(['OUI']);
    await waitFor(
      () => simulator.record.snapshot().receipts.acknowledged === 0 && simulator.links()[0]!.awaiting.waiting === 2,
    );
  });

  test('unknown-receipt is a receipt for an id of nobody', async () => {
    const simulator = await fixture.start();
    const client = await fixture.bound(simulator);
    simulator.act('unknown-receipt', () => true, { messageId: 'abc' });
    await waitFor(() => client.receipts().length === 1);
    expect(client.pdus.at(-1)).toMatchObject({ esm_class: 4, receipted_message_id: 'abc' });
  });
});

describe('the schedule', () => {
  test('drops each session after so many submissions, as often as told', async () => {
    const schedule = [{ action: 'drop', afterSubmits: 3, times: 1 }] as const;
    const simulator = await fixture.start({ session: { schedule: [...schedule] } });
    const first = await fixture.bound(simulator);
    for (let i = 0; i < 5; i++) first.fire({ to: ALICE + i });
    await waitFor(() => first.isClosed);
    const second = await fixture.bound(simulator);
    for (let i = 0; i < 5; i++) expect((await second.submit({ to: ALICE + i })).command_status).toBe(0);
    expect(simulator.record.snapshot().events).toEqual({ drop: 1 });
  });

  test('repeats where told to', async () => {
    const simulator = await fixture.start({
      session: { schedule: [{ action: 'unknown-command', afterSubmits: 2, repeat: true }] },
    });
    const client = await fixture.boundRaw(simulator);
    for (let i = 0; i < 6; i++) client.submit(i + 2, ALICE + i);
    await waitFor(() => simulator.record.submits === 6);
    expect(simulator.record.snapshot().events).toEqual({ 'unknown-command': 3 });
  });

  test('reads slowly where told to', async () => {
    const simulator = await fixture.start({ session: { readBytesPerSecond: 2000 } });
    const client = await fixture.boundRaw(simulator);
    const before = performance.now();
    client.submit(2, ALICE);
    await waitFor(() => simulator.record.submits === 1);
    client.submit(3, ALICE);
    await waitFor(() => simulator.record.submits === 2);
    expect(performance.now() - before).toBeGreaterThan(15);
  });
});

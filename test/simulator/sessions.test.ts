/** Binds and sessions over real TCP, with the `smpp` package's client. */
import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { waitFor } from '../support/wait-for.ts';
import { ALICE, simulatorFixture } from './fixture.ts';
import { bind } from './package-client.ts';

const fixture = simulatorFixture();

describe('a bind', () => {
  test('is answered with the system id of the SMSC', async () => {
    const simulator = await fixture.start();
    const client = await fixture.open(simulator);
    expect(await bind(client)).toMatchObject({
      command_status: 0,
      system_id: 'tocsin-smsc',
      sc_interface_version: 0x34,
    });
    expect(simulator.links()).toMatchObject([{ mode: 'bound', systemId: 'tocsin', bindType: 'transceiver' }]);
  });

  test.each([
    [{ password: 'wrong' }, STATUS.ESME_RINVPASWD],
    [{ system_id: 'nobody' }, STATUS.ESME_RINVSYSID],
    [{ interface_version: 0x50 }, STATUS.ESME_RBINDFAIL],
  ])('with %j is refused', async (fields, status) => {
    const simulator = await fixture.start();
    const client = await fixture.open(simulator);
    expect((await bind(client, fields)).command_status).toBe(status);
    expect((await client.submit({ to: ALICE })).command_status).toBe(STATUS.ESME_RINVBNDSTS);
  });

  test('of a kind that the account may not is refused', async () => {
    const simulator = await fixture.start({
      accounts: [{ systemId: 'tocsin', password: 'secret', bindTypes: ['receiver'] }],
    });
    const client = await fixture.open(simulator);
    expect((await bind(client, {}, 'bind_transmitter')).command_status).toBe(STATUS.ESME_RBINDFAIL);
    expect((await bind(client, {}, 'bind_receiver')).command_status).toBe(0);
    expect((await client.submit({ to: ALICE })).command_status).toBe(STATUS.ESME_RINVBNDSTS);
  });

  test('beyond the account’s number is ESME_RALYBND, until one unbinds', async () => {
    const simulator = await fixture.start({ accounts: [{ systemId: 'tocsin', password: 'secret', maxBinds: 1 }] });
    const first = await fixture.bound(simulator);
    const second = await fixture.open(simulator);
    expect((await bind(second)).command_status).toBe(STATUS.ESME_RALYBND);
    expect((await first.request('unbind')).command).toBe('unbind_resp');
    expect((await bind(second)).command_status).toBe(0);
  });

  test('after a drop is ESME_RALYBND for as long as the lost session lingers', async () => {
    const simulator = await fixture.start({
      accounts: [{ systemId: 'tocsin', password: 'secret', maxBinds: 1 }],
      bind: { lingerMs: 200 },
    });
    const lost = await fixture.bound(simulator);
    lost.session.destroy();
    await waitFor(() => simulator.links().length === 0);
    const next = await fixture.open(simulator);
    expect((await bind(next)).command_status).toBe(STATUS.ESME_RALYBND);
    await waitFor(async () => (await bind(next)).command_status === 0, 10_000, 'the bind');
  });

  test('gets whatever status the behaviour says, while it says so', async () => {
    const simulator = await fixture.start({ bind: { status: 'ESME_RSYSERR' } });
    const client = await fixture.open(simulator);
    expect((await bind(client)).command_status).toBe(STATUS.ESME_RSYSERR);
    simulator.patchBehaviour({ bind: { status: null } });
    expect((await bind(client)).command_status).toBe(0);
    expect(simulator.record.snapshot().binds).toEqual({ ESME_RSYSERR: 1, ESME_ROK: 1 });
  });

  test('is met with silence where the SMSC is silent', async () => {
    const simulator = await fixture.start({ bind: { silent: true } });
    const client = await fixture.open(simulator);
    await expect(client.request('bind_transceiver', { system_id: 'tocsin' }, 100)).rejects.toThrow('response');
    expect(simulator.record.snapshot().events).toEqual({ 'bind not answered': 1 });
  });

  test('can come after an enquire_link and an outbind of the SMSC', async () => {
    const simulator = await fixture.start({ bind: { enquireOnConnect: true, outbindOnConnect: true } });
    const client = await fixture.open(simulator);
    await waitFor(() => client.pdus.length === 2);
    expect(client.pdus.map(({ command }) => command)).toEqual(['enquire_link', 'outbind']);
    expect((await bind(client)).command_status).toBe(0);
    await waitFor(() => simulator.record.snapshot().received.enquire_link_resp === 1);
  });
});

describe('a session', () => {
  test('answers enquire_link before and after the bind', async () => {
    const simulator = await fixture.start();
    const client = await fixture.open(simulator);
    expect((await client.request('enquire_link')).command).toBe('enquire_link_resp');
    await bind(client);
    expect((await client.request('enquire_link')).command).toBe('enquire_link_resp');
  });

  test('leaves enquire_link unanswered where told to', async () => {
    const simulator = await fixture.start({ session: { answerEnquire: false } });
    const client = await fixture.bound(simulator);
    await expect(client.request('enquire_link', {}, 100)).rejects.toThrow('response');
  });

  test('is asked for a sign of life as often as told', async () => {
    const simulator = await fixture.start({ session: { enquireEveryMs: 20, firstSequence: 0x7fffffff } });
    const client = await fixture.bound(simulator);
    await waitFor(() => client.pdus.filter(({ command }) => command === 'enquire_link').length >= 3);
    const sequences = client.pdus.filter(({ command }) => command === 'enquire_link').map((pdu) => pdu.sequence_number);
    expect(sequences.slice(0, 3)).toEqual([0x7fffffff, 1, 2]);
  });

  test('ends with unbind_resp and a close when the client unbinds', async () => {
    const simulator = await fixture.start();
    const client = await fixture.bound(simulator);
    await client.request('unbind');
    await waitFor(() => client.isClosed);
    expect(simulator.links()).toEqual([]);
  });

  test('is unbound by the SMSC, which closes after the answer and lets the client bind again', async () => {
    const accounts = [{ systemId: 'tocsin', password: 'secret', maxBinds: 1 }];
    const simulator = await fixture.start({ accounts, bind: { lingerMs: 60_000 } });
    const client = await fixture.bound(simulator);
    expect(simulator.act('unbind')).toBe(1);
    await waitFor(() => client.isClosed);
    expect(client.pdus.at(-1)).toMatchObject({ command: 'unbind' });
    await fixture.bound(simulator);
  });

  test.each([
    ['outbind', COMMAND.outbind],
    ['alert_notification', COMMAND.alert_notification],
  ])('gets generic_nack for an %s that ends early, which has no response of its own', async (_name, command) => {
    const simulator = await fixture.start();
    const client = await fixture.boundRaw(simulator);
    const header = Buffer.alloc(16);
    header.writeUInt32BE(16, 0);
    header.writeUInt32BE(command, 4);
    header.writeUInt32BE(5, 12);
    client.socket.write(header);
    expect(await client.next(COMMAND.generic_nack)).toMatchObject({ status: STATUS.ESME_RINVCMDLEN, sequence: 5 });
  });

  test('gets generic_nack for a command nobody knows, and goes on', async () => {
    const simulator = await fixture.start();
    const client = await fixture.boundRaw(simulator);
    client.socket.write(Buffer.from('00000010000107770000000000000005', 'hex'));
    expect(await client.next(COMMAND.generic_nack)).toMatchObject({ status: STATUS.ESME_RINVCMDID, sequence: 5 });
    client.send({ command: COMMAND.enquire_link, sequence: 6 });
    await client.next(COMMAND.enquire_link_resp);
  });

  test('ends when the client sends what is no SMPP', async () => {
    const simulator = await fixture.start();
    const client = await fixture.boundRaw(simulator);
    client.socket.write('GET / HTTP/1.1\r\n\r\n');
    expect(await client.next(COMMAND.generic_nack)).toMatchObject({ status: STATUS.ESME_RINVCMDLEN });
    await waitFor(() => client.closedBy === 'end');
    expect(simulator.record.snapshot().events).toEqual({ 'frame error': 1 });
  });

  test('sends its PDUs a few octets at a time where told to', async () => {
    const simulator = await fixture.start({ session: { writeChunkBytes: 3 } });
    const client = await fixture.boundRaw(simulator);
    client.submit(2, ALICE);
    await client.next(COMMAND.deliver_sm);
    expect(Math.max(...client.chunks.map((chunk) => chunk.length))).toBeLessThan(60);
    expect(client.chunks.length).toBeGreaterThan(5);
  });
});

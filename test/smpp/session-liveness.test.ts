import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { messagePdu, pdu, u32 } from './octets.ts';
import { boundSession, type Fixture, flush, openSession, submitResp } from './session-fixture.ts';

let fixture: Fixture;
afterEach(() => {
  fixture.session.destroy();
  expect(fixture.clock.ticks.size).toBe(0);
});

const TIMES = { enquireLinkMs: 1_000, enquireLinkTimeoutMs: 500 };

describe('enquire_link', () => {
  test.each(['open', 'binding', 'bound', 'unbinding'])("quirk 32: the SMSC's is answered while %s", async (state) => {
    fixture = state === 'open' || state === 'binding' ? openSession() : await boundSession();
    if (state === 'binding') fixture.session.bind().catch(() => {});
    if (state === 'unbinding') void fixture.session.unbind();
    await fixture.take();
    await fixture.send(pdu(0x15, 0, 77));
    expect(fixture.session.state).toBe(state);
    expect(await fixture.take()).toMatchObject([{ command: 0x80000015, status: 0, sequence: 77 }]);
  });

  test('quirk 31: goes out after silence, and the answer keeps the link', async () => {
    fixture = await boundSession(TIMES);
    fixture.clock.advance(999);
    expect(await fixture.take()).toEqual([]);
    fixture.clock.advance(1);
    const [enquiry] = await fixture.take();
    expect(enquiry?.command).toBe(COMMAND.enquire_link);
    await fixture.send(pdu(0x80000015, 0, enquiry!.sequence));
    expect(fixture.anomalies).toEqual([]);
    fixture.clock.advance(999);
    expect(fixture.session.state).toBe('bound');
    expect(await fixture.take()).toEqual([]);
    fixture.clock.advance(1);
    expect(await fixture.take()).toHaveLength(1);
  });

  test('quirk 31: without any sign of life the link counts as half-open at the deadline', async () => {
    fixture = await boundSession(TIMES);
    fixture.submit('a');
    fixture.clock.advance(1_000);
    fixture.clock.advance(499);
    expect(fixture.session.state).toBe('bound');
    fixture.clock.advance(1);
    expect(fixture.told).toEqual([['closed', 'half_open', ['a']]]);
  });

  test.each([
    ['a receipt', messagePdu({ sequence: 9 })],
    ['a response', submitResp(2)],
    ['an enquire_link of its own', pdu(0x15, 0, 9)],
    ['an unknown command', pdu(0x777, 0, 9)],
  ])('quirk 31: %s is a sign of life', async (_, sign) => {
    fixture = await boundSession(TIMES);
    fixture.submit('a');
    fixture.clock.advance(1_000);
    await fixture.send(sign);
    fixture.clock.advance(999);
    expect(fixture.session.state).toBe('bound');
  });

  test('quirk 31: half a PDU is none', async () => {
    fixture = await boundSession(TIMES);
    fixture.clock.advance(1_000);
    await fixture.send(messagePdu({ sequence: 9 }).subarray(0, 30));
    fixture.clock.advance(500);
    expect(fixture.told.at(-1)).toEqual(['closed', 'half_open', []]);
  });
});

describe('a stream out of order', () => {
  test.each([
    ['0', u32(0)],
    ['4', u32(4)],
    ['15', u32(15)],
    ['64 KiB and one', u32(65_537)],
    ['"HTTP"', Buffer.from('HTTP/1.1 400')],
  ])('quirk 38: command_length %s is answered with generic_nack, and the session closes', async (_, head) => {
    fixture = await boundSession();
    fixture.submit('a', 'b');
    await fixture.take();
    await fixture.send(submitResp(2), head, submitResp(3));
    expect(await fixture.take()).toMatchObject([{ command: 0x80000000, status: STATUS.ESME_RINVCMDLEN, sequence: 0 }]);
    expect(fixture.told).toEqual([['response', 'a', 0, 'id2'], ['chunk end'], ['closed', 'bad_frame', ['b']]]);
    expect(fixture.anomalies).toMatchObject([{ kind: 'bad_frame', error: { code: 'smpp_command_length' } }]);
    expect(fixture.near.destroyed).toBe(true);
  });

  test('quirk 39: a header and then silence closes the session at the deadline', async () => {
    fixture = await boundSession({ pduTimeoutMs: 2_000 });
    await fixture.send(messagePdu().subarray(0, 16));
    fixture.clock.advance(1_999);
    expect(fixture.session.state).toBe('bound');
    fixture.clock.advance(1);
    expect(fixture.told.at(-1)).toEqual(['closed', 'pdu_timeout', []]);
  });

  test('quirk 41: an unknown command is answered with ESME_RINVCMDID, and the session stays', async () => {
    fixture = await boundSession();
    await fixture.send(pdu(0x777, 0, 9), pdu(COMMAND.submit_multi, 0, 10), pdu(COMMAND.submit_sm, 0, 11));
    expect(await fixture.take()).toMatchObject(
      [9, 10, 11].map((sequence) => ({ command: 0x80000000, status: STATUS.ESME_RINVCMDID, sequence })),
    );
    expect(fixture.anomalies.map(({ kind }) => kind)).toEqual(Array(3).fill('unknown_command'));
    expect(fixture.session.state).toBe('bound');
  });

  test('quirk 41: an unknown response is never answered', async () => {
    fixture = await boundSession();
    await fixture.send(pdu(0x80000777, 0, 9));
    expect(await fixture.take()).toEqual([]);
    expect(fixture.anomalies).toEqual([{ kind: 'unexpected_response', command: 0x80000777, sequence: 9, status: 0 }]);
  });

  test('quirk 44: outbind and alert_notification are told and want no answer', async () => {
    fixture = openSession();
    await fixture.send(pdu(COMMAND.outbind, 0, 1, Buffer.from('SMSC\0pw\0')), pdu(COMMAND.alert_notification, 0, 2));
    expect(await fixture.take()).toEqual([]);
    expect(fixture.anomalies).toEqual([{ kind: 'outbind' }, { kind: 'alert_notification' }]);
    expect(fixture.session.state).toBe('open');
  });
});

describe('the end', () => {
  test('comes once, and nothing is told after it', async () => {
    fixture = await boundSession();
    fixture.session.destroy();
    fixture.session.destroy();
    await fixture.send(messagePdu());
    fixture.clock.advance(100_000);
    expect(fixture.told).toEqual([['closed', 'destroyed', []]]);
  });

  test('a peer that takes no octets does not keep a closed session open', async () => {
    fixture = await boundSession({ pduTimeoutMs: 2_000 });
    fixture.near.stalled = true;
    await fixture.send(messagePdu().subarray(0, 16));
    fixture.submit('a');
    fixture.clock.advance(2_000);
    await flush();
    expect([fixture.session.state, fixture.near.destroyed]).toEqual(['closed', false]);
    fixture.clock.advance(1_000);
    expect(fixture.near.destroyed).toBe(true);
  });
});

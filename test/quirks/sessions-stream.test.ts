/** Streams that are cut, broken or no SMPP at all; commands nobody knows; numbers that wrap. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { encodePdu } from '../../src/smpp/pdu.ts';
import { MAX_SEQUENCE } from '../../src/smpp/sequence.ts';
import { Session } from '../../src/smpp/session.ts';
import { SubmitTemplate } from '../../src/smpp/submit-template.ts';
import { dispatchFixture, expectAccountedFor, nonZero } from '../dispatch/harness.ts';
import { waitFor } from '../support/wait-for.ts';
import { linkFixture } from './link-fixture.ts';

const links = linkFixture();
const dispatch = dispatchFixture();

const SHORT = new SubmitTemplate({
  source: { address: 'Tocsin', ton: 5, npi: 0 },
  shortMessage: Buffer.from('EXERCICE'),
});

describe('sequence numbers', () => {
  test('quirk 37: end at 0x7FFFFFFF and begin again at 1; every response finds its submission', async () => {
    const simulator = await links.simulate({ session: { firstSequence: MAX_SEQUENCE - 2 } });
    const socket = connect(simulator.smppPort, '127.0.0.1');
    await once(socket, 'connect');
    const answered: number[] = [];
    const session: Session<number> = new Session(
      socket,
      { systemId: 'tocsin', password: 'secret', window: 10, firstSequence: MAX_SEQUENCE - 5 },
      {
        onResponse: (ref, status) => {
          expect(status).toBe(STATUS.ESME_ROK);
          answered.push(ref);
          session.release(1);
        },
        onLateResponse: () => {},
        onExpired: () => {},
        onDeliver: ({ sequence }) => session.respond(sequence, STATUS.ESME_ROK),
        onClosed: () => {},
      },
    );
    links.atEnd(() => session.destroy());
    await session.bind();
    const refs = Array.from({ length: 10 }, (_, i) => i);
    session.submit(
      SHORT,
      refs.map((i) => 999_000_000_000 + i),
      refs,
      0,
      10,
    );
    await waitFor(() => answered.length === 10);
    expect(answered.sort((a, b) => a - b)).toEqual(refs);
    expect(simulator.record.snapshot()).toMatchObject({ accepted: 10, highestSequence: MAX_SEQUENCE });
    // And on the other side of the wrap, where numbers may be in flight still.
    session.submit(
      SHORT,
      refs.map((i) => 999_000_000_000 + i),
      refs,
      0,
      10,
    );
    await waitFor(() => answered.length === 20);
  });

  test("quirk 37: the SMSC's that wrap are answered as they are", async () => {
    const running = await dispatch.start({ behaviour: { session: { firstSequence: MAX_SEQUENCE - 20 } } });
    const id = await running.launch({ recipients: 100 });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 100 });
    await waitFor(() => running.record().receipts.acknowledged === 100);
  });
});

describe('a command_length that cannot be', () => {
  test.each(['length-zero', 'length-four', 'length-fifteen', 'length-huge', 'http'] as const)(
    'quirk 38: (%s) is nacked, and the link is closed and bound again',
    async (action) => {
      const { simulator, link, submit, responses, inDoubt, changed } = await links.open();
      submit(5);
      await waitFor(() => responses.length === 5);
      simulator.act(action);
      await waitFor(() => changed.some(({ reason }) => reason === 'bad_frame'));
      await waitFor(() => link.state === 'bound');
      expect(simulator.record.snapshot()).toMatchObject({ received: { generic_nack: 1 }, binds: { ESME_ROK: 2 } });
      expect(inDoubt).toEqual([]);
    },
  );

  test('quirk 38: of 64 KiB and more is refused at its fourth octet: nothing of the body is kept', async () => {
    const { smsc, link } = await links.openRaw();
    smsc.write(Buffer.from([0x00, 0x01, 0x00, 0x01]));
    const [nack] = await smsc.until(COMMAND.generic_nack);
    expect(nack).toMatchObject({ status: STATUS.ESME_RINVCMDLEN, sequence: 0 });
    await waitFor(() => smsc.sockets.length === 2 && link.state === 'bound');
  });
});

describe('a PDU that is cut off', () => {
  test('quirk 39: a header, then silence, closes the link at a deadline', async () => {
    const { simulator, link, changed } = await links.open({}, { enquireLinkMs: 600_000, enquireLinkTimeoutMs: 200 });
    simulator.act('header-only');
    await waitFor(() => changed.some(({ reason }) => reason === 'pdu_timeout'));
    await waitFor(() => link.state === 'bound');
  });

  test('quirk 39: in its first three octets has the same deadline', async () => {
    const { smsc, changed } = await links.openRaw({ enquireLinkMs: 600_000, enquireLinkTimeoutMs: 200 });
    smsc.write(Buffer.from([0, 0, 0]));
    await waitFor(() => changed.some(({ reason }) => reason === 'pdu_timeout'));
  });

  test('quirk 39: and goes on in time is put together, wherever it is cut', async () => {
    const running = await dispatch.start({ behaviour: { session: { writeChunkBytes: 1 } }, route: { links: 1 } });
    const id = await running.launch({ recipients: 60 });
    expect(nonZero((await running.closed(id, 15_000)).counts)).toEqual({ delivered: 60 });
    expect(running.record().binds).toEqual({ ESME_ROK: 1 });
  });

  test('quirk 39: by the end of the connection is nothing: what came before it counts', async () => {
    const { simulator, link, submit, responses } = await links.open();
    submit(5);
    await waitFor(() => responses.length === 5);
    simulator.act('drop-mid-pdu');
    await waitFor(() => link.state === 'waiting');
    await waitFor(() => link.state === 'bound');
  });
});

describe('a TLV that is wrong', () => {
  test.each(['truncated-tlv', 'mistyped-tlv', 'stray-nul'] as const)(
    'quirk 40: (%s) is dropped; the PDU is kept and answered, and the link stays',
    async (fault) => {
      const running = await dispatch.start({ behaviour: { receipts: { malformed: { probability: 1, fault } } } });
      const id = await running.launch({ recipients: 60 });
      expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 60 });
      await waitFor(() => running.record().receipts.acknowledged === 60);
      expect(running.record()).toMatchObject({ binds: { ESME_ROK: 2 }, receipts: { malformed: 60, resent: 0 } });
      await expectAccountedFor(running, id);
    },
  );

  test('quirk 40: a deliver_sm without its mandatory fields is answered with an error, and the link stays', async () => {
    const { smsc, link, delivers, anomalies } = await links.openRaw();
    const short = encodePdu({ command: COMMAND.deliver_sm, sequence: 77 }).subarray(0, 19);
    short.writeUInt32BE(19, 0);
    smsc.write(short);
    const [answer] = await smsc.until(COMMAND.deliver_sm_resp);
    expect(answer?.sequence).toBe(77);
    expect(answer?.status).not.toBe(STATUS.ESME_ROK);
    expect([delivers.length, anomalies, link.state]).toEqual([0, ['bad_pdu'], 'bound']);
  });
});

describe('an unknown command_id', () => {
  test('quirk 41: is answered with generic_nack and ESME_RINVCMDID, and the session stays', async () => {
    const { smsc, link, submit, responses } = await links.openRaw();
    const unknown = encodePdu({ command: COMMAND.enquire_link, sequence: 4_711 });
    unknown.writeUInt32BE(0x00010777, 4);
    smsc.write(unknown);
    const [nack] = await smsc.until(COMMAND.generic_nack);
    expect(nack).toMatchObject({ status: STATUS.ESME_RINVCMDID, sequence: 4_711 });
    submit(1);
    const [submission] = await smsc.until(COMMAND.submit_sm);
    smsc.answer(submission!);
    await waitFor(() => responses.length === 1);
    expect([link.state, smsc.sockets.length]).toEqual(['bound', 1]);
  });

  test('quirk 41: that is a response is not answered at all', async () => {
    const { smsc, link } = await links.openRaw();
    const unknown = encodePdu({ command: COMMAND.enquire_link_resp, sequence: 4_711 });
    unknown.writeUInt32BE(0x80010777, 4);
    smsc.write(unknown);
    smsc.send({ command: COMMAND.enquire_link, sequence: 4_712 });
    await smsc.until(COMMAND.enquire_link_resp);
    expect(smsc.of(COMMAND.generic_nack)).toEqual([]);
    expect(link.state).toBe('bound');
  });

  test('quirk 41: in mid-broadcast disturbs nothing', async () => {
    const running = await dispatch.start({
      behaviour: { session: { schedule: [{ action: 'unknown-command', afterSubmits: 10, repeat: true }] } },
    });
    const id = await running.launch({ recipients: 200 });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 200 });
    expect(running.record().binds).toEqual({ ESME_ROK: 2 });
    expect(running.record().received.generic_nack).toBeGreaterThanOrEqual(10);
  });
});

import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { Session } from '../../src/smpp/session.ts';
import { cstr, messagePdu, pdu, u32 } from './octets.ts';
import {
  boundSession,
  FakeClock,
  type Fixture,
  flush,
  openSession,
  Pipe,
  submitResp,
  TEMPLATE,
} from './session-fixture.ts';

let fixture: Fixture | undefined;
afterEach(() => {
  fixture?.session.destroy();
  expect(fixture?.clock.ticks.size ?? 0).toBe(0);
  fixture = undefined;
});

describe('what a session is told', () => {
  test('sequence numbers begin where it says', async () => {
    fixture = openSession({ firstSequence: 100 });
    fixture.session.bind().catch(() => {});
    expect(await fixture.take()).toMatchObject([{ command: COMMAND.bind_transceiver, sequence: 100 }]);
  });

  test('PDUs above its size end the session, those of its size do not', async () => {
    fixture = await boundSession({ maxPduBytes: 100 });
    await fixture.send(pdu(0x777, 0, 7, Buffer.alloc(84)));
    expect(fixture.session.state).toBe('bound');
    await fixture.send(pdu(0x777, 0, 7, Buffer.alloc(85)));
    expect(fixture.told.at(-1)).toEqual(['closed', 'bad_frame', []]);
  });

  test('half a PDU is timed by the clock it is given', async () => {
    fixture = await boundSession({ pduTimeoutMs: 1_000, enquireLinkMs: 100_000 });
    fixture.clock.advance(5_000);
    await fixture.send(messagePdu().subarray(0, 20));
    fixture.clock.advance(999);
    expect(fixture.session.state).toBe('bound');
    await fixture.send(messagePdu().subarray(20));
    fixture.clock.advance(1_000);
    expect(fixture.session.state).toBe('bound');
  });

  test('an owner who listens to the least of it is enough', async () => {
    const [near, far] = [new Pipe(), new Pipe()];
    near.other = far;
    far.other = near;
    const told: unknown[] = [];
    const session = new Session<string>(
      near,
      { systemId: 'tocsin', password: 'secret', clock: new FakeClock() },
      {
        onResponse: (ref) => told.push(ref),
        onLateResponse: () => {},
        onExpired: () => {},
        onDeliver: () => {},
        onClosed: ({ reason }) => told.push(reason),
      },
    );
    const bound = session.bind();
    await flush();
    far.write(pdu(0x80000009, 0, 1, cstr('SMSC')));
    await bound;
    near.stalled = true;
    session.submit(TEMPLATE, [999123], ['a'], 0, 1);
    await flush();
    near.letGo();
    far.write(Buffer.concat([pdu(0x777, 0, 5), submitResp(2), u32(4)]));
    await flush();
    expect(told).toEqual(['a', 'bad_frame']);
    session.destroy();
  });
});

describe('unbinding', () => {
  test('asked for twice is done once, and both are told of the end', async () => {
    fixture = await boundSession();
    const both = [fixture.session.unbind(), fixture.session.unbind()];
    const sent = await fixture.take();
    expect(sent.map(({ command }) => command)).toEqual([COMMAND.unbind]);
    await fixture.send(pdu(0x80000006, 0, sent[0]!.sequence));
    await Promise.all(both);
    expect(fixture.told.filter(([word]) => word === 'closed')).toEqual([['closed', 'unbound', []]]);
  });

  test('by the SMSC while ours waits for its answer ends the session as the SMSC wishes', async () => {
    fixture = await boundSession();
    const unbound = fixture.session.unbind();
    await fixture.take();
    await fixture.send(pdu(COMMAND.unbind, 0, 70));
    expect(await fixture.take()).toMatchObject([{ command: 0x80000006, status: 0, sequence: 70 }]);
    await unbound;
    expect(fixture.told.at(-1)).toEqual(['closed', 'unbound_by_peer', []]);
  });

  test('by the SMSC before the bind is answered, and fails the bind', async () => {
    fixture = openSession();
    const failed = fixture.session.bind().catch((error: unknown) => error);
    await fixture.take();
    await fixture.send(pdu(COMMAND.unbind, 0, 70));
    expect(await failed).toMatchObject({ failure: 'closed' });
    expect(await fixture.take()).toMatchObject([{ command: 0x80000006, sequence: 70 }]);
    expect(fixture.told.at(-1)).toEqual(['closed', 'unbound_by_peer', []]);
  });

  test('waits for an answer that is owed, though one too many was given before', async () => {
    fixture = await boundSession();
    fixture.session.respond(1, 0);
    fixture.session.respond(2, 0);
    await fixture.send(messagePdu({ sequence: 9 }));
    void fixture.session.unbind();
    expect((await fixture.take()).map(({ command }) => command)).toEqual([
      COMMAND.deliver_sm_resp,
      COMMAND.deliver_sm_resp,
    ]);
    fixture.session.respond(9, 0);
    expect((await fixture.take()).map(({ command }) => command)).toEqual([COMMAND.deliver_sm_resp, COMMAND.unbind]);
  });

  test('asks nobody whether the link lives any more', async () => {
    fixture = await boundSession({ enquireLinkMs: 1_000, responseTimeoutMs: 60_000 });
    fixture.submit('a');
    void fixture.session.unbind();
    await fixture.take();
    fixture.clock.advance(1_000);
    expect(await fixture.take()).toEqual([]);
    expect(fixture.session.state).toBe('unbinding');
  });

  test('is refused neither deliveries nor responses', async () => {
    fixture = await boundSession();
    fixture.submit('a');
    void fixture.session.unbind();
    await fixture.take();
    await fixture.send(messagePdu({ sequence: 9 }), submitResp(2));
    expect(fixture.told).toEqual([['deliver', 9], ['response', 'a', 0, 'id2'], ['chunk end']]);
    expect(fixture.anomalies).toEqual([]);
  });
});

describe('requests and submissions', () => {
  test('do not take each other’s responses', async () => {
    fixture = await boundSession({ responseTimeoutMs: 1_000 });
    fixture.submit('a');
    const cancelled = fixture.session.cancel({ message_id: '7' }).catch((error: unknown) => error);
    // The sequence numbers of each, under the command of the other.
    await fixture.send(pdu(0x80000008, 0, 2), pdu(0x80000004, 0, 3, cstr('x')));
    expect(fixture.told).toEqual([['chunk end']]);
    expect(fixture.anomalies.map(({ kind }) => kind)).toEqual(['unexpected_response', 'unexpected_response']);
    fixture.clock.advance(1_000);
    expect(fixture.told.at(-1)).toEqual(['expired', 'a']);
    expect(await cancelled).toMatchObject({ code: 'smpp_no_answer' });
  });

  test('a request waits for its response until the deadline, and its response is nothing odd', async () => {
    fixture = await boundSession({ responseTimeoutMs: 1_000 });
    const cancelled = fixture.session.cancel({ message_id: '7' });
    fixture.clock.advance(999);
    await fixture.send(pdu(0x80000008, STATUS.ESME_RCANCELFAIL, 2));
    expect(await cancelled).toBe(STATUS.ESME_RCANCELFAIL);
    expect(fixture.anomalies).toEqual([]);
  });

  test('an unbind waits for its response until the deadline', async () => {
    fixture = await boundSession({ bindTimeoutMs: 5_000, responseTimeoutMs: 60_000 });
    const unbound = fixture.session.unbind();
    const [unbind] = await fixture.take();
    fixture.clock.advance(4_999);
    await flush();
    expect(fixture.session.state).toBe('unbinding');
    await fixture.send(pdu(0x80000006, 0, unbind!.sequence));
    await unbound;
    expect(fixture.told.at(-1)).toEqual(['closed', 'unbound', []]);
  });

  test('a data_sm before the bind is refused by its own response', async () => {
    fixture = openSession();
    await fixture.send(pdu(0x103, 0, 9, Buffer.from('\0\x01\x01999123\0\x05\0ALERTE\0\x04\0\0', 'latin1')));
    expect(await fixture.take()).toMatchObject([{ command: 0x80000103, status: STATUS.ESME_RINVBNDSTS, sequence: 9 }]);
  });
});

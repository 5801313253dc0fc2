import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { BindError } from '../../src/smpp/errors.ts';
import { SESSION_CHANGES, SessionLife, type SessionState } from '../../src/smpp/session-life.ts';
import { cstr, messagePdu, pdu } from './octets.ts';
import { boundSession, type Fixture, flush, openSession } from './session-fixture.ts';

/** The error of a bind that must fail. */
function failure(bound: Promise<void>): Promise<unknown> {
  return bound.then(
    () => 'bound',
    (error: unknown) => error,
  );
}

let fixture: Fixture | undefined;
afterEach(() => {
  fixture?.session.destroy();
  expect(fixture?.clock.ticks.size ?? 0).toBe(0);
  fixture = undefined;
});

describe('bind', () => {
  test('sends the options and becomes bound with the answer', async () => {
    fixture = openSession({ systemType: 'CBC', addressTon: 5, addressNpi: 1, addressRange: '^33' });
    const bound = fixture.session.bind();
    const [bind] = await fixture.take();
    expect(bind).toMatchObject({
      command: COMMAND.bind_transceiver,
      sequence: 1,
      system_id: 'tocsin',
      password: 'secret',
      system_type: 'CBC',
      addr_ton: 5,
      addr_npi: 1,
      address_range: '^33',
    });
    expect(fixture.session.room).toBe(0);
    await fixture.send(pdu(0x80000009, 0, 1, cstr('SMSC')));
    await bound;
    expect(fixture.session.room).toBe(4);
    expect(fixture.changes).toEqual([
      { from: 'open', to: 'binding', reason: 'bind_sent' },
      { from: 'binding', to: 'bound', reason: 'bind_accepted' },
    ]);
  });

  test.each(['transmitter', 'receiver', 'transceiver'] as const)('binds as %s', async (bindAs) => {
    fixture = openSession({ bindAs });
    void failure(fixture.session.bind());
    expect((await fixture.take())[0]?.command).toBe(COMMAND[`bind_${bindAs}`]);
  });

  test('quirk 45: says interface_version 0x34 unless told otherwise', async () => {
    fixture = openSession();
    void failure(fixture.session.bind());
    expect((await fixture.take())[0]?.interface_version).toBe(0x34);
    fixture.session.destroy();
    fixture = openSession({ interfaceVersion: 0x50 });
    void failure(fixture.session.bind());
    expect((await fixture.take())[0]?.interface_version).toBe(0x50);
  });

  test.each([
    ['quirk 34: wrong password', STATUS.ESME_RINVPASWD],
    ['quirk 34: unknown system_id', STATUS.ESME_RINVSYSID],
    ['quirk 33: already bound', STATUS.ESME_RALYBND],
    ['bind failed', STATUS.ESME_RBINDFAIL],
    ['a vendor status', 0x401],
  ])('%s: refused with the status, and closed', async (_, status) => {
    fixture = openSession();
    const failed = failure(fixture.session.bind());
    await fixture.take();
    await fixture.send(pdu(0x80000009, status, 1));
    const error = await failed;
    expect(error).toBeInstanceOf(BindError);
    expect(error).toMatchObject({ failure: 'refused', status, code: 'smpp_bind_refused' });
    expect(fixture.told).toEqual([['chunk end'], ['closed', 'bind_refused', []]]);
    expect(fixture.near.destroyed).toBe(true);
  });

  test('a generic_nack in place of the answer refuses the bind', async () => {
    fixture = openSession();
    const failed = failure(fixture.session.bind());
    await fixture.take();
    await fixture.send(pdu(0x80000000, STATUS.ESME_RINVCMDID, 1));
    expect(await failed).toMatchObject({ failure: 'refused', status: STATUS.ESME_RINVCMDID });
  });

  test('quirk 43: a silent SMSC fails the bind at the deadline, not before', async () => {
    fixture = openSession({ bindTimeoutMs: 5_000 });
    const failed = failure(fixture.session.bind());
    fixture.clock.advance(4_999);
    await flush();
    expect(fixture.session.state).toBe('binding');
    fixture.clock.advance(1);
    expect(await failed).toMatchObject({ failure: 'timeout', status: undefined });
    expect(fixture.told).toEqual([['closed', 'bind_timeout', []]]);
  });

  test('a transport that closes fails the bind', async () => {
    fixture = openSession();
    const failed = failure(fixture.session.bind());
    await fixture.take();
    fixture.far.end();
    expect(await failed).toMatchObject({ failure: 'closed' });
    expect(fixture.told).toEqual([['closed', 'peer_closed', []]]);
    expect(await failure(fixture.session.bind())).toMatchObject({ failure: 'closed' });
  });

  test('a receipt in the same chunk as the answer is delivered', async () => {
    fixture = openSession();
    const bound = fixture.session.bind();
    await fixture.take();
    await fixture.send(pdu(0x80000009, 0, 1, cstr('SMSC')), messagePdu({ sequence: 9 }));
    await bound;
    expect(fixture.told).toEqual([['deliver', 9], ['chunk end']]);
  });

  test('a deliver_sm before the bind is answered with ESME_RINVBNDSTS', async () => {
    fixture = openSession();
    await fixture.send(messagePdu({ sequence: 9 }));
    expect(await fixture.take()).toMatchObject([{ command: 0x80000005, status: STATUS.ESME_RINVBNDSTS, sequence: 9 }]);
    expect(fixture.anomalies).toEqual([{ kind: 'not_bound', command: 5, sequence: 9 }]);
  });

  test('submits nothing unless bound', () => {
    fixture = openSession();
    const { submit } = fixture;
    expect(() => submit('a')).toThrow(expect.objectContaining({ code: 'smpp_not_bound' }));
  });
});

describe('the states', () => {
  const states = Object.keys(SESSION_CHANGES) as SessionState[];
  const paths: Record<SessionState, SessionState[]> = {
    open: [],
    binding: ['binding'],
    bound: ['binding', 'bound'],
    unbinding: ['binding', 'bound', 'unbinding'],
    closed: ['closed'],
  };
  const allowed = new Set([
    'open>binding',
    'open>closed',
    'binding>bound',
    'binding>closed',
    'bound>unbinding',
    'bound>closed',
    'unbinding>closed',
  ]);

  test.each(states.flatMap((from) => states.map((to) => [from, to] as const)))('from %s to %s', (from, to) => {
    const told: string[] = [];
    const life = new SessionLife((change) => told.push(`${change.from}>${change.to}`));
    for (const step of paths[from]) life.change(step, 'destroyed');
    if (allowed.has(`${from}>${to}`)) {
      life.change(to, 'destroyed');
      expect(life.state).toBe(to);
      expect(told.at(-1)).toBe(`${from}>${to}`);
    } else {
      expect(() => life.change(to, 'destroyed')).toThrow(
        expect.objectContaining({
          kind: 'conflict',
          code: 'smpp_session_state',
          message: `a session does not go from ${from} to ${to}`,
        }),
      );
      expect(life.state).toBe(from);
    }
  });
});

describe('unbind', () => {
  test('quirk 33: says unbind and closes with the answer', async () => {
    fixture = await boundSession();
    const unbound = fixture.session.unbind();
    const [unbind] = await fixture.take();
    expect(unbind?.command).toBe(COMMAND.unbind);
    await fixture.send(pdu(0x80000006, 0, unbind!.sequence));
    await unbound;
    expect(fixture.told.at(-1)).toEqual(['closed', 'unbound', []]);
    expect(fixture.changes.slice(2).map(({ to, reason }) => [to, reason])).toEqual([
      ['unbinding', 'unbind_asked'],
      ['closed', 'unbound'],
    ]);
  });

  test('waits for what is in flight and for answers that are owed, and submits no more', async () => {
    fixture = await boundSession();
    const { session, send, submit } = fixture;
    submit('a');
    await send(messagePdu({ sequence: 9 }));
    const unbound = session.unbind();
    expect(session.room).toBe(0);
    expect(() => submit('b')).toThrow(expect.objectContaining({ code: 'smpp_not_bound' }));
    expect((await fixture.take()).map(({ command }) => command)).toEqual([COMMAND.submit_sm]);
    await send(pdu(0x80000004, 0, 2, cstr('7')));
    expect(await fixture.take()).toEqual([]);
    session.respond(9, 0);
    const [resp, unbind] = await fixture.take();
    expect([resp?.command, unbind?.command]).toEqual([COMMAND.deliver_sm_resp, COMMAND.unbind]);
    await send(pdu(0x80000006, 0, unbind!.sequence));
    await unbound;
  });

  test('does not take the answer to another request for that to unbind', async () => {
    fixture = await boundSession();
    const cancelled = fixture.session.cancel({ message_id: '7' });
    void fixture.session.unbind();
    const [cancel, unbind] = await fixture.take();
    await fixture.send(pdu(0x80000008, 0, cancel!.sequence));
    expect(await cancelled).toBe(0);
    expect(fixture.session.state).toBe('unbinding');
    await fixture.send(pdu(0x80000006, 0, unbind!.sequence));
    expect(fixture.session.state).toBe('closed');
  });

  test('closes without the answer at the deadline', async () => {
    fixture = await boundSession({ bindTimeoutMs: 5_000 });
    const unbound = fixture.session.unbind();
    await flush();
    fixture.clock.advance(5_000);
    await unbound;
    expect(fixture.told.at(-1)).toEqual(['closed', 'unbind_timeout', []]);
  });

  test('is over at once for a session that is closed or not bound', async () => {
    fixture = openSession();
    await fixture.session.unbind();
    await fixture.session.unbind();
    expect(fixture.told).toEqual([['closed', 'destroyed', []]]);
  });

  test('quirk 35: answers the unbind of the SMSC, reads what is outstanding, then closes', async () => {
    fixture = await boundSession();
    const { session, send } = fixture;
    fixture.submit('a', 'b');
    await fixture.take();
    await send(pdu(COMMAND.unbind, 0, 70));
    expect(await fixture.take()).toMatchObject([{ command: 0x80000006, status: 0, sequence: 70 }]);
    expect([session.state, session.room]).toEqual(['unbinding', 0]);
    await send(pdu(0x80000004, 0, 2, cstr('7')), messagePdu({ sequence: 71 }));
    expect(session.state).toBe('unbinding');
    session.respond(71, 0);
    await send(pdu(0x80000004, 0, 3, cstr('8')));
    expect(fixture.told.slice(1)).toEqual([
      ['response', 'a', 0, '7'],
      ['deliver', 71],
      ['chunk end'],
      ['response', 'b', 0, '8'],
      ['chunk end'],
      ['closed', 'unbound_by_peer', []],
    ]);
  });

  test('quirk 35: reads all of the chunk that holds the unbind before it closes', async () => {
    fixture = await boundSession();
    await fixture.send(pdu(COMMAND.unbind, 0, 70), messagePdu({ sequence: 71 }), messagePdu({ sequence: 72 }));
    expect(fixture.told).toEqual([['deliver', 71], ['deliver', 72], ['chunk end']]);
    fixture.session.respond(71, 0);
    fixture.session.respond(72, 0);
    expect((await fixture.take()).map(({ sequence }) => sequence)).toEqual([70, 71, 72]);
    expect(fixture.told.at(-1)).toEqual(['closed', 'unbound_by_peer', []]);
  });

  test('quirk 35: closes at a deadline when what is outstanding never comes', async () => {
    fixture = await boundSession({ responseTimeoutMs: 1_000 });
    fixture.submit('a');
    await fixture.send(pdu(COMMAND.unbind, 0, 70));
    fixture.clock.advance(1_000);
    expect(fixture.told.slice(1)).toEqual([
      ['expired', 'a'],
      ['closed', 'unbound_by_peer', []],
    ]);
  });

  test('closes when the owner never answers a delivery', async () => {
    fixture = await boundSession({ responseTimeoutMs: 1_000, bindTimeoutMs: 500 });
    await fixture.send(messagePdu({ sequence: 71 }), pdu(COMMAND.unbind, 0, 70));
    fixture.clock.advance(1_499);
    expect(fixture.session.state).toBe('unbinding');
    fixture.clock.advance(1);
    expect(fixture.told.at(-1)).toEqual(['closed', 'unbind_timeout', []]);
  });
});

import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { APPENDIX_B, dataPdu, messagePdu, pdu } from './octets.ts';
import { boundSession, type Fixture, flush, MSISDN, submitResp, TEMPLATE } from './session-fixture.ts';

let fixture: Fixture;
afterEach(() => {
  fixture.session.destroy();
  expect(fixture.clock.ticks.size).toBe(0);
});

describe('submissions', () => {
  test('go out in one write, each with its recipient and a sequence number of its own', async () => {
    fixture = await boundSession();
    const writes = fixture.near.writes;
    fixture.submit('a', 'b', 'c');
    fixture.session.respond(9, 0);
    const sent = await fixture.take();
    expect(sent.slice(0, 3)).toMatchObject(
      [0, 1, 2].map((i) => ({ command: 4, sequence: 2 + i, destination_addr: String(MSISDN + i) })),
    );
    expect(sent[3]?.command).toBe(COMMAND.deliver_sm_resp);
    expect(fixture.near.writes).toBe(writes + 1);
  });

  test('submit takes a part of long lists', async () => {
    fixture = await boundSession();
    fixture.session.submit(TEMPLATE, Float64Array.of(1, 999124, 999125, 2), ['-', 'x', 'y', '-'], 1, 3);
    expect((await fixture.take()).map((sent) => sent.destination_addr)).toEqual(['999124', '999125']);
    await fixture.send(submitResp(3), submitResp(2));
    expect(fixture.told).toEqual([['response', 'y', 0, 'id3'], ['response', 'x', 0, 'id2'], ['chunk end']]);
  });

  test('hold their place from the write until the release', async () => {
    fixture = await boundSession();
    const { session } = fixture;
    fixture.submit('a', 'b', 'c');
    expect([session.room, session.unanswered]).toEqual([1, 3]);
    await fixture.send(submitResp(2), submitResp(3));
    expect([session.room, session.unanswered]).toEqual([1, 1]);
    session.release(2);
    expect([session.room, session.unanswered]).toEqual([3, 1]);
  });

  test('beyond the room, or to no number, throw before anything is written', async () => {
    fixture = await boundSession();
    const { session, submit } = fixture;
    expect(() => submit('a', 'b', 'c', 'd', 'e')).toThrow(expect.objectContaining({ code: 'smpp_window_full' }));
    expect(() => session.submit(TEMPLATE, [MSISDN, 0], ['a', 'b'], 0, 2)).toThrow(
      expect.objectContaining({ code: 'smpp_msisdn' }),
    );
    expect(session.room).toBe(4);
    expect(await fixture.take()).toEqual([]);
  });

  test('quirk 21: the window can be narrowed while it is in use, and widened again', async () => {
    fixture = await boundSession();
    const { session } = fixture;
    fixture.submit('a', 'b', 'c');
    session.windowLimit = 2;
    expect(session.room).toBe(0);
    await fixture.send(submitResp(2), submitResp(3));
    session.release(2);
    expect(session.room).toBe(1);
    session.windowLimit = 100;
    expect(session.room).toBe(3);
  });

  test('quirk 19: error responses come with their status, with a body or without', async () => {
    fixture = await boundSession();
    fixture.submit('a', 'b');
    await fixture.send(pdu(0x80000004, 0x58, 2), pdu(0x80000004, 0x14, 3, Buffer.from('7\0')));
    expect(fixture.told).toEqual([['response', 'a', 0x58, ''], ['response', 'b', 0x14, '7'], ['chunk end']]);
  });

  test('quirk 20: ESME_ROK without message_id gives an empty id', async () => {
    fixture = await boundSession();
    fixture.submit('a', 'b', 'c');
    await fixture.send(
      pdu(0x80000004, 0, 2),
      pdu(0x80000004, 0, 3, Buffer.from('\0')),
      pdu(0x80000004, 0, 4, Buffer.from('x')),
    );
    expect(fixture.told.slice(0, 3)).toEqual([
      ['response', 'a', 0, ''],
      ['response', 'b', 0, ''],
      ['response', 'c', 0, 'x'],
    ]);
  });

  test('quirk 28: responses that never come free their places, one by one, and the link goes on', async () => {
    fixture = await boundSession({ responseTimeoutMs: 1_000 });
    const { session, clock } = fixture;
    fixture.submit('a', 'b');
    clock.advance(600);
    fixture.submit('c');
    clock.advance(399);
    expect(fixture.told).toEqual([]);
    clock.advance(1);
    expect(fixture.told).toEqual([
      ['expired', 'a'],
      ['expired', 'b'],
    ]);
    expect([session.state, session.room]).toEqual(['bound', 3]);
    fixture.submit('d');
    await fixture.send(submitResp(5));
    expect(fixture.told).toContainEqual(['response', 'd', 0, 'id5']);
  });

  test('quirk 29: a late response still finds its reference, and no place to release', async () => {
    fixture = await boundSession({ responseTimeoutMs: 1_000 });
    fixture.submit('a');
    fixture.clock.advance(1_000);
    await fixture.send(submitResp(2), submitResp(2));
    expect(fixture.told).toEqual([['expired', 'a'], ['late', 'a', 0, 'id2'], ['chunk end']]);
    expect(fixture.anomalies).toEqual([{ kind: 'unexpected_response', command: 0x80000004, sequence: 2, status: 0 }]);
    expect(fixture.session.room).toBe(4);
  });

  test('a response that answers nothing is an anomaly, once more too', async () => {
    fixture = await boundSession();
    fixture.submit('a');
    await fixture.send(submitResp(2), submitResp(2), submitResp(99), pdu(0x80000008, 0, 50));
    expect(fixture.told.filter(([word]) => word === 'response')).toHaveLength(1);
    expect(fixture.anomalies.map(({ kind }) => kind)).toEqual(Array(3).fill('unexpected_response'));
  });

  test('quirk 30: a transport that dies tells who was in flight, oldest first', async () => {
    fixture = await boundSession();
    fixture.submit('a', 'b', 'c');
    await fixture.send(submitResp(3));
    fixture.near.destroy(new Error('ECONNRESET'));
    await flush();
    expect(fixture.told.at(-1)).toEqual(['closed', 'transport_error', ['a', 'c']]);
    expect(fixture.session.room).toBe(0);
    fixture.session.release(1);
    fixture.session.respond(1, 0);
  });

  test('quirk 36: a generic_nack answers the submission or request of its sequence number', async () => {
    fixture = await boundSession();
    fixture.submit('a');
    const cancelled = fixture.session.cancel({ message_id: '7' });
    await fixture.send(pdu(0x80000000, 2, 2), pdu(0x80000000, 3, 3));
    expect(fixture.told[0]).toEqual(['response', 'a', 2, '']);
    expect(await cancelled).toBe(3);
  });

  test('quirk 36: a generic_nack without a usable sequence number leaves places to expire', async () => {
    fixture = await boundSession({ responseTimeoutMs: 1_000 });
    fixture.submit('a');
    await fixture.send(pdu(0x80000000, 3, 0));
    expect(fixture.anomalies).toEqual([{ kind: 'nack', sequence: 0, status: 3 }]);
    fixture.clock.advance(1_000);
    expect(fixture.told.at(-1)).toEqual(['expired', 'a']);
  });

  test('quirk 36: a generic_nack with ESME_ROK is no success', async () => {
    fixture = await boundSession();
    fixture.submit('a');
    await fixture.send(pdu(0x80000000, 0, 2));
    expect(fixture.told[0]).toEqual(['response', 'a', STATUS.ESME_RSYSERR, '']);
  });

  test('quirk 42: a transport that holds back says so, and when it takes more', async () => {
    fixture = await boundSession({ window: 2_000 });
    const { session, near } = fixture;
    expect(session.writable).toBe(true);
    near.stalled = true;
    fixture.submit(...Array.from({ length: 1_000 }, (_, i) => `r${i}`));
    await flush();
    expect(session.writable).toBe(false);
    near.letGo();
    expect(await fixture.take()).toHaveLength(1_000);
    expect(session.writable).toBe(true);
    expect(fixture.told).toEqual([['drain']]);
  });

  test('quirk 42: a peer that floods and does not read is not read either, and memory stays bounded', async () => {
    fixture = await boundSession();
    const { near, far } = fixture;
    near.stalled = true;
    const flood = Buffer.concat(Array.from({ length: 4_000 }, (_, i) => pdu(0x15, 0, i + 1)));
    for (let i = 0; i < 60; i++) {
      far.write(flood);
      await flush();
    }
    expect(near.isPaused()).toBe(true);
    expect(near.writableLength).toBeLessThan(2_000_000);
    near.letGo();
    await flush();
    await flush();
    expect(near.isPaused()).toBe(false);
    expect(fixture.received.filter(({ command }) => command === 0x80000015)).toHaveLength(240_000);
  });
});

describe('cancel', () => {
  test('gives the status of the response', async () => {
    fixture = await boundSession();
    const cancelled = fixture.session.cancel({
      message_id: '7',
      source_addr: 'ALERTE',
      destination_addr: '33639980001',
    });
    const [cancel] = await fixture.take();
    expect(cancel).toMatchObject({ command: COMMAND.cancel_sm, message_id: '7', source_addr: 'ALERTE' });
    await fixture.send(pdu(0x80000008, STATUS.ESME_RCANCELFAIL, cancel!.sequence));
    expect(await cancelled).toBe(STATUS.ESME_RCANCELFAIL);
  });

  test('rejects without a response, by the deadline or the end of the session', async () => {
    fixture = await boundSession({ responseTimeoutMs: 1_000 });
    const late = fixture.session.cancel({ message_id: '7' });
    fixture.clock.advance(1_000);
    await expect(late).rejects.toMatchObject({ code: 'smpp_no_answer' });
    const cut = fixture.session.cancel({ message_id: '8' });
    fixture.session.destroy();
    await expect(cut).rejects.toMatchObject({ code: 'smpp_closed' });
    await expect(fixture.session.cancel({ message_id: '9' })).rejects.toMatchObject({ code: 'smpp_not_bound' });
  });
});

describe('deliveries', () => {
  test('are answered when the owner says so, with its status, deliver_sm and data_sm alike', async () => {
    fixture = await boundSession();
    await fixture.send(messagePdu({ sequence: 7, text: APPENDIX_B }), dataPdu({ sequence: 8 }));
    expect(fixture.told).toEqual([['deliver', 7], ['deliver', 8], ['chunk end']]);
    expect(await fixture.take()).toEqual([]);
    for (const { sequence, command } of fixture.delivers) {
      fixture.session.respond(sequence, sequence === 7 ? 0 : STATUS.ESME_RX_T_APPN, command);
    }
    expect(await fixture.take()).toMatchObject([
      { command: COMMAND.deliver_sm_resp, status: 0, sequence: 7 },
      { command: COMMAND.data_sm_resp, status: STATUS.ESME_RX_T_APPN, sequence: 8 },
    ]);
  });

  test('stay readable after later chunks have come', async () => {
    fixture = await boundSession();
    await fixture.send(messagePdu({ sequence: 7, text: APPENDIX_B }));
    await fixture.send(messagePdu({ sequence: 8, text: 'other', source: '999123' }));
    expect(fixture.delivers[0]?.text.toString()).toBe(APPENDIX_B);
    expect(fixture.delivers[0]?.source).toBe('33639980001');
  });

  test('a deliver_sm that cannot be read is answered with an error, and the session goes on', async () => {
    fixture = await boundSession();
    await fixture.send(pdu(5, 0, 7, Buffer.from('\0\x01\x01')), messagePdu({ sequence: 8 }));
    expect(await fixture.take()).toMatchObject([{ command: 0x80000005, status: STATUS.ESME_RINVCMDLEN, sequence: 7 }]);
    expect(fixture.told).toEqual([['deliver', 8], ['chunk end']]);
    expect(fixture.anomalies).toMatchObject([{ kind: 'bad_pdu', error: { sequence: 7 } }]);
  });

  test('quirk 39: come through however the stream is cut', async () => {
    fixture = await boundSession();
    const bytes = Buffer.concat([messagePdu({ sequence: 7, text: APPENDIX_B }), messagePdu({ sequence: 8 })]);
    for (const octet of bytes) fixture.far.write(Buffer.from([octet]));
    await flush();
    expect(fixture.told.filter(([word]) => word === 'deliver')).toEqual([
      ['deliver', 7],
      ['deliver', 8],
    ]);
  });
});

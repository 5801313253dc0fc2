/** submit_sm over real TCP: what is accepted, refused, delayed and lost. */
import smpp from 'smpp';
import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { concatenationUdh } from '../../src/sms/encode.ts';
import { waitFor } from '../support/wait-for.ts';
import { ALICE, BOB, simulatorFixture } from './fixture.ts';

const fixture = simulatorFixture();
const account = { systemId: 'tocsin', password: 'secret' };

describe('a submission', () => {
  test('is accepted with an id, recorded and followed by its receipt', async () => {
    const simulator = await fixture.start({ messageIds: { first: '500' } });
    const client = await fixture.bound(simulator);
    const answer = await client.submit({ to: ALICE, text: 'ALERTE: composez le 02 61 91 00 35' });
    expect(answer).toMatchObject({ command_status: 0, message_id: '500' });
    await waitFor(() => client.receipts().length === 1);
    expect(client.receipts()[0]).toMatch(/^id:500 sub:001 dlvrd:001 .* stat:DELIVRD err:000 text:ALERTE: composez le /);
    expect(client.pdus.at(-1)).toMatchObject({
      esm_class: 4,
      source_addr: String(ALICE),
      destination_addr: 'TOCSIN',
      receipted_message_id: '500',
      message_state: 2,
    });
    await waitFor(() => simulator.record.receipts.acknowledged === 1);
    expect(simulator.record.snapshot()).toMatchObject({
      submits: 1,
      accepted: 1,
      recipients: 1,
      duplicates: 0,
      sources: { TOCSIN: 1 },
      receipts: { sent: 1, byState: { delivered: 1 } },
    });
    expect(simulator.held()).toBe(0);
  });

  test('above the account’s rate is throttled, over all its sessions', async () => {
    const simulator = await fixture.start({ accounts: [{ ...account, segmentsPerSecond: 10 }] });
    const clients = [await fixture.bound(simulator), await fixture.bound(simulator)];
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => clients[i % 2]!.submit({ to: ALICE + i })));
    const statuses = answers.map((answer) => answer.command_status);
    expect(statuses.filter((status) => status === 0)).toHaveLength(10);
    expect(statuses.filter((status) => status === STATUS.ESME_RTHROTTLED)).toHaveLength(10);
    expect(simulator.record.snapshot()).toMatchObject({ accepted: 10, throttled: 10, maxInSlidingSecond: 10 });
  });

  test('beyond the queue limit is refused until messages become final', async () => {
    const simulator = await fixture.start({
      accounts: [{ ...account, queueLimit: 2 }],
      receipts: { delayMs: { min: 150, max: 150 } },
    });
    const client = await fixture.bound(simulator);
    const answers = await Promise.all([1, 2, 3].map((i) => client.submit({ to: ALICE + i })));
    expect(answers.map((answer) => answer.command_status)).toEqual([0, 0, STATUS.ESME_RMSGQFUL]);
    await waitFor(() => client.receipts().length === 2);
    expect((await client.submit({ to: BOB })).command_status).toBe(0);
  });

  test('beyond the window gets the status of the window', async () => {
    const simulator = await fixture.start({
      accounts: [{ ...account, window: 1, windowStatus: 'ESME_RSUBMITFAIL' }],
      responses: { delayMs: { min: 50, max: 50 } },
    });
    const client = await fixture.bound(simulator);
    const answers = await Promise.all([client.submit({ to: ALICE }), client.submit({ to: BOB })]);
    expect(answers.map((answer) => answer.command_status)).toEqual([0, STATUS.ESME_RSUBMITFAIL]);
  });

  test.each([
    [{ status: 'ESME_RINVDSTADR' as const, destinations: [String(BOB)] }, STATUS.ESME_RINVDSTADR],
    [{ status: 'ESME_RMSGQFUL' as const, suffix: '02' }, STATUS.ESME_RMSGQFUL],
    [{ status: 0x404, suffix: '2' }, 0x404],
  ])('to a chosen destination is refused: %j', async (rule, status) => {
    const simulator = await fixture.start({ submissions: { refusals: [rule] } });
    const client = await fixture.bound(simulator);
    expect((await client.submit({ to: ALICE })).command_status).toBe(0);
    expect((await client.submit({ to: BOB })).command_status).toBe(status);
  });

  test('is refused as often as the rule says, then accepted', async () => {
    const rule = { status: 'ESME_RMSGQFUL' as const, times: 2 };
    const simulator = await fixture.start({ submissions: { refusals: [rule] } });
    const client = await fixture.bound(simulator);
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await client.submit({ to: ALICE })).command_status);
    expect(statuses).toEqual([STATUS.ESME_RMSGQFUL, STATUS.ESME_RMSGQFUL, 0]);
    expect(simulator.record.snapshot()).toMatchObject({ refused: { ESME_RMSGQFUL: 2 }, duplicates: 0 });
  });

  test('is refused by chance, the same for the same seed', async () => {
    const outcomes = [];
    for (const seed of [7, 7, 8]) {
      const refusals = [{ status: 'ESME_RSYSERR' as const, probability: 0.5 }];
      const simulator = await fixture.start({ submissions: { refusals } }, seed);
      const client = await fixture.bound(simulator);
      const answers = [];
      for (let i = 0; i < 30; i++) answers.push((await client.submit({ to: ALICE + i })).command_status);
      outcomes.push(answers.join());
    }
    expect(outcomes[0]).toBe(outcomes[1]);
    expect(outcomes[0]).not.toBe(outcomes[2]);
  });

  const udh = Buffer.concat([concatenationUdh(1, 2, 1), Buffer.from('UN')]);
  test.each([
    [{ refuseUdh: 'ESME_RINVESMCLASS' as const }, { esm_class: 0x40, short_message: udh }],
    [{ refuseSar: 'ESME_RINVESMCLASS' as const }, { tlvs: { sar_total_segments: 2, sar_segment_seqnum: 1 } }],
    [{ refuseMessagePayload: 'ESME_RINVESMCLASS' as const }, { tlvs: { message_payload: Buffer.from('LONG') } }],
  ])('that uses what the SMSC refuses is refused: %j', async (submissions, fields) => {
    const simulator = await fixture.start({ submissions });
    const client = await fixture.boundRaw(simulator);
    client.submit(2, ALICE, fields);
    expect(await client.next(COMMAND.submit_sm_resp)).toMatchObject({ status: STATUS.ESME_RINVESMCLASS });
    simulator.setBehaviour({});
    client.chunks.length = 0;
    client.submit(3, ALICE, fields);
    expect(await client.next(COMMAND.submit_sm_resp)).toMatchObject({ status: 0 });
  });

  test.each([
    [{ source_addr: 'TOCSIN', source_addr_ton: 0 }, STATUS.ESME_RINVSRCTON],
    [{ source_addr: 'TOCSIN', source_addr_ton: 5, source_addr_npi: 8 }, STATUS.ESME_RINVSRCNPI],
    [{ source_addr: 'TOCSIN', source_addr_ton: 5, source_addr_npi: 0 }, 0],
    [{ source_addr: '38000', source_addr_ton: 3, source_addr_npi: 0 }, 0],
    [{ short_message: Buffer.alloc(161, 'a') }, STATUS.ESME_RINVMSGLEN],
    [{ short_message: Buffer.alloc(160, 'a') }, 0],
    [{ short_message: Buffer.alloc(142, 'a'), data_coding: 8 }, STATUS.ESME_RINVMSGLEN],
    [{ short_message: Buffer.concat([udh, Buffer.alloc(152)]), esm_class: 0x40 }, STATUS.ESME_RINVMSGLEN],
    [{ short_message: Buffer.concat([udh, Buffer.alloc(151)]), esm_class: 0x40 }, 0],
  ])('is held against the rules for senders and lengths (%#)', async (fields, status) => {
    const simulator = await fixture.start({ submissions: { checkSender: true, checkLength: true } });
    const client = await fixture.boundRaw(simulator);
    client.submit(2, ALICE, fields);
    expect(await client.next(COMMAND.submit_sm_resp)).toMatchObject({ status });
  });

  test('of extension characters in Latin-1 is as long as its septets on the air', async () => {
    const simulator = await fixture.start({ submissions: { checkLength: true, defaultAlphabet: 'latin1' } });
    for (const [octets, status] of [
      [80, STATUS.ESME_ROK],
      [81, STATUS.ESME_RINVMSGLEN],
    ] as const) {
      const client = await fixture.boundRaw(simulator);
      client.submit(2, ALICE, { short_message: Buffer.alloc(octets, '[') });
      expect(await client.next(COMMAND.submit_sm_resp)).toMatchObject({ status });
    }
  });

  test('to what is no number, or cut short, is refused and the session goes on', async () => {
    const simulator = await fixture.start();
    const client = await fixture.boundRaw(simulator);
    client.submit(2, ALICE, { destination_addr: 'ALICE' });
    client.socket.write(Buffer.from('00000012000000040000000000000003ffff', 'hex'));
    await waitFor(() => client.pdus().length === 2);
    expect(client.pdus().map(({ status }) => status)).toEqual([STATUS.ESME_RINVDSTADR, STATUS.ESME_RINVCMDLEN]);
  });
});

describe('the response', () => {
  test('comes in another order where its delay varies', async () => {
    const simulator = await fixture.start({ responses: { delayMs: { min: 0, max: 60 } } });
    const client = await fixture.boundRaw(simulator);
    for (let i = 0; i < 30; i++) client.submit(i + 2, ALICE + i, { registered_delivery: 0 });
    await waitFor(() => client.pdus().length === 30);
    const sequences = client.pdus().map((pdu) => pdu.sequence);
    const inOrder = sequences.toSorted((a, b) => a - b);
    expect(sequences).not.toEqual(inOrder);
    expect(new Set(sequences).size).toBe(30);
  });

  test('is lost for some, though they were accepted', async () => {
    const simulator = await fixture.start({ responses: { lost: 1 }, receipts: { delayMs: { min: 0, max: 0 } } });
    const client = await fixture.bound(simulator);
    client.fire({ to: ALICE });
    await waitFor(() => client.receipts().length === 1);
    expect(client.pdus.some(({ command }) => command === 'submit_sm_resp')).toBe(false);
    expect(simulator.record.snapshot()).toMatchObject({ accepted: 1, responsesLost: 1 });
  });

  test('comes late for some', async () => {
    const simulator = await fixture.start({ responses: { late: { probability: 1, delayMs: 80 } } });
    const client = await fixture.bound(simulator);
    const before = performance.now();
    expect((await client.submit({ to: ALICE })).command_status).toBe(0);
    expect(performance.now() - before).toBeGreaterThan(75);
    expect(simulator.record.snapshot().responsesLate).toBe(1);
  });

  test.each([
    ['none', 16],
    ['empty-id', 17],
  ] as const)('has no message id: %s', async (emptyBody, octets) => {
    const simulator = await fixture.start({ responses: { withoutMessageId: 1, emptyBody } });
    const client = await fixture.boundRaw(simulator);
    client.submit(2, ALICE);
    await client.next(COMMAND.submit_sm_resp);
    expect(client.frames()[0]).toHaveLength(octets);
  });

  test.each([
    ['none', 16],
    ['empty-id', 17],
    ['id', 18],
  ] as const)('of an error has the body %s', async (errorBody, octets) => {
    const simulator = await fixture.start({
      responses: { errorBody },
      submissions: { refusals: [{ status: 'ESME_RSYSERR' }] },
    });
    const client = await fixture.boundRaw(simulator);
    client.submit(2, ALICE);
    expect(await client.next(COMMAND.submit_sm_resp)).toMatchObject({ status: STATUS.ESME_RSYSERR });
    expect(client.frames()[0]).toHaveLength(octets);
  });

  test.each([
    ['same', 2],
    ['zero', 0],
  ] as const)('is a generic_nack with the sequence number %s', async (nackSequence, sequence) => {
    const simulator = await fixture.start({ responses: { genericNack: 1, nackSequence } });
    const client = await fixture.boundRaw(simulator);
    client.submit(2, ALICE);
    expect(await client.next(COMMAND.generic_nack)).toMatchObject({ sequence, status: STATUS.ESME_RSYSERR });
    expect(simulator.record.snapshot().accepted).toBe(0);
  });
});

describe('cancel_sm and query_sm', () => {
  const slow = { receipts: { delayMs: { min: 60_000, max: 60_000 } } };

  test('a message that is not final is deleted, and its receipt says so', async () => {
    const simulator = await fixture.start(slow);
    const client = await fixture.bound(simulator);
    const { message_id } = await client.submit({ to: ALICE });
    expect(await client.request('query_sm', { message_id })).toMatchObject({ command_status: 0, message_state: 1 });
    expect((await client.request('cancel_sm', { message_id })).command_status).toBe(0);
    await waitFor(() => client.receipts().length === 1);
    expect(client.receipts()[0]).toContain('stat:DELETED');
    expect(simulator.record.snapshot()).toMatchObject({ cancelled: 1, receipts: { byState: { deleted: 1 } } });
    await waitFor(() => simulator.held() === 0);
  });

  test('a message that is final, or of nobody, is not', async () => {
    const simulator = await fixture.start();
    const client = await fixture.bound(simulator);
    const { message_id } = await client.submit({ to: ALICE });
    await waitFor(() => simulator.record.receipts.acknowledged === 1);
    expect((await client.request('cancel_sm', { message_id })).command_status).toBe(STATUS.ESME_RCANCELFAIL);
    expect((await client.request('query_sm', { message_id })).command_status).toBe(STATUS.ESME_RQUERYFAIL);
    expect((await client.request('cancel_sm', { message_id: '1' })).command_status).toBe(STATUS.ESME_RINVMSGID);
  });

  test('cancel_sm is passed over or refused as the behaviour says, and the message stays', async () => {
    const cancels = {
      unheard: [{ times: 1 }],
      refusals: [{ status: 'ESME_RTHROTTLED' as const, destinations: [String(ALICE)], times: 1 }],
    };
    const simulator = await fixture.start({ ...slow, cancels });
    const client = await fixture.bound(simulator);
    const { message_id } = await client.submit({ to: ALICE });
    const cancel = { message_id, destination_addr: String(ALICE) };
    let isAnswered = false;
    client.session.send(new smpp.PDU('cancel_sm', cancel), () => {
      isAnswered = true;
    });
    await waitFor(() => simulator.record.snapshot().cancelsUnheard === 1);
    expect((await client.request('cancel_sm', cancel)).command_status).toBe(STATUS.ESME_RTHROTTLED);
    expect(simulator.record.cancelled).toBe(0);
    expect((await client.request('cancel_sm', cancel)).command_status).toBe(0);
    expect(isAnswered).toBe(false);
  });

  test('a deleted message is told of by no receipt, where the behaviour says so', async () => {
    const simulator = await fixture.start({ ...slow, cancels: { receipts: false } });
    const client = await fixture.bound(simulator);
    const { message_id } = await client.submit({ to: ALICE });
    expect((await client.request('cancel_sm', { message_id })).command_status).toBe(0);
    await waitFor(() => simulator.held() === 0);
    expect(simulator.record.receipts.sent).toBe(0);
  });

  test('a message of another account is nobody’s', async () => {
    const accounts = [account, { systemId: 'other', password: 'secret' }];
    const simulator = await fixture.start({ ...slow, accounts });
    const owner = await fixture.bound(simulator);
    const other = await fixture.bound(simulator, { system_id: 'other' });
    const { message_id } = await owner.submit({ to: ALICE });
    expect((await other.request('cancel_sm', { message_id })).command_status).toBe(STATUS.ESME_RINVMSGID);
    expect((await owner.request('cancel_sm', { message_id })).command_status).toBe(0);
  });
});

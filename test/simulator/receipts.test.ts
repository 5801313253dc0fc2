/** Delivery receipts over real TCP: each dialect, order and fault that field reports speak of. */

import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { waitFor } from '../support/wait-for.ts';
import { ALICE, BOB, simulatorFixture } from './fixture.ts';
import { bind } from './package-client.ts';

const fixture = simulatorFixture();

type ReceiptsInput = NonNullable<BehaviourInput['receipts']>;

/** The first receipt as bytes and fields, and the response, for one submission. */
async function rawReceipt(receipts: ReceiptsInput, messageIds: BehaviourInput['messageIds'] = { first: '255' }) {
  const simulator = await fixture.start({ receipts, messageIds });
  const client = await fixture.boundRaw(simulator);
  client.submit(2, ALICE);
  const receipt = await client.next(receipts.pdu === 'data_sm' ? COMMAND.data_sm : COMMAND.deliver_sm);
  const text = Buffer.from(receipt.tlvs.message_payload ?? receipt.short_message ?? []).toString('latin1');
  return { simulator, client, receipt, text };
}

describe('what a receipt says', () => {
  test.each([
    ['delivered', 'DELIVRD', 2],
    ['undeliverable', 'UNDELIV', 5],
    ['expired', 'EXPIRED', 3],
    ['rejected', 'REJECTD', 8],
    ['deleted', 'DELETED', 4],
    ['unknown', 'UNKNOWN', 7],
    ['accepted', 'ACCEPTD', 6],
  ] as const)('%s, by the mix', async (outcome, word, state) => {
    const { receipt, text } = await rawReceipt({ mix: { delivered: 0, [outcome]: 1 } });
    expect(text).toContain(`stat:${word}`);
    expect(receipt.tlvs.message_state).toBe(state);
  });

  test('the mix in its shares, the same for the same seed', async () => {
    const counts = [];
    for (let run = 0; run < 2; run++) {
      const mix = { delivered: 0.7, undeliverable: 0.2, none: 0.1 };
      const simulator = await fixture.start({ receipts: { mix } }, 42);
      const client = await fixture.boundRaw(simulator);
      for (let i = 0; i < 1000; i++) client.submit(i + 2, ALICE + i);
      await waitFor(() => simulator.held() < 1000 && simulator.record.accepted === 1000);
      await waitFor(() => simulator.record.receipts.sent + 60 > 900 && client.pdus().length > 1850);
      counts.push(simulator.record.snapshot().receipts.byState);
    }
    expect(counts[0]).toEqual(counts[1]);
    expect(counts[0]!.undeliverable).toBeGreaterThan(150);
    expect(counts[0]!.undeliverable).toBeLessThan(250);
  });

  test('of chosen destinations what was chosen for them', async () => {
    const simulator = await fixture.start({
      receipts: { outcomes: [{ outcome: 'rejected', destinations: [String(BOB)] }] },
    });
    const client = await fixture.bound(simulator);
    await client.submit({ to: ALICE });
    await client.submit({ to: BOB });
    await waitFor(() => client.receipts().length === 2);
    expect(client.receipts()[0]).toContain('DELIVRD');
    expect(client.receipts()[1]).toContain('REJECTD');
  });

  test('of chosen parts of a longer message what was chosen for them', async () => {
    const simulator = await fixture.start({ receipts: { outcomes: [{ outcome: 'rejected', part: 2 }] } });
    const client = await fixture.bound(simulator);
    for (const part of [1, 2, 3]) {
      const fields = { sar_msg_ref_num: 7, sar_total_segments: 3, sar_segment_seqnum: part };
      await client.submit({ to: ALICE, fields });
    }
    await waitFor(() => client.receipts().length === 3);
    expect(client.receipts().map((text) => /stat:(\w+)/.exec(text)?.[1])).toEqual(['DELIVRD', 'REJECTD', 'DELIVRD']);
  });

  test('expired, when the validity period ends first', async () => {
    const simulator = await fixture.start({ receipts: { delayMs: { min: 60_000, max: 60_000 } } });
    const client = await fixture.bound(simulator);
    await client.submit({ to: ALICE, fields: { validity_period: '000000000000000R' } });
    await waitFor(() => client.receipts().length === 1);
    expect(client.receipts()[0]).toContain('EXPIRED');
    simulator.patchBehaviour({ submissions: { honourValidity: false }, receipts: { delayMs: { min: 0, max: 0 } } });
    await client.submit({ to: ALICE, fields: { validity_period: '000000000000000R' } });
    await waitFor(() => client.receipts().length === 2);
    expect(client.receipts()[1]).toContain('DELIVRD');
  });
});

describe('how a receipt looks', () => {
  test('an id in hexadecimal in the response is decimal in the receipt', async () => {
    const ids = { first: '255', response: { format: 'hexUpper', padTo: 8 }, receipt: { format: 'decimal' } } as const;
    const { client, receipt, text } = await rawReceipt({}, ids);
    expect((await client.next(COMMAND.submit_sm_resp)).message_id).toBe('000000FF');
    expect(text).toMatch(/^id:255 /);
    expect(receipt.tlvs.receipted_message_id).toBe('255');
  });

  test('a data_sm with the text in message_payload', async () => {
    const { receipt, text, client, simulator } = await rawReceipt({ pdu: 'data_sm' });
    expect(receipt).toMatchObject({ command: COMMAND.data_sm, esm_class: 4 });
    expect(text).toContain('stat:DELIVRD');
    client.send({ command: COMMAND.data_sm_resp, sequence: receipt.sequence });
    await waitFor(() => simulator.record.receipts.acknowledged === 1);
  });

  test('a deliver_sm with the text in message_payload', async () => {
    const { receipt, text } = await rawReceipt({ textIn: 'message_payload' });
    expect(receipt.short_message).toHaveLength(0);
    expect(text).toContain('stat:DELIVRD');
  });

  test('TLVs alone', async () => {
    const { receipt, text } = await rawReceipt({ textIn: 'nowhere', networkErrorCode: true });
    expect(text).toBe('');
    expect(receipt.tlvs).toMatchObject({ receipted_message_id: '255', message_state: 2 });
    expect(Buffer.from(receipt.tlvs.network_error_code!)).toHaveLength(3);
  });

  test('no TLVs, no receipt bits, and data_coding 8 over ASCII', async () => {
    const { receipt, text } = await rawReceipt({
      receiptedMessageId: false,
      messageState: false,
      esmClass: 0,
      dataCoding: 8,
    });
    expect(receipt).toMatchObject({ esm_class: 0, data_coding: 8, tlvs: {} });
    expect(text).toContain('id:255');
  });

  test.each([
    ['truncated-tlv', 1],
    ['mistyped-tlv', 1],
    ['stray-nul', 1],
  ] as const)('a %s among its TLVs', async (fault, dropped) => {
    const malformed = { probability: 1, fault };
    const { receipt, text, simulator } = await rawReceipt({ malformed, messageState: fault !== 'mistyped-tlv' });
    expect(text).toMatch(/^id:255 .*text:ALERTE$/);
    expect(receipt.droppedTlvs).toBe(dropped);
    expect(simulator.record.receipts.malformed).toBe(1);
  });
});

describe('when and where a receipt comes', () => {
  test('before the response', async () => {
    const { client } = await rawReceipt({ beforeResponse: 1 });
    await client.next(COMMAND.submit_sm_resp);
    expect(client.pdus().map(({ command }) => command)).toEqual([COMMAND.deliver_sm, COMMAND.submit_sm_resp]);
  });

  test('within its delay, in another order than the submissions', async () => {
    const simulator = await fixture.start({
      receipts: { delayMs: { min: 20, max: 100 } },
      messageIds: { first: '100' },
    });
    const client = await fixture.bound(simulator);
    for (let i = 0; i < 20; i++) client.fire({ to: ALICE + i });
    await waitFor(() => client.receipts().length === 20);
    const ids = client.receipts().map((text) => text.slice(0, 6));
    expect(ids).not.toEqual(ids.toSorted());
  });

  test('after an enroute receipt, and before another', async () => {
    const simulator = await fixture.start({ receipts: { intermediate: 1, enrouteAfterFinal: 1 } });
    const client = await fixture.bound(simulator);
    await client.submit({ to: ALICE });
    await waitFor(() => client.receipts().length === 3);
    const words = client.receipts().map((text) => /stat:(\w+)/.exec(text)?.[1]);
    expect(words).toEqual(['ENROUTE', 'DELIVRD', 'ENROUTE']);
    expect(client.pdus.filter(({ command }) => command === 'deliver_sm').map((pdu) => pdu.esm_class)).toEqual([
      32, 4, 32,
    ]);
  });

  test('again and again where it repeats', async () => {
    const repeats = { probability: 1, times: 2, everyMs: 10 };
    const simulator = await fixture.start({ receipts: { repeats } });
    const client = await fixture.bound(simulator);
    await client.submit({ to: ALICE });
    await waitFor(() => client.receipts().length === 3);
    expect(new Set(client.receipts()).size).toBe(1);
    await waitFor(() => simulator.held() === 0);
    expect(simulator.record.receipts).toMatchObject({ sent: 3, repeated: 2, acknowledged: 3 });
  });

  test('along with one for an id that was never given', async () => {
    const simulator = await fixture.start({ receipts: { unknownIds: 1 }, messageIds: { first: '1' } });
    const client = await fixture.bound(simulator);
    await client.submit({ to: ALICE });
    await waitFor(() => client.receipts().length === 2);
    expect(client.receipts()[1]).toContain('id:1000000000001 ');
  });

  test.each([
    ['same', [1, 0]],
    ['other', [0, 1]],
  ] as const)('on the %s session', async (link, expected) => {
    const simulator = await fixture.start({ receipts: { link } });
    const clients = [await fixture.bound(simulator), await fixture.bound(simulator)];
    await clients[0]!.submit({ to: ALICE });
    await waitFor(() => simulator.record.receipts.acknowledged === 1);
    expect(clients.map((client) => client.receipts().length)).toEqual(expected);
  });

  test('to a receiver, when a transmitter submitted', async () => {
    const simulator = await fixture.start();
    const transmitter = await fixture.open(simulator);
    await bind(transmitter, {}, 'bind_transmitter');
    const receiver = await fixture.open(simulator);
    await bind(receiver, {}, 'bind_receiver');
    await transmitter.submit({ to: ALICE });
    await waitFor(() => receiver.receipts().length === 1);
    expect(transmitter.receipts()).toEqual([]);
  });

  test('after a reconnect, when the session was lost before', async () => {
    const simulator = await fixture.start({ receipts: { delayMs: { min: 50, max: 50 } } });
    const lost = await fixture.bound(simulator);
    await lost.submit({ to: ALICE });
    lost.session.destroy();
    await waitFor(() => simulator.links().length === 0);
    const next = await fixture.bound(simulator);
    await waitFor(() => next.receipts().length === 1);
  });

  test.each([
    [0, 'delivered', 0],
    [1, 'delivered', 1],
    [2, 'delivered', 0],
    [2, 'undeliverable', 1],
  ] as const)('for registered_delivery %i and %s: %i', async (registered_delivery, outcome, expected) => {
    const simulator = await fixture.start({ receipts: { mix: { delivered: 0, [outcome]: 1 } } });
    const client = await fixture.bound(simulator);
    await client.submit({ to: ALICE, fields: { registered_delivery } });
    await waitFor(() => simulator.held() === 0);
    expect(client.receipts()).toHaveLength(expected);
  });

  test('though nobody asked', async () => {
    const simulator = await fixture.start({ receipts: { ignoreRegisteredDelivery: true } });
    const client = await fixture.bound(simulator);
    await client.submit({ to: ALICE, fields: { registered_delivery: 0 } });
    await waitFor(() => client.receipts().length === 1);
  });

  test.each([
    ['each', 3],
    ['first', 1],
    ['last', 1],
  ] as const)('for %s part of a long message', async (multipart, expected) => {
    const simulator = await fixture.start({ receipts: { multipart } });
    const client = await fixture.boundRaw(simulator);
    for (const part of [1, 2, 3]) {
      const short_message = Buffer.from([5, 0, 3, 9, 3, part, 0x41]);
      client.submit(part + 1, ALICE, { esm_class: 0x40, short_message });
    }
    await waitFor(() => simulator.record.receipts.sent === expected);
    expect(simulator.record.snapshot()).toMatchObject({ accepted: 3, recipients: 1, duplicates: 0 });
  });
});

describe('a receipt that is not taken', () => {
  test('comes again after a temporary error, until it is', async () => {
    const simulator = await fixture.start({ receipts: { retry: { temporaryErrorAfterMs: 20 } } });
    const client = await fixture.bound(simulator);
    client.deliverStatus = STATUS.ESME_RX_T_APPN;
    await client.submit({ to: ALICE });
    await waitFor(() => client.receipts().length === 3);
    client.deliverStatus = 0;
    await waitFor(() => simulator.held() === 0);
    const { receipts } = simulator.record.snapshot();
    expect(receipts.nackedTemporary).toBeGreaterThanOrEqual(3);
    expect(receipts).toMatchObject({ acknowledged: 1, byState: { delivered: 1 }, unanswered: 0 });
  });

  test('does not come again after a permanent error', async () => {
    const simulator = await fixture.start();
    const client = await fixture.bound(simulator);
    client.deliverStatus = STATUS.ESME_RX_R_APPN;
    await client.submit({ to: ALICE });
    await waitFor(() => simulator.held() === 0);
    expect(simulator.record.receipts).toMatchObject({ sent: 1, nackedPermanent: 1, acknowledged: 0 });
  });

  test('comes again when nobody answers, and is given up in the end', async () => {
    const retry = { unansweredAfterMs: 20, times: 2 };
    const simulator = await fixture.start({ receipts: { retry } });
    const client = await fixture.bound(simulator);
    client.deliverStatus = null;
    await client.submit({ to: ALICE });
    await waitFor(() => simulator.held() === 0);
    expect(client.receipts()).toHaveLength(3);
    expect(simulator.record.receipts).toMatchObject({ sent: 3, resent: 2, unanswered: 1 });
  });

  test('keeps the others waiting when the window is full', async () => {
    const simulator = await fixture.start({ receipts: { window: 2 } });
    const client = await fixture.boundRaw(simulator);
    for (let i = 0; i < 5; i++) client.submit(i + 2, ALICE + i);
    await waitFor(() => simulator.record.receipts.sent === 2 && client.pdus().length === 7);
    const sequences = client.pdus().filter((pdu) => pdu.command === COMMAND.deliver_sm);
    client.send({ command: COMMAND.deliver_sm_resp, sequence: sequences[0]!.sequence });
    await waitFor(() => simulator.record.receipts.sent === 3);
    expect(simulator.held()).toBe(4);
  });

  test('waits for the next session when this one is gone', async () => {
    const simulator = await fixture.start();
    const lost = await fixture.bound(simulator);
    lost.deliverStatus = null;
    await lost.submit({ to: ALICE });
    await waitFor(() => lost.receipts().length === 1);
    lost.session.destroy();
    await waitFor(() => simulator.links().length === 0);
    const next = await fixture.bound(simulator);
    await waitFor(() => next.receipts().length === 1);
    await waitFor(() => simulator.held() === 0);
  });
});

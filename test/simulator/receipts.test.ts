/** Delivery receipts over real TCP: what they say and how they look, in each dialect that field reports speak of. */

import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import { COMMAND } from '../../src/smpp/constants.ts';
import { waitFor } from '../support/wait-for.ts';
import { ALICE, BOB, simulatorFixture } from './fixture.ts';

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

/** Delivery receipts over real TCP: when and where they come, and what becomes of those that are not taken. */
import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { waitFor } from '../support/wait-for.ts';
import { ALICE, simulatorFixture } from './fixture.ts';
import { bind } from './package-client.ts';

const fixture = simulatorFixture();

describe('when and where a receipt comes', () => {
  test('before the response', async () => {
    const simulator = await fixture.start({ receipts: { beforeResponse: 1 } });
    const client = await fixture.boundRaw(simulator);
    client.submit(2, ALICE);
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

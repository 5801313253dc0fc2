/** Receipts as real SMSCs send them: early, late, twice, elsewhere, in other words, or for nobody. */
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import { waitFor } from '../support/wait-for.ts';
import { dispatchFixture, expectAccountedFor, nonZero, type StartInput } from './harness.ts';

const dispatch = dispatchFixture();

type Receipts = NonNullable<BehaviourInput['receipts']>;

async function broadcastWith(input: StartInput, recipients = 300) {
  const running = await dispatch.start(input);
  const id = await running.launch({ recipients });
  const progress = await running.closed(id);
  await expectAccountedFor(running, id);
  return { running, id, progress };
}

const delivered = (count: number) => ({ delivered: count });

describe('receipts', () => {
  test('quirk 1: that come before the response are joined to it', async () => {
    const { running, progress } = await broadcastWith({
      behaviour: { receipts: { beforeResponse: 1 }, responses: { delayMs: { min: 1, max: 40 } } },
    });
    expect(nonZero(progress.counts)).toEqual(delivered(300));
    expect(running.record().receipts).toMatchObject({ sent: 300, acknowledged: 300 });
  });

  test.each([
    ['hex in the response', 'hex', 'decimal', { responseId: { base: 'hexToDecimal' } }],
    ['hex in the receipt', 'decimal', 'hex', { receiptId: { base: 'hexToDecimal' } }],
    ['decimal in the receipt, made hex', 'hex', 'decimal', { receiptId: { base: 'decimalToHex' } }],
  ] as const)('quirk 2: find their submission when the id is %s', async (_name, response, receipt, receipts) => {
    const messageIds = { response: { format: response }, receipt: { format: receipt }, first: '281474976710650' };
    const { progress } = await broadcastWith({ route: { receipts }, behaviour: { messageIds } }, 50);
    expect(nonZero(progress.counts)).toEqual(delivered(50));
  });

  test('quirk 3: find their submission when leading zeros and case differ', async () => {
    const messageIds = {
      response: { format: 'hexUpper', padTo: 20 },
      receipt: { format: 'hex' },
      first: '48879',
    } as const;
    const rule = { stripLeadingZeros: true, caseFold: true };
    const route = { receipts: { responseId: rule, receiptId: rule } };
    const { progress } = await broadcastWith({ route, behaviour: { messageIds } }, 50);
    expect(nonZero(progress.counts)).toEqual(delivered(50));
  });

  test.each([
    ['64-bit ids', { response: { format: 'decimal' }, first: '9223372036854775000' }],
    ['UUIDs', { response: { format: 'uuid' } }],
  ] as const)('quirk 4: find their submission by %s', async (_name, messageIds) => {
    const { progress } = await broadcastWith({ behaviour: { messageIds } }, 50);
    expect(nonZero(progress.counts)).toEqual(delivered(50));
  });

  test.each<[string, Receipts]>([
    ['quirk 5: without TLVs', { receiptedMessageId: false, messageState: false }],
    ['quirk 5: with nothing but TLVs', { textIn: 'nowhere' }],
    ['quirk 10: as data_sm', { pdu: 'data_sm', textIn: 'message_payload' }],
    ['quirk 10: in message_payload', { textIn: 'message_payload', receiptedMessageId: false, messageState: false }],
    ['quirk 11: without the receipt bits of esm_class', { esmClass: 0 }],
    ['quirk 12: with data_coding 8 over ASCII', { dataCoding: 8, receiptedMessageId: false, messageState: false }],
    ['quirk 40: with a truncated TLV', { malformed: { probability: 1, fault: 'truncated-tlv' } }],
  ])('%s are understood and answered', async (_title, receipts) => {
    const { running, progress } = await broadcastWith({ behaviour: { receipts } }, 50);
    expect(nonZero(progress.counts)).toEqual(delivered(50));
    expect(running.record().receipts).toMatchObject({ acknowledged: 50, nackedTemporary: 0, nackedPermanent: 0 });
  });

  test('quirk 15: are joined whatever link they come on', async () => {
    const { progress } = await broadcastWith({ route: { links: 4 }, behaviour: { receipts: { link: 'other' } } });
    expect(nonZero(progress.counts)).toEqual(delivered(300));
  });

  test('quirk 13: that come again, or after the final one, change nothing', async () => {
    const receipts: Receipts = {
      repeats: { probability: 1, times: 3, everyMs: 5 },
      enrouteAfterFinal: 1,
    };
    const { running, id, progress } = await broadcastWith({ behaviour: { receipts } }, 100);
    expect(nonZero(progress.counts)).toEqual(delivered(100));
    await waitFor(() => running.record().receipts.acknowledged === 500);
    expect((await expectAccountedFor(running, id)).counts.delivered).toBe(100);
  });

  test('quirk 14: of ids that nobody has are answered, and kept aside', async () => {
    const { running, progress } = await broadcastWith({ behaviour: { receipts: { unknownIds: 1 } } }, 100);
    expect(nonZero(progress.counts)).toEqual(delivered(100));
    await waitFor(() => running.record().receipts.acknowledged === 100);
    expect(running.record().receipts).toMatchObject({ unknownIds: 100, nackedTemporary: 0, unanswered: 0 });
    const { redis, prefix } = running.store;
    const parked = await redis.keys(`${prefix}*:parked:*`);
    const kept = await Promise.all(parked.map((key) => redis.hlen(key)));
    expect(kept.reduce((sum, count) => sum + count, 0)).toBe(100);
  });

  test('on the way show as enroute, then as delivered', async () => {
    const running = await dispatch.start({
      behaviour: { receipts: { intermediate: 1, delayMs: { min: 600, max: 600 } } },
    });
    const id = await running.launch({ recipients: 100 });
    await running.until(id, ({ counts }) => counts.enroute === 100);
    expect(nonZero((await running.closed(id)).counts)).toEqual(delivered(100));
  });

  test('quirk 44: a message of a subscriber is answered and is no receipt', async () => {
    const running = await dispatch.start({ behaviour: { receipts: { mix: { delivered: 0, none: 1 } } } });
    const id = await running.launch({ recipients: 10 });
    await running.until(id, ({ counts }) => counts.accepted === 10);
    running.simulator.act('send-mo');
    await waitFor(() => running.simulator.links().every(({ awaiting }) => awaiting.waiting === 0));
    expect(nonZero((await running.progress(id)).counts)).toEqual({ accepted: 10 });
  });

  test('rule 7: that never come leave their recipients unconfirmed at the deadline', async () => {
    const running = await dispatch.start({
      behaviour: { receipts: { mix: { delivered: 0.5, none: 0.5 } } },
    });
    const id = await running.launch({ recipients: 100 });
    const { counts } = await running.until(
      id,
      ({ counts: { accepted, delivered: done } }) =>
        accepted > 0 && done > 0 && accepted + done === 100 && running.simulator.held() === 0,
    );
    running.clock.aheadMs = Date.parse((await running.broadcast(id)).receiptDeadline) - Date.now() + 1;
    await running.hasten();
    const end = await running.closed(id);
    expect(nonZero(end.counts)).toEqual({ delivered: counts.delivered, unconfirmed: counts.accepted });
    await expectAccountedFor(running, id);
  });
});

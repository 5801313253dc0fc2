/** Receipts and what they make of a broadcast; how SMSCs differ in them is in test/quirks. */
import { waitFor } from '../support/wait-for.ts';
import { dispatchFixture, expectAccountedFor, nonZero } from './harness.ts';

const dispatch = dispatchFixture();

const delivered = (count: number) => ({ delivered: count });

describe('receipts', () => {
  test('quirk 40: with a truncated TLV are understood and answered', async () => {
    const running = await dispatch.start({
      behaviour: { receipts: { malformed: { probability: 1, fault: 'truncated-tlv' } } },
    });
    const id = await running.launch({ recipients: 50 });
    expect(nonZero((await running.closed(id)).counts)).toEqual(delivered(50));
    expect(running.record().receipts).toMatchObject({ acknowledged: 50, nackedTemporary: 0, nackedPermanent: 0 });
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

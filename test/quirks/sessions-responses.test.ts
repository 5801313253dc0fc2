/** Responses that never come, come late, or do not say what they answer. */
import { COMMAND, STATUS } from '../../src/smpp/constants.ts';
import { dispatchFixture, expectAccountedFor, nonZero } from '../dispatch/harness.ts';
import { waitFor } from '../support/wait-for.ts';
import { linkFixture } from './link-fixture.ts';

const links = linkFixture();
const dispatch = dispatchFixture();
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('responses that never come', () => {
  test('quirk 28: each gives its place back as in doubt, and the link goes on', async () => {
    const { simulator, link, submit, inDoubt, responses } = await links.open(
      { responses: { lost: 1 } },
      { window: 20, responseTimeoutMs: 500 },
    );
    submit(20);
    expect(link.room).toBe(0);
    await waitFor(() => inDoubt.length === 20);
    expect(inDoubt).toEqual(upTo(20));
    expect([link.state, link.room]).toEqual(['bound', 20]);
    simulator.patchBehaviour({ responses: { lost: 0 } });
    submit(5);
    await waitFor(() => responses.length === 5);
    expect(simulator.record.snapshot()).toMatchObject({ accepted: 25, binds: { ESME_ROK: 1 } });
  });

  test('quirk 28: lose nobody; who is sent the text again is listed as in doubt', async () => {
    const running = await dispatch.start({
      behaviour: { responses: { lost: 0.05 } },
      route: { responseTimeoutMs: 300 },
    });
    const id = await running.launch({ recipients: 600 });
    const { counts, inDoubt } = await running.closed(id, 15_000);
    const { responsesLost, recipients, duplicates } = running.record();
    expect(nonZero(counts)).toEqual({ delivered: 600 });
    expect(responsesLost).toBeGreaterThan(5);
    expect(recipients).toBe(600);
    expect(duplicates).toBeLessThanOrEqual(inDoubt);
    await expectAccountedFor(running, id);
  });
});

describe('responses that come late', () => {
  const LATE = { responses: { late: { probability: 1, delayMs: 2_000 } } };

  test('quirk 29: still find their submission, once, and free no place a second time', async () => {
    const { link, submit, inDoubt, responses } = await links.open(LATE, { window: 10, responseTimeoutMs: 500 });
    submit(10);
    await waitFor(() => inDoubt.length === 10);
    await waitFor(() => responses.length === 10);
    expect(responses).toEqual(upTo(10).map((address) => ({ address, status: STATUS.ESME_ROK, late: true })));
    expect([link.state, link.room]).toEqual(['bound', 10]);
  });

  test('quirk 29: are recorded, and nobody gets a second copy where the notice says hold', async () => {
    const running = await dispatch.start({ behaviour: LATE, route: { responseTimeoutMs: 500 } });
    const id = await running.launch({ recipients: 100, notice: { inDoubt: 'hold' } });
    await running.until(id, ({ inDoubt }) => inDoubt === 100);
    const { counts } = await running.until(id, ({ counts: { delivered } }) => delivered === 100);
    expect(nonZero(counts)).toEqual({ delivered: 100 });
    expect(running.record()).toMatchObject({ submits: 100, recipients: 100, duplicates: 0 });
  });
});

describe('a socket that dies with the window in flight', () => {
  test.each(['drop', 'reset'] as const)(
    'quirk 30: by %s leaves just what was not answered in doubt',
    async (action) => {
      const { simulator, link, submit, inDoubt, responses } = await links.open({}, { window: 40 });
      submit(15);
      await waitFor(() => responses.length === 15);
      simulator.patchBehaviour({ responses: { delayMs: { min: 60_000, max: 60_000 } } });
      submit(20);
      await waitFor(() => simulator.record.snapshot().submits === 35);
      simulator.act(action);
      await waitFor(() => inDoubt.length === 20);
      expect(inDoubt).toEqual(upTo(35).slice(15));
      await waitFor(() => link.state === 'bound');
      expect(link.room).toBe(40);
    },
  );

  test('quirk 30: was journalled before the write: whatever the SMSC has seen, the ledger knew', async () => {
    const running = await dispatch.start({
      behaviour: { responses: { delayMs: { min: 60_000, max: 60_000 } } },
      route: { links: 1, window: 80, responseTimeoutMs: 60_000 },
    });
    const id = await running.launch({ recipients: 200, notice: { inDoubt: 'hold' } });
    // A window is refilled when a quarter of it is free: that much may be missing.
    await waitFor(() => running.record().submits > 60, 10_000);
    const seen = running.record().submits;
    expect((await running.progress(id)).counts.sending).toBeGreaterThanOrEqual(seen);
    running.simulator.patchBehaviour({ responses: { delayMs: { min: 0, max: 0 } } });
    running.simulator.act('drop');
    const { counts, inDoubt } = await running.until(id, ({ counts: { held, delivered } }) => held + delivered === 200);
    // Held as the notice says, and listed: nobody was sent the text twice.
    expect(inDoubt).toBeGreaterThanOrEqual(seen);
    expect(nonZero(counts)).toEqual({ delivered: 200 - inDoubt, held: inDoubt });
    expect(running.record()).toMatchObject({ recipients: 200, duplicates: 0 });
  });
});

describe('a generic_nack', () => {
  test('quirk 36: without a usable sequence number lets the place expire, and the link goes on', async () => {
    const { link, submit, inDoubt, responses, anomalies } = await links.open(
      { responses: { genericNack: 1, nackSequence: 'zero' } },
      { window: 5, responseTimeoutMs: 200 },
    );
    submit(5);
    await waitFor(() => inDoubt.length === 5);
    expect(responses).toEqual([]);
    expect(anomalies).toEqual(Array(5).fill('nack'));
    expect([link.state, link.room]).toEqual(['bound', 5]);
  });

  test('quirk 36: with the sequence number of a submission is its answer, and never a success', async () => {
    const { smsc, submit, responses } = await links.openRaw();
    submit(3);
    const submissions = await smsc.until(COMMAND.submit_sm, 3);
    for (const [i, status] of [STATUS.ESME_RSYSERR, STATUS.ESME_RINVCMDID, STATUS.ESME_ROK].entries()) {
      smsc.send({ command: COMMAND.generic_nack, status, sequence: submissions[i]!.sequence });
    }
    await waitFor(() => responses.length === 3);
    expect(responses.map(({ status }) => status)).toEqual([
      STATUS.ESME_RSYSERR,
      STATUS.ESME_RINVCMDID,
      STATUS.ESME_RSYSERR,
    ]);
  });

  test('quirk 36: in place of some responses loses nobody', async () => {
    const running = await dispatch.start({
      behaviour: { responses: { genericNack: 0.1, nackSequence: 'zero' } },
      route: { responseTimeoutMs: 1_500 },
    });
    const id = await running.launch({ recipients: 300 });
    expect(nonZero((await running.closed(id, 15_000)).counts)).toEqual({ delivered: 300 });
    // A nacked submission was refused: the copy that follows is the only one.
    expect(running.record()).toMatchObject({ recipients: 300, duplicates: 0 });
  });
});

/** Several processes on one broadcast, dead ones, lost jobs, and plans that somebody tampered with. */
import { Queue } from 'bullmq';
import { ledgerBatches, planRecords } from '../../src/broadcasts/broadcast.ts';
import { Slots } from '../../src/ledger/slots.ts';
import { waitFor } from '../support/wait-for.ts';
import { dispatchFixture, expectAccountedFor, LONG_TEXT, nonZero, type RunningDispatch } from './harness.ts';

const dispatch = dispatchFixture();

async function theBatch(running: RunningDispatch, id: string) {
  const [lane] = (await running.plan(id)).lanes;
  const [batch] = ledgerBatches(running.store, (await running.broadcast(id)).no, lane!);
  return batch!;
}

/** More than the keeper's first patience. */
const STALL_MS = 3_100;

async function loseJobs({ store }: RunningDispatch): Promise<void> {
  const prefix = `{${store.prefix}queue-drill}`;
  const queue = new Queue('batches-drill', { connection: store.redis, prefix, skipVersionCheck: true });
  await queue.obliterate({ force: true });
  await queue.close();
}

describe('two dispatchers', () => {
  test('share a broadcast, and nobody gets a text twice', async () => {
    const running = await dispatch.start({ dispatchers: 2 });
    const id = await running.launch({ recipients: 2_500, regions: ['2A', '35'] });
    const progress = await running.closed(id);
    expect(nonZero(progress.counts)).toEqual({ delivered: 5_000 });
    expect(progress.inDoubt).toBe(0);
    expect(running.record()).toMatchObject({ accepted: 5_000, recipients: 5_000, repeatedParts: 0 });
    expect(running.simulator.links().map(({ submits }) => submits > 0)).toEqual([true, true, true, true]);
    await expectAccountedFor(running, id);
  });

  test('hand over what is left when one of them stops: nothing is lost, in doubt or twice', async () => {
    const running = await dispatch.start({
      dispatchers: 2,
      route: { segmentsPerSecond: 1_000 },
      behaviour: { responses: { delayMs: { min: 0, max: 30 } } },
    });
    const id = await running.launch({ recipients: 1_000, regions: ['2A', '35', '974'] });
    await waitFor(() => running.record().submits > 500);
    await running.dispatchers[0]!.stop();
    expect(running.record().submits).toBeLessThan(3_000);
    const progress = await running.closed(id);
    expect(nonZero(progress.counts)).toEqual({ delivered: 3_000 });
    expect(progress.inDoubt).toBe(0);
    expect(running.record()).toMatchObject({ accepted: 3_000, repeatedParts: 0 });
  });

  test('quirk 15: receipts that come to the other process are joined', async () => {
    const running = await dispatch.start({
      dispatchers: 2,
      route: { links: 1 },
      behaviour: { receipts: { link: 'other' } },
    });
    const id = await running.launch({ recipients: 1_000 });
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 1_000 });
  });

  test('a dispatcher that stops while texts of two segments wait for another try ends in time', async () => {
    const running = await dispatch.start({
      route: { retryDelayMs: 200 },
      behaviour: { submissions: { refusals: [{ status: 'ESME_RMSGQFUL', probability: 0.5, times: 60 }] } },
    });
    const id = await running.launch({ recipients: 200, text: LONG_TEXT });
    await waitFor(() => running.record().accepted > 100);
    await running.dispatchers[0]!.stop();
    const left = await running.progress(id);
    expect(left.counts.sending).toBe(0);
    await running.dispatcher();
    expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 200 });
    expect(running.record().repeatedParts).toBe(0);
  });

  test('a dispatcher that stops without a link leaves what it sent in doubt, and ends in time', async () => {
    const running = await dispatch.start({
      route: { responseTimeoutMs: 300, retryDelayMs: 100 },
      behaviour: { submissions: { refusals: [{ status: 'ESME_RMSGQFUL', probability: 0.5 }] } },
    });
    const id = await running.launch({ recipients: 200, text: LONG_TEXT });
    await waitFor(() => running.record().accepted > 50);
    running.simulator.patchBehaviour({ bind: { silent: true } });
    running.simulator.act('drop');
    const stopping = performance.now();
    await running.dispatchers[0]!.stop();
    expect(performance.now() - stopping).toBeLessThan(5_000);
    running.simulator.patchBehaviour({ bind: { silent: false }, submissions: { refusals: [] } });
    await running.dispatcher();
    const progress = await running.closed(id);
    expect(nonZero(progress.counts)).toEqual({ delivered: 200 });
    expect(running.record().duplicates).toBeLessThanOrEqual(progress.inDoubt);
  });
});

describe('a process that died', () => {
  test('rule 5: leaves its slots in doubt, decided only when its responses could have come no more', async () => {
    const running = await dispatch.start({ dispatchers: 0, route: { responseTimeoutMs: 2_500 } });
    const id = await running.launch({ recipients: 100 });
    const batch = await theBatch(running, id);
    const slots = new Slots({ store: running.store });
    const dead = await slots.take(batch);
    await slots.claim(batch, dead.epoch, 0, 9);
    await running.dispatcher();
    await running.until(id, ({ counts }) => counts.delivered === 90);
    const before = await running.progress(id);
    expect(before).toMatchObject({ inDoubt: 0, counts: { sending: 10 } });
    const { firstSubmitAt } = running.record();
    const progress = await running.closed(id);
    expect(nonZero(progress.counts)).toEqual({ delivered: 100 });
    expect(progress.inDoubt).toBe(10);
    expect(running.record().lastSubmitAt! - firstSubmitAt!).toBeGreaterThan(2_300);
  });

  test('rule 5: its slots are held where the notice says hold', async () => {
    const running = await dispatch.start({ dispatchers: 0, route: { responseTimeoutMs: 200 } });
    const id = await running.launch({ recipients: 100, notice: { inDoubt: 'hold' } });
    const batch = await theBatch(running, id);
    const slots = new Slots({ store: running.store });
    const dead = await slots.take(batch);
    await slots.claim(batch, dead.epoch, 0, 9);
    await running.dispatcher();
    const progress = await running.closed(id);
    expect(nonZero(progress.counts)).toEqual({ delivered: 90, held: 10 });
    expect(progress.inDoubt).toBe(10);
    expect(running.record().submits).toBe(90);
  });

  test('whose job is lost too, with everything in the air, is found by the keeper', async () => {
    const running = await dispatch.start({
      dispatchers: 0,
      route: { responseTimeoutMs: 100, bindTimeoutMs: 50 },
      behaviour: { bind: { silent: true } },
    });
    const id = await running.launch({ recipients: 20 });
    const batch = await theBatch(running, id);
    const slots = new Slots({ store: running.store });
    const dead = await slots.take(batch);
    await slots.claim(batch, dead.epoch, 0, 19);
    await running.dispatcher();
    await waitFor(() => running.logged.some(({ msg }) => msg === 'batches planned'));
    await loseJobs(running);
    running.simulator.patchBehaviour({ bind: { silent: false } });
    await running.hasten();
    running.clock.aheadMs = STALL_MS;
    const progress = await running.closed(id);
    expect(nonZero(progress.counts)).toEqual({ delivered: 20 });
    expect(progress.inDoubt).toBe(20);
  });

  test('rule 1: that was only taken for dead claims nothing any more', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 300 } });
    const id = await running.launch({ recipients: 800 });
    await waitFor(() => running.record().submits > 50);
    const batch = await theBatch(running, id);
    const slots = new Slots({ store: running.store });
    await slots.take(batch);
    // What it had claimed and not written yet stays `sending`: its word no longer counts, so the next taker decides.
    const submits = await waitFor(async () => {
      const { counts } = await running.progress(id);
      return counts.pending + counts.sending + counts.delivered === 800 ? running.record().submits : 0;
    });
    expect(submits).toBeLessThan(800);
    // Its run ended as lost; the keeper finds that nobody moves the rest, and it goes out once.
    const silentSince = performance.now();
    await waitFor(() => performance.now() - silentSince > 500);
    running.clock.aheadMs = STALL_MS;
    const progress = await running.closed(id);
    expect(nonZero(progress.counts)).toEqual({ delivered: 800 });
    expect(running.record().repeatedParts).toBe(0);
  });
});

describe('the keeper', () => {
  test('adds jobs again that were lost in mid-broadcast', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 1_000 } });
    const regions = Array.from({ length: 90 }, (_, i) => String(i + 1).padStart(2, '0'));
    const id = await running.launch({ recipients: 30, regions });
    await waitFor(() => running.record().submits > 100);
    await loseJobs(running);
    const { submits } = await waitFor(() => {
      const record = running.record();
      return Date.now() - record.lastSubmitAt! > 300 ? record : undefined;
    });
    expect(submits).toBeLessThan(2_700);
    running.clock.aheadMs = STALL_MS;
    const progress = await running.closed(id, 15_000);
    expect(nonZero(progress.counts)).toEqual({ delivered: 2_700 });
    expect(running.record().repeatedParts).toBe(0);
    await expectAccountedFor(running, id);
  });

  test('goes on in another process when the one that kept is gone', async () => {
    const running = await dispatch.start({ dispatchers: 2, route: { segmentsPerSecond: 500 } });
    const id = await running.launch({ recipients: 500 });
    const key = `${running.store.prefix}{rec}:keeper`;
    const first = await waitFor(() => running.store.redis.get(key));
    await running.dispatchers[0]!.stop();
    await running.closed(id);
    const second = await waitFor(() => running.store.redis.get(key));
    await running.dispatchers[1]!.stop();
    expect(await running.store.redis.exists(key)).toBe(0);
    expect([typeof first, typeof second]).toEqual(['string', 'string']);
  });
});

describe('R10: a text that is not the approved one', () => {
  test('is refused: none of its lane leaves, it is said once a batch, and other lanes go out', async () => {
    const running = await dispatch.start({ dispatchers: 0 });
    const id = await running.launch({ recipients: 50, regions: ['2A', '35'] });
    const stored = await planRecords(running.store).get(id);
    const lanes = stored.value.lanes.map((lane) =>
      lane.region === '35' ? { ...lane, rendering: { ...lane.rendering, text: `${lane.rendering.text}!` } } : lane,
    );
    const act = { actor: 'nobody', action: 'tamper', subject: `plan/${id}` };
    await planRecords(running.store).update(stored, { lanes }, act);
    await running.dispatcher();
    await running.until(id, ({ counts }) => counts.delivered === 50);
    const refusal = await waitFor(() => running.logged.find(({ level }) => level === 50));
    expect(refusal).toMatchObject({
      err: { code: 'text_not_approved' },
      msg: expect.stringContaining('batch not run'),
    });
    expect(JSON.stringify(refusal)).not.toMatch(/\b999\d{9}\b/);
    const { regions } = await running.progress(id);
    expect(regions.map(({ region, delivered }) => [region, delivered])).toEqual([
      ['2A', 50],
      ['35', 0],
    ]);
    expect(running.record().submits).toBe(50);
  });
});

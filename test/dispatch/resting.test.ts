/** Recipients that the SMSC refuses for now, for long: they wait for their turn, and nobody waits for them. */
import { Queue } from 'bullmq';
import { waitFor } from '../support/wait-for.ts';
import { dispatchFixture, nonZero, recipientOf } from './harness.ts';

const dispatch = dispatchFixture();

/** More than a process has batches at hand. */
const REGIONS = Array.from({ length: 40 }, (_, i) => String(i + 1).padStart(2, '0'));
const RECIPIENTS = 20;

test('quirk 23: one recipient in every batch whose queue stays full holds up nobody else', async () => {
  const stuck = REGIONS.map((_, region) => String(recipientOf(1, region, 7)));
  const running = await dispatch.start({
    route: { retryDelayMs: 20_000 },
    behaviour: { submissions: { refusals: [{ status: 'ESME_RMSGQFUL', destinations: stuck, times: REGIONS.length }] } },
  });
  const id = await running.launch({ recipients: RECIPIENTS, regions: REGIONS });
  const others = REGIONS.length * (RECIPIENTS - 1);
  const { counts } = await running.until(id, (progress) => progress.counts.delivered === others);
  expect(nonZero(counts)).toEqual({ delivered: others, pending: REGIONS.length });

  const prefix = `{${running.store.prefix}queue-drill}`;
  const queue = new Queue('batches-drill', { connection: running.store.redis, prefix, skipVersionCheck: true });
  const resting = await waitFor(async () => {
    const delayed = await queue.getDelayed();
    return delayed.length === REGIONS.length ? delayed : undefined;
  });
  for (const { data, delay } of resting) {
    expect(data.refused).toBe(1);
    expect(delay).toBeGreaterThan(8_000);
  }
  await Promise.all(resting.map((job) => job.promote()));
  await queue.close();
  expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: REGIONS.length * RECIPIENTS });
});

/** What has to hold after a server of the store died in mid-broadcast. */
import { expectAccountedFor, nonZero, type RunningDispatch } from '../dispatch/harness.ts';

/** Everybody has the text, and nobody has it twice but those in doubt. */
export async function expectDelivered(running: RunningDispatch, id: string, recipients: number): Promise<void> {
  const progress = await running.closed(id, 40_000);
  const record = running.record();
  expect(nonZero(progress.counts)).toEqual({ delivered: recipients });
  expect(record.recipients).toBe(recipients);
  expect(record.duplicates).toBeLessThanOrEqual(progress.inDoubt);
  await expectAccountedFor(running, id);
}

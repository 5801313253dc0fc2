/**
 * The clock of a run, read at the simulator. A message counts when it was submitted, answered, receipted, and its receipt
 * acknowledged: the run goes from the first submission to the last of those acknowledgements.
 */

import { setTimeout as pause } from 'node:timers/promises';
import type { RecordSnapshot } from '../src/simulator/record.ts';
import type { Bed } from './bed.ts';
import { count } from './screen.ts';
import type { SimulatedSmsc } from './simulated-smsc.ts';
import { until } from './waiting.ts';

const POLL_MS = 100;
/** Near the end it is asked more often: what it is late by counts against whoever is measured. */
const END_POLL_MS = 10;
const NEAR_END = 0.97;
const STALLED_MS = 30_000;

export interface Clocked {
  readonly record: RecordSnapshot;
  /** Milliseconds since the epoch. */
  readonly firstSubmitAt: number;
  readonly acknowledgedAt: number;
  readonly messagesPerSecond: number;
  /** From the first to the last submission, whatever came of them later. */
  readonly submissionsPerSecond: number;
}

/**
 * Waits until `messages` of `segments` each are acknowledged. Ends early when nothing moves for half a minute: what is
 * missing then is lost, and shows as such.
 */
export async function clockRun(
  bed: Bed,
  { messages, segments, title }: { messages: number; segments: number; title: string },
): Promise<Clocked> {
  const wanted = messages * segments;
  let moved = { done: -1, at: performance.now(), wallMs: Date.now() };
  for (;;) {
    const record = await bed.smsc.record();
    const at = Date.now();
    const done = record.receipts.acknowledged;
    if (done > moved.done) moved = { done, at: performance.now(), wallMs: at };
    const elapsed = record.firstSubmitAt === null ? 0 : (at - record.firstSubmitAt) / 1_000;
    const rate = elapsed > 0 ? done / segments / elapsed : 0;
    bed.screen.progress(`${title}: ${count(done / segments)} of ${count(messages)}, ${count(rate)} messages/s`);
    if (done >= wanted || performance.now() - moved.at > STALLED_MS) {
      return clocked(record, moved.wallMs, segments);
    }
    await pause(done > wanted * NEAR_END ? END_POLL_MS : POLL_MS, undefined, { signal: bed.signal });
  }
}

function clocked(record: RecordSnapshot, acknowledgedAt: number, segments: number): Clocked {
  const messages = record.receipts.acknowledged / segments;
  const perSecond = (count: number, ms: number) => (ms > 0 ? count / (ms / 1_000) : 0);
  const firstSubmitAt = record.firstSubmitAt ?? acknowledgedAt;
  const lastSubmitAt = record.lastSubmitAt ?? acknowledgedAt;
  return {
    record,
    firstSubmitAt,
    acknowledgedAt,
    messagesPerSecond: perSecond(messages, acknowledgedAt - firstSubmitAt),
    submissionsPerSecond: perSecond(record.submits, lastSubmitAt - firstSubmitAt),
  };
}

/** Those the SMSC never had, or whose receipt nobody took. */
export const lostOf = (record: RecordSnapshot, messages: number, segments: number): number =>
  Math.max(messages - record.recipients, Math.ceil((messages * segments - record.receipts.acknowledged) / segments), 0);

/** Waits for sessions of an earlier run to be gone, then empties the record. */
export async function cleanRecord(smsc: SimulatedSmsc, signal: AbortSignal): Promise<void> {
  await until({ what: 'the sessions of the last run are gone', deadlineMs: 15_000, pollMs: 50, signal }, async () =>
    (await smsc.bound()) === 0 ? true : undefined,
  );
  await smsc.reset();
}

/** Other clients on the same simulator, for comparison: Kannel with and without its spool store, and the smpp package. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Bed } from './bed.ts';
import { hand, startKannel } from './kannel-box.ts';
import { type Clocked, cleanRecord, clockRun, lostOf } from './run-clock.ts';
import { FIRST_NUMBER } from './seeding.ts';
import { ONE_SEGMENT } from './texts.ts';

const PACKAGE_CLIENT = fileURLToPath(new URL('./smpp-package-client.ts', import.meta.url));
const PACKAGE_MESSAGES = 60_000;
/** Many recipients a request is the best that its HTTP interface can do; one a request is how it is mostly used. */
const KANNEL_RUNS = [
  { name: 'Kannel, no store', spool: false, messages: 20_000, recipientsARequest: 100 },
  { name: 'Kannel, spool store', spool: true, messages: 20_000, recipientsARequest: 100 },
  { name: 'Kannel, spool store, one recipient a request', spool: true, messages: 10_000, recipientsARequest: 1 },
] as const;
/** Kannel's own default is 10; it gains nothing above this. */
const KANNEL_WINDOW = 1_000;

export interface Other {
  readonly name: string;
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly lost: number;
}

export const hasKannel = (): boolean =>
  ['bearerbox', 'smsbox'].every((program) => spawnSync('which', [program]).status === 0);

export async function runPackage(bed: Bed, window: number): Promise<Other> {
  await cleanRecord(bed.smsc, bed.signal);
  const numbers = [bed.smsc.smppPort, window, PACKAGE_MESSAGES, FIRST_NUMBER].map(String);
  const args = ['--import', 'tsx', PACKAGE_CLIENT, ...numbers, ONE_SEGMENT];
  const client = bed.children.start('smpp-package', process.execPath, args);
  const name = 'smpp package, no store';
  const clocked = await clockRun(bed, { messages: PACKAGE_MESSAGES, segments: 1, title: name });
  await bed.children.stop(client);
  return other(name, PACKAGE_MESSAGES, clocked);
}

export async function runKannel(bed: Bed): Promise<Other[]> {
  const others: Other[] = [];
  for (const { name, spool, messages, recipientsARequest } of KANNEL_RUNS) {
    await cleanRecord(bed.smsc, bed.signal);
    const box = await startKannel(bed, { name: String(others.length), spool, window: KANNEL_WINDOW });
    const handing = hand(box, { messages, firstNumber: FIRST_NUMBER, text: ONE_SEGMENT, recipientsARequest });
    const [clocked] = await Promise.all([clockRun(bed, { messages, segments: 1, title: name }), handing]);
    await box.stop();
    others.push(other(name, messages, clocked));
  }
  return others;
}

const other = (name: string, messages: number, { messagesPerSecond, record }: Clocked): Other => ({
  name,
  messages,
  messagesPerSecond,
  lost: lostOf(record, messages, 1),
});

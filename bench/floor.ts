/** The floor: what the wire gives to a client that keeps nothing. The product is held against it. */
import { fileURLToPath } from 'node:url';
import type { Bed } from './bed.ts';
import { type Clocked, cleanRecord, clockRun } from './run-clock.ts';
import { FIRST_NUMBER } from './seeding.ts';

const CLIENT = fileURLToPath(new URL('./floor-client.ts', import.meta.url));

export interface FloorResult extends Clocked {
  readonly nodeMicrosPerMessage: number;
}

export interface FloorWork {
  readonly messages: number;
  readonly segments: number;
  readonly text: string;
  readonly links: number;
  readonly window: number;
  readonly title: string;
}

export async function runFloor(bed: Bed, work: FloorWork): Promise<FloorResult> {
  await cleanRecord(bed.smsc, bed.signal);
  const { links, window, messages, text } = work;
  const args = [
    '--import',
    'tsx',
    CLIENT,
    ...[bed.smsc.smppPort, links, window, messages, FIRST_NUMBER].map(String),
    text,
  ];
  const client = bed.children.start('floor', process.execPath, args, { stdout: 'pipe' });
  let output = '';
  client.process.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  const closed = new Promise((resolve) => client.process.once('close', resolve));
  const clocked = await clockRun(bed, work);
  await closed;
  const { cpuMicros } = JSON.parse(output) as { cpuMicros: number };
  return { ...clocked, nodeMicrosPerMessage: cpuMicros / messages };
}

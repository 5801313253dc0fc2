/**
 * `node --import tsx bench/audience.ts`: imports a file made on the spot, as large as asked for, into a Redis of its own,
 * and holds the result against what is known of the file, to the last number. Ends with 1 where they differ.
 */
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { Audiences } from '../src/audience/audiences.ts';
import { blockLength, readMsisdn } from '../src/audience/blocks.ts';
import type { AudienceSnapshot, ImportProgress } from '../src/audience/snapshot.ts';
import { CHECKSUM_BELOW, type Truth, writeAudienceFile } from './audience-file.ts';
import { Children } from './children.ts';
import { peakMb } from './machine.ts';
import { PrivateRedis, redisFolder } from './private-redis.ts';

const options = new Command('node --import tsx bench/audience.ts')
  .description('Measures how fast an audience is imported on this machine, and checks every recipient.')
  .option('--lines <count>', 'lines of the file', whole, 2_000_000)
  .option('--gz', 'a gzipped file')
  .option('--json', 'prints the figures as JSON')
  .parse()
  .opts<{ lines: number; gz?: boolean; json?: boolean }>();

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => stop.abort(new Error(`ended by ${name}`)));
}
const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-audience-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
try {
  await measure(folder, stop.signal);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
process.exit();

async function measure(work: string, signal: AbortSignal): Promise<void> {
  const file = join(work, options.gz ? 'audience.csv.gz' : 'audience.csv');
  say(`writing ${options.lines.toLocaleString('en')} lines ...`);
  const truth = await writeAudienceFile(file, options.lines, options.gz === true, signal);
  const redis = await PrivateRedis.start(new Children(work), redisFolder(work, 1));
  try {
    const audiences = new Audiences({ store: redis.store, workFolder: work });
    const { size } = await stat(file);
    forgetPeak();
    const phases: { phase: string; atSeconds: number }[] = [];
    const from = performance.now();
    const onProgress = ({ phase }: ImportProgress) => {
      if (phases.at(-1)?.phase !== phase) phases.push({ phase, atSeconds: (performance.now() - from) / 1_000 });
    };
    const source = createReadStream(file);
    const imported = await audiences.import(source, { name: 'bench', onProgress, signal, sizeHint: size }, 'cli:bench');
    const seconds = (performance.now() - from) / 1_000;
    const peak = peakMb(process.pid);
    const wrong = await differences(truth, imported.snapshot.value, imported.snapshot.id, audiences);
    const received = phases.find(({ phase }) => phase === 'writing')?.atSeconds ?? seconds;
    report({
      gzip: options.gz === true,
      fileMb: size / 1e6,
      seconds,
      receivingSeconds: received,
      writingSeconds: seconds - received,
      linesPerSecond: options.lines / seconds,
      peakMb: peak,
      redisMb: (await redis.read()).memoryBytes / 2 ** 20,
      cpus: cpus().length,
      ...truth,
      wrong,
    });
    if (wrong.length > 0) process.exitCode = 1;
  } finally {
    await redis.stop();
  }
}

/** Every count, every block's order, and the sum of all numbers. */
async function differences(
  truth: Truth,
  snapshot: AudienceSnapshot,
  id: string,
  audiences: Audiences,
): Promise<string[]> {
  const found: Truth = { ...snapshot, checksum: 0 };
  const wrong: string[] = [];
  let read = 0;
  for (const { region, language, blocks } of snapshot.groups) {
    let last = 0;
    for (let i = 0; i < blocks; i += 1) {
      const block = await audiences.block(id, region, language, i);
      for (let slot = 0; slot < blockLength(block); slot += 1) {
        const msisdn = readMsisdn(block, slot);
        if (msisdn <= last) wrong.push(`group ${region} ${language} is out of order in block ${i}`);
        last = msisdn;
        found.checksum = (found.checksum + msisdn) % CHECKSUM_BELOW;
      }
      read += blockLength(block);
    }
  }
  if (read !== truth.recipients) wrong.push(`${read} recipients in blocks, ${truth.recipients} in the file`);
  for (const [name, value] of Object.entries(truth)) {
    const got = found[name as keyof Truth];
    if (got !== value) wrong.push(`${name}: ${got} found, ${value} in the file`);
  }
  return wrong;
}

type Figures = Truth & { wrong: string[]; gzip: boolean } & Record<
    'fileMb' | 'seconds' | 'receivingSeconds' | 'writingSeconds' | 'linesPerSecond' | 'peakMb' | 'redisMb' | 'cpus',
    number
  >;

function report(figures: Figures): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
    return;
  }
  const whole = (value: number) => Math.round(value).toLocaleString('en');
  const { seconds, receivingSeconds, writingSeconds } = figures;
  const lines = [
    `${whole(figures.lines)} lines (${whole(figures.fileMb)} MB${figures.gzip ? ' gzipped' : ''}) in ${seconds.toFixed(2)} s: ${whole(figures.linesPerSecond)} lines a second`,
    `  read and sorted ${receivingSeconds.toFixed(2)} s, merged and written to Redis ${writingSeconds.toFixed(2)} s, on ${figures.cpus} cores`,
    `  most memory held ${whole(figures.peakMb)} MB; Redis holds ${whole(figures.redisMb)} MB`,
    `  recipients ${whole(figures.recipients)}, duplicates left out ${whole(figures.duplicates)}, lines rejected ${whole(figures.rejected)}`,
    figures.wrong.length === 0
      ? '  every count is right, every block in order, and the sum of all numbers is that of the file'
      : `  WRONG: ${figures.wrong.slice(0, 10).join('; ')}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Linux starts the count of VmHWM anew; elsewhere the making of the file counts in. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    say('the peak of memory includes the making of the file');
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function whole(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (Number.isInteger(value) && value >= 1 && value <= 100_000_000) return value;
  throw new InvalidArgumentError('must be a whole number from 1 to 100000000.');
}

/** `npm run fuzz`: mutated inputs by the million; the first that breaks something is printed so that it can be repeated. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import { Finding, HTTP_TARGET, PROTOCOL_TARGETS, type Target } from './targets.ts';
import { Watchdog } from './watchdog.ts';

/** Nothing that is fuzzed may hold on to its inputs. */
const MOST_MB = 1_200;
const SAY_EVERY_MS = 5_000;
/** Characters of an input on the screen. */
const MOST_SHOWN = 4_000;
const TARGETS: readonly Target[] = [...PROTOCOL_TARGETS, HTTP_TARGET];

const names = TARGETS.map(({ name }) => name);
const options = new Command('npm run fuzz --')
  .description(
    'Feeds mutated PDUs, receipt texts and HTTP requests to what reads them. It fails where an exception escapes, an input ' +
      'hangs, memory grows, a request is not answered, or a session ends that the protocol does not end.',
  )
  .option('--inputs <count>', 'inputs over all targets, or of the one named by --only', whole, 1_000_000)
  .option('--seed <number>', 'the same seed gives the same inputs; random unless given', whole)
  .addOption(new Option('--only <target>', 'one target').choices(names))
  .option('--from <index>', 'first input', whole, 0)
  .parse()
  .opts<{ inputs: number; seed?: number; only?: string; from: number }>();

const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
const watchdog = new Watchdog(names, seed);
let at = { target: '', index: 0 };
let saidAt = 0;

process.on('uncaughtException', (error) => fail(at.target, at.index, 1, '', error.stack ?? error.message));
process.on('unhandledRejection', (error) => fail(at.target, at.index, 1, '', String(error)));

process.stderr.write(`seed ${seed}\n`);
const folder = mkdtempSync(join(tmpdir(), 'tocsin-fuzz-'));
const redis = await startEmbeddedRedis({
  binary: await findOrInstallRedis({ say: (line) => process.stderr.write(`${line}\n`) }),
  folder,
});
process.once('exit', () => endRedis());
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => process.exit(1));
// The store of the API under test, as in the tests.
process.env.TOCSIN_TEST_REDIS_URL = redis.url;
for (const { name, share, run } of TARGETS) {
  if (options.only !== undefined && options.only !== name) continue;
  const count = options.only === undefined ? Math.max(1, Math.round(options.inputs * share)) : options.inputs;
  const end = options.from + count;
  const from = performance.now();
  try {
    await run(seed, options.from, end, (index) => look(name, index, end));
  } catch (error) {
    if (!(error instanceof Finding)) throw error;
    fail(name, error.index, error.count, error.input, error.message);
  }
  const seconds = (performance.now() - from) / 1_000;
  process.stderr.write(`${name}: ${count.toLocaleString('en-GB')} inputs, ${seconds.toFixed(1)} s, nothing found\n`);
}
await watchdog.stop();
process.exit();

/** At once: this is called when the process ends. */
function endRedis(): void {
  try {
    process.kill(redis.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
  rmSync(folder, { recursive: true, force: true });
}

function look(target: string, index: number, end: number): void {
  at = { target, index };
  watchdog.see(target, index);
  if (performance.now() - saidAt < SAY_EVERY_MS) return;
  saidAt = performance.now();
  const mb = process.memoryUsage.rss() / 2 ** 20;
  process.stderr.write(
    `${target}: ${index.toLocaleString('en-GB')} of ${end.toLocaleString('en-GB')}, ${Math.round(mb)} MB\n`,
  );
  if (mb > MOST_MB) fail(target, index, 1, '', `memory has grown to ${Math.round(mb)} MB`);
}

function fail(target: string, index: number, count: number, input: string, reason: string): never {
  const isLong = input.length > MOST_SHOWN;
  const text = isLong
    ? `${input.slice(0, MOST_SHOWN)}… (${input.length / 2} octets; the line below makes them all)`
    : input;
  process.stderr.write(
    `FOUND in ${target} at input ${index}: ${reason}\n${input === '' ? '' : `input: ${text}\n`}` +
      `again: npm run fuzz -- --seed ${seed} --only ${target} --from ${index} --inputs ${count}\n`,
  );
  process.exit(1);
}

function whole(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
  throw new InvalidArgumentError('must be a whole number.');
}

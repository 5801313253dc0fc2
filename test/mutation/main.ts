/**
 * `npm run mutate`: changes `ledger/` and `smpp/` in small ways, one at a time, and counts how many changes the tests notice.
 * TypeScript by Stryker, the scripts in Lua by lua-mutants.ts. Ends with status 1 below 80 % of either.
 *
 * --only ts|lua   --files <pattern>[,…] for TypeScript   --scripts <name>[,…] for Lua   --fresh: try again what was tried before
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import { mutateLua } from './lua-run.ts';

const LEAST_SCORE = 80;
const root = fileURLToPath(new URL('../../', import.meta.url));

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    files: { type: 'string' },
    scripts: { type: 'string' },
    fresh: { type: 'boolean', default: false },
  },
});
process.chdir(root);
const binary = await findOrInstallRedis({ say: (line) => process.stderr.write(`${line}\n`) });
const folder = mkdtempSync(join(tmpdir(), 'tocsin-mutate-'));
let failed = false;

async function mutateTypeScript(): Promise<boolean> {
  const redis = await startEmbeddedRedis({ binary, folder: join(folder, 'ts'), settings: { appendonly: 'no' } });
  process.env.TOCSIN_TEST_REDIS_URL = redis.url;
  process.env.TOCSIN_MUTATION_DURATIONS = join(folder, 'durations.json');
  try {
    const results = await new Stryker({
      mutate: values.files?.split(',') ?? ['src/ledger/**/*.ts', 'src/smpp/**/*.ts'],
      testRunner: 'warm',
      plugins: [fileURLToPath(new URL('./warm-runner.ts', import.meta.url))],
      testRunnerNodeArgs: ['--import', 'tsx'],
      coverageAnalysis: 'perTest',
      concurrency: Math.min(2, cpus().length),
      ignorePatterns: ['/dist', '/data', '/coverage', '/bench', '/docs', '/config', '/templates'],
      tempDirName: 'coverage/mutants',
      incremental: true,
      force: values.fresh,
      incrementalFile: 'coverage/mutation.json',
      jsonReporter: { fileName: 'coverage/mutation-report.json' },
      reporters: ['clear-text', 'json'],
      clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
      timeoutMS: 10_000,
      checkers: [],
    }).runMutationTest();
    const detected = results.filter(({ status }) => status === 'Killed' || status === 'Timeout').length;
    const counted = results.filter(({ status }) => status !== 'Ignored' && status !== 'CompileError').length;
    return told('TypeScript', detected, counted);
  } finally {
    await redis.stop();
  }
}

function told(what: string, detected: number, mutants: number): boolean {
  const score = (100 * detected) / mutants;
  process.stdout.write(`${what}: ${detected} of ${mutants} mutants noticed, ${score.toFixed(1)} %\n`);
  return score >= LEAST_SCORE;
}

try {
  if (values.only !== 'lua') failed = !(await mutateTypeScript()) || failed;
  if (values.only !== 'ts') {
    const say = (line: string) => process.stdout.write(`${line}\n`);
    const scripts = values.scripts?.split(',');
    const { detected, mutants } = await mutateLua({ root, folder: join(folder, 'lua'), binary, scripts, say });
    failed = !told('Lua', detected, mutants) || failed;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);

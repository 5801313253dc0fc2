/** Runs the tests of a folder against each mutant of one of its files in TypeScript: Stryker, with warm-runner.ts. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LogLevel } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';
import type { Score } from './scores.ts';

type Mutant = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

/** `file` from `root`, which is the working directory; `folder` is for what is of this run alone. */
export async function mutateTypeScript(options: { root: string; file: string; folder: string }): Promise<Score> {
  const { root, file, folder } = options;
  process.env.TOCSIN_MUTATION_TESTS = dirname(file).replace(/^src/, 'test');
  process.env.TOCSIN_MUTATION_DURATIONS = join(folder, 'durations.json');
  const tried = await new Stryker({
    mutate: [file],
    testRunner: 'warm',
    plugins: [fileURLToPath(new URL('./warm-runner.ts', import.meta.url))],
    testRunnerNodeArgs: ['--import', 'tsx'],
    coverageAnalysis: 'perTest',
    concurrency: 2,
    ignorePatterns: ['/dist', '/data', '/coverage', '/bench', '/docs', '/config', '/templates'],
    tempDirName: 'coverage/mutants',
    reporters: [],
    logLevel: 'error' as LogLevel,
    timeoutMS: 10_000,
    checkers: [],
  }).runMutationTest();
  const counted = tried.filter(({ status }) => status !== 'Ignored' && status !== 'CompileError');
  const count = (wanted: Mutant['status']) => counted.filter(({ status }) => status === wanted).length;
  const [killed, timeouts, uncovered] = [count('Killed'), count('Timeout'), count('NoCoverage')];
  const left = counted.filter(({ status }) => status !== 'Killed' && status !== 'Timeout');
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  return {
    ...{ file, killed, timeouts, uncovered },
    survived: counted.length - killed - timeouts - uncovered,
    left: left.map((mutant) => shown(mutant, lines)),
  };
}

function shown({ fileName, status, location: { start, end }, replacement, mutatorName }: Mutant, lines: string[]) {
  const whole = lines.slice(start.line - 1, end.line);
  const before = whole[0]!.slice(0, start.column - 1);
  const after = whole.at(-1)!.slice(end.column - 1);
  const place = `${fileName.slice(fileName.lastIndexOf('/src/') + 1)}:${start.line}`;
  return [
    `${place}  ${mutatorName}${status === 'Survived' ? '' : `, ${status}`}`,
    ...whole.map((line) => `  - ${line.trim()}`),
    `  + ${`${before}${replacement ?? ''}${after}`.trim()}`,
  ].join('\n');
}

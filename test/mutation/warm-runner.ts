/** Stryker's test runner: the tests of `ledger/` and `smpp/`, loaded once, in Stryker's copy of the tree. */
import { readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { InstrumenterContext } from '@stryker-mutator/api/core';
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import fc from 'fast-check';
import { Limits, loadTests, type Outcome, runTests, type WarmTest } from './warm-tests.ts';

const FOLDERS = ['test/ledger', 'test/smpp'];

// The same inputs for each mutant, and in each run: the score is to be compared.
fc.configureGlobal({ seed: 20210602 });

const testFiles = (): string[] =>
  FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts'))
      .sort()
      .map((name) => resolve(folder, name)),
  );

/** Stryker's side of the instrumented sources. */
const instrumented = (): InstrumenterContext => {
  const holder = globalThis as typeof globalThis & { __stryker__?: InstrumenterContext };
  holder.__stryker__ ??= {} as InstrumenterContext;
  return holder.__stryker__;
};

const resultOf = ({ id, file, milliseconds, failure }: Outcome): TestResult => {
  const told = { id, name: id, fileName: resolve(file), timeSpentMs: Math.round(milliseconds) };
  return failure === null
    ? { ...told, status: TestStatus.Success }
    : { ...told, status: TestStatus.Failed, failureMessage: failure };
};

class WarmRunner implements TestRunner {
  #tests: Promise<WarmTest[]> | undefined;
  readonly #limits = new Limits();

  capabilities() {
    return { reloadEnvironment: false };
  }

  async init(): Promise<void> {
    // What a mutant leaves behind may fail at any later time: that must not end this process.
    for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, () => {});
  }

  #load(): Promise<WarmTest[]> {
    this.#tests ??= loadTests(testFiles());
    return this.#tests;
  }

  async dryRun(): Promise<DryRunResult> {
    const context = instrumented();
    const outcomes = await runTests(await this.#load(), {
      bail: false,
      limit: this.#limits.of,
      starts: ({ id }) => {
        context.currentTestId = id;
      },
    });
    delete context.currentTestId;
    return {
      status: DryRunStatus.Complete,
      tests: outcomes.map(resultOf),
      mutantCoverage: context.mutantCoverage ?? { static: {}, perTest: {} },
    };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, mutantActivation, testFilter, hitLimit, sandboxFileName } = options;
    const context = instrumented();
    if (mutantActivation === 'static') context.activeMutant = String(activeMutant.id);
    let tests: WarmTest[];
    try {
      tests = await this.#load();
    } catch (error) {
      return { status: MutantRunStatus.Killed, killedBy: [], failureMessage: `no test loads: ${error}`, nrOfTests: 0 };
    }
    context.activeMutant = String(activeMutant.id);
    context.hitLimit = hitLimit;
    context.hitCount = hitLimit ? 0 : undefined;
    const filter = testFilter && new Set(testFilter);
    const chosen = nearestFirst(filter ? tests.filter(({ id }) => filter.has(id)) : tests, sandboxFileName);
    const outcomes = await runTests(chosen, { bail: true, limit: this.#limits.of, starts: () => {} });
    this.#limits.learn(outcomes);
    context.activeMutant = undefined;
    const overrun = determineHitLimitReached(context.hitCount, hitLimit);
    if (overrun) return { status: MutantRunStatus.Timeout, reason: 'hit limit' };
    const last = outcomes.at(-1);
    if (last?.timedOut) return { status: MutantRunStatus.Timeout, reason: last.id };
    return toMutantRunResult({ status: DryRunStatus.Complete, tests: outcomes.map(resultOf) });
  }
}

/** Tests of the mutated file before those of others: they fail the soonest. */
function nearestFirst(tests: readonly WarmTest[], mutated: string): WarmTest[] {
  const name = basename(mutated, '.ts');
  const folder = mutated.includes('/ledger/') ? '/ledger/' : '/smpp/';
  const distance = ({ file }: WarmTest): number =>
    basename(file).startsWith(name.split('-')[0]!) ? 0 : file.includes(folder) ? 1 : 2;
  return tests.toSorted((a, b) => distance(a) - distance(b));
}

const makeRunner = (): TestRunner => new WarmRunner();

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'warm', Object.assign(makeRunner, { inject: [] as const })),
];

/** Stryker's test runner: the tests of one folder, loaded once, in Stryker's copy of the tree. */
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
import { Durations, loadTests, type Outcome, runTests, type WarmTest } from './warm-tests.ts';

// The same inputs for each mutant, and in each run: the score is to be compared.
fc.configureGlobal({ seed: 20210602 });

/** What `npm run mutate` tells its runners. */
function setting(name: 'TOCSIN_MUTATION_TESTS' | 'TOCSIN_MUTATION_DURATIONS'): string {
  const value = process.env[name];
  if (!value) throw new Error('start with npm run mutate');
  return value;
}

function testFiles(): string[] {
  const folder = setting('TOCSIN_MUTATION_TESTS');
  const names = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  return names.sort().map((name) => resolve(folder, name));
}

/** Where the first run, without a mutant, leaves word of how long each test took. */
const durationsFile = (): string => setting('TOCSIN_MUTATION_DURATIONS');

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
  readonly #durations = new Durations();

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

  /** Loaded with the first mutant of this process. */
  #loadWithMutant(): Promise<WarmTest[]> {
    if (!this.#tests) this.#durations.load(durationsFile());
    return this.#load();
  }

  async dryRun(): Promise<DryRunResult> {
    const context = instrumented();
    const outcomes = await runTests(await this.#load(), {
      bail: false,
      limit: this.#durations.limit,
      starts: ({ id }) => {
        context.currentTestId = id;
      },
    });
    delete context.currentTestId;
    this.#durations.learn(outcomes);
    this.#durations.save(durationsFile());
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
      tests = await this.#loadWithMutant();
    } catch (error) {
      return { status: MutantRunStatus.Killed, killedBy: [], failureMessage: `no test loads: ${error}`, nrOfTests: 0 };
    }
    context.activeMutant = String(activeMutant.id);
    context.hitLimit = hitLimit;
    context.hitCount = hitLimit ? 0 : undefined;
    const filter = testFilter && new Set(testFilter);
    const chosen = this.#durations.inOrder(
      filter ? tests.filter(({ id }) => filter.has(id)) : tests,
      distanceTo(sandboxFileName),
    );
    const outcomes = await runTests(chosen, { bail: true, limit: this.#durations.limit, starts: () => {} });
    this.#durations.learn(outcomes);
    const overrun = determineHitLimitReached(context.hitCount, hitLimit);
    context.activeMutant = undefined;
    context.hitLimit = undefined;
    const last = outcomes.at(-1);
    if (last?.failure && mutantActivation === 'runtime') await this.#passes(chosen[outcomes.length - 1]!);
    if (overrun) return { status: MutantRunStatus.Timeout, reason: 'hit limit' };
    if (last?.timedOut) return { status: MutantRunStatus.Timeout, reason: last.id };
    return toMutantRunResult({ status: DryRunStatus.Complete, tests: outcomes.map(resultOf) });
  }

  /**
   * What an earlier mutant left behind must not count for a later one: a test that failed has to pass without the mutant.
   * Throws where it does not; the mutant is tried again in a new process then.
   */
  async #passes(test: WarmTest): Promise<void> {
    const [again] = await runTests([test], { bail: true, limit: this.#durations.limit, starts: () => {} });
    if (again?.failure) throw new Error(`${test.id} fails without a mutant now: ${again.failure}`);
  }
}

/** Tests of the mutated file come before those of others: they fail the soonest. */
function distanceTo(mutated: string): (test: WarmTest) => number {
  const name = basename(mutated, '.ts');
  const kin = name.split('-')[0]!;
  return ({ file }) => (basename(file) === `${name}.test.ts` ? 0 : basename(file).startsWith(kin) ? 1 : 2);
}

const makeRunner = (): TestRunner => new WarmRunner();

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'warm', Object.assign(makeRunner, { inject: [] as const })),
];

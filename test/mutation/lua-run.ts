/** Runs the ledger's tests against each mutant of its scripts, in a copy of the tree. */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { type LuaMutant, luaMutants } from './lua-mutants.ts';
import type { Score } from './scores.ts';
import { Durations, loadTests, type Outcome, runTests, type WarmTest } from './warm-tests.ts';

/** The tests that call a script, the nearest first. */
const TESTS_OF: Readonly<Record<string, readonly string[]>> = {
  'apply.lua': ['apply', 'parts', 'counts', 'claim', 'keys'],
  'claim.lua': ['claim', 'apply', 'parts', 'keys'],
  'take.lua': ['claim', 'apply', 'parts', 'keys'],
  'join.lua': ['message-ids', 'message-ids-days', 'message-ids-walk', 'keys'],
};
/** A script that runs for longer makes Redis answer others that it is busy. */
const BUSY_MS = '1000';

/** The tests in a copy of the tree, loaded with the first script and run against the mutants of each. */
export class LuaRun {
  readonly #options: { readonly root: string; readonly folder: string; readonly binary: string };
  readonly #tree: string;
  readonly #durations = new Durations();
  #loaded: Promise<WarmTest[]> | undefined;
  #redis: EmbeddedRedis | undefined;
  #started = 0;

  constructor(options: { root: string; folder: string; binary: string }) {
    this.#options = options;
    this.#tree = join(options.folder, 'tree');
  }

  /** `script` by its name. Throws when a test fails without a mutant. */
  async mutate(script: string): Promise<Score> {
    this.#redis ??= await this.#start();
    process.env.TOCSIN_TEST_REDIS_URL = this.#redis.url;
    this.#loaded ??= this.#load();
    const ordered = testsOf(script, await this.#loaded, this.#durations);
    const path = join(this.#tree, 'src/ledger', script);
    const source = readFileSync(path, 'utf8');
    const left: string[] = [];
    let [killed, timeouts] = [0, 0];
    for (const mutant of await compiling(this.#redis.url, luaMutants(source))) {
      writeFileSync(path, mutant.source);
      const outcomes = await this.#run(ordered);
      const last = outcomes.at(-1);
      writeFileSync(path, source);
      if (!last?.failure) left.push(shown(script, mutant));
      else if (last.timedOut) timeouts += 1;
      else killed += 1;
      if (last?.timedOut) {
        // It may be in an endless loop, which only death ends once it has written.
        process.kill(this.#redis.pid, 'SIGKILL');
        this.#redis = await this.#start();
      }
      // What a mutant left behind must not count for the next.
      const [again] = last?.failure ? await this.#run([ordered[outcomes.length - 1]!]) : [];
      if (again?.failure) throw new Error(`fails without a mutant now: ${again.id}: ${again.failure}`);
    }
    return { file: `src/ledger/${script}`, killed, timeouts, survived: left.length, uncovered: 0, left };
  }

  async stop(): Promise<void> {
    await this.#redis?.stop();
  }

  async #start(): Promise<EmbeddedRedis> {
    const { folder, binary } = this.#options;
    this.#started += 1;
    const settings = { appendonly: 'no', 'busy-reply-threshold': BUSY_MS };
    const redis = await startEmbeddedRedis({ binary, folder: join(folder, `redis-${this.#started}`), settings });
    process.env.TOCSIN_TEST_REDIS_URL = redis.url;
    return redis;
  }

  async #load(): Promise<WarmTest[]> {
    const { root } = this.#options;
    mkdirSync(this.#tree, { recursive: true });
    for (const part of ['src', 'test/ledger', 'test/support', 'package.json', 'tsconfig.json']) {
      cpSync(join(root, part), join(this.#tree, part), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(this.#tree, 'node_modules'));
    fc.configureGlobal({ seed: 20210602 });
    const ledger = join(this.#tree, 'test/ledger');
    const files = readdirSync(ledger).filter((name) => name.endsWith('.test.ts'));
    const tests = await loadTests(files.map((name) => join(ledger, name)));
    const failed = (await this.#run(tests)).find(({ failure }) => failure !== null);
    if (failed) throw new Error(`fails without a mutant: ${failed.id}: ${failed.failure}`);
    return tests;
  }

  async #run(tests: readonly WarmTest[]): Promise<Outcome[]> {
    const outcomes = await runTests(tests, { bail: true, limit: this.#durations.limit, starts: () => {} });
    this.#durations.learn(outcomes);
    return outcomes;
  }
}

const shown = (script: string, { line, what, before, after }: LuaMutant): string =>
  `src/ledger/${script}:${line}  ${what}\n  - ${before}\n  + ${after}`;

function testsOf(script: string, tests: readonly WarmTest[], durations: Durations): WarmTest[] {
  const files = (TESTS_OF[script] ?? []).map((name) => `/${name}.test.ts`);
  const rank = ({ file }: WarmTest): number => files.findIndex((name) => file.endsWith(name));
  return durations.inOrder(
    tests.filter((test) => rank(test) !== -1),
    rank,
  );
}

/** Those that are Lua at all; the others would be noticed by anybody. */
async function compiling(url: string, mutants: readonly LuaMutant[]): Promise<LuaMutant[]> {
  const redis = new Redis(url);
  const kept: LuaMutant[] = [];
  for (const mutant of mutants) {
    const loaded = await redis.script('LOAD', mutant.source).then(
      () => true,
      () => false,
    );
    if (loaded) kept.push(mutant);
  }
  redis.disconnect();
  return kept;
}

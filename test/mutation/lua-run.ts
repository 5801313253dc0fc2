/** Runs the ledger's tests against each mutant of its scripts, in a copy of the tree. */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { type LuaMutant, luaMutants } from './lua-mutants.ts';
import { Durations, loadTests, runTests, type WarmTest } from './warm-tests.ts';

/** The tests that call a script, the nearest first. */
const TESTS_OF: Readonly<Record<string, readonly string[]>> = {
  'apply.lua': ['apply', 'parts', 'counts', 'claim', 'keys'],
  'claim.lua': ['claim', 'apply', 'parts', 'keys'],
  'take.lua': ['claim', 'apply', 'parts', 'keys'],
  'join.lua': ['message-ids', 'keys'],
};
/** A script that runs for longer makes Redis answer others that it is busy. */
const BUSY_MS = '1000';

export interface LuaScore {
  detected: number;
  mutants: number;
}

/** Prints what no test noticed, and the score of each script. */
export async function mutateLua(options: {
  root: string;
  folder: string;
  binary: string;
  scripts?: readonly string[];
  say: (line: string) => void;
}): Promise<LuaScore> {
  const { root, folder, binary, say } = options;
  const tree = join(folder, 'tree');
  mkdirSync(tree, { recursive: true });
  for (const part of ['src', 'test/ledger', 'test/support', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, part), join(tree, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  fc.configureGlobal({ seed: 20210602 });

  let started = 0;
  const start = async (): Promise<EmbeddedRedis> => {
    started += 1;
    const settings = { appendonly: 'no', 'busy-reply-threshold': BUSY_MS };
    const redis = await startEmbeddedRedis({ binary, folder: join(folder, `redis-${started}`), settings });
    process.env.TOCSIN_TEST_REDIS_URL = redis.url;
    return redis;
  };
  let redis = await start();
  const ledger = join(tree, 'test/ledger');
  const files = readdirSync(ledger).filter((name) => name.endsWith('.test.ts'));
  const tests = await loadTests(files.map((name) => join(ledger, name)));
  const durations = new Durations();
  const run = async (chosen: readonly WarmTest[]) => {
    const outcomes = await runTests(chosen, { bail: true, limit: durations.limit, starts: () => {} });
    durations.learn(outcomes);
    return outcomes;
  };

  const unchanged = (await run(tests)).find(({ failure }) => failure !== null);
  if (unchanged) throw new Error(`fails without a mutant: ${unchanged.id}: ${unchanged.failure}`);

  const total: LuaScore = { detected: 0, mutants: 0 };
  for (const script of options.scripts ?? Object.keys(TESTS_OF)) {
    const path = join(tree, 'src/ledger', script);
    const source = readFileSync(path, 'utf8');
    const ordered = testsOf(script, tests, durations);
    const score: LuaScore = { detected: 0, mutants: 0 };
    for (const mutant of await compiling(redis.url, luaMutants(source))) {
      writeFileSync(path, mutant.source);
      const outcomes = await run(ordered);
      const last = outcomes.at(-1);
      writeFileSync(path, source);
      score.mutants += 1;
      if (last?.failure) score.detected += 1;
      else say(`${script}:${mutant.line}  ${mutant.what}\n  - ${mutant.before}\n  + ${mutant.after}`);
      if (last?.timedOut) {
        // It may be in an endless loop, which only death ends once it has written.
        process.kill(redis.pid, 'SIGKILL');
        redis = await start();
      }
      // What a mutant left behind must not count for the next.
      const [again] = last?.failure ? await run([ordered[outcomes.length - 1]!]) : [];
      if (again?.failure) throw new Error(`fails without a mutant now: ${again.id}: ${again.failure}`);
    }
    say(`${script}: ${score.detected} of ${score.mutants}`);
    total.detected += score.detected;
    total.mutants += score.mutants;
  }
  await redis.stop();
  return total;
}

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

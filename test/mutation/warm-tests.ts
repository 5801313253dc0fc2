/**
 * Runs test files in this process, many times over without loading them again: what a mutant costs is its tests alone.
 * Offers what the tests of `ledger/` and `smpp/` use of Jest (describe, test, each, the four hooks, expect), and no more.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { expect } from 'expect';

type Act = () => unknown;
interface Block {
  title: string;
  within: Block | null;
  hooks: Record<'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach', Act[]>;
}
export interface WarmTest {
  /** File and titles: unique, and the same in each run. */
  id: string;
  file: string;
  block: Block;
  act: Act;
}
export interface Outcome {
  id: string;
  file: string;
  milliseconds: number;
  /** Null where the test passed. */
  failure: string | null;
  timedOut: boolean;
}

const block = (title: string, within: Block | null): Block => ({
  title,
  within,
  hooks: { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] },
});

/** From the file inwards. */
const blocksOf = (innermost: Block): Block[] => {
  const blocks: Block[] = [];
  for (let at: Block | null = innermost; at; at = at.within) blocks.unshift(at);
  return blocks;
};

function titled(title: string, row: unknown, values: unknown[]): string {
  const named = title.replace(/\$(\w+)/g, (whole, key: string) =>
    typeof row === 'object' && row !== null && key in row ? String((row as Record<string, unknown>)[key]) : whole,
  );
  const places = (named.match(/%[sdijop]/g) ?? []).length;
  return format(named, ...values.slice(0, places));
}

/** Loads test files, in their order. */
export async function loadTests(files: readonly string[]): Promise<WarmTest[]> {
  const tests: WarmTest[] = [];
  const taken = new Map<string, number>();
  let current = block('', null);
  let file = '';

  const describe = (title: string, act: Act): void => {
    const around = current;
    current = block(title, around);
    act();
    current = around;
  };
  const test = (title: string, act: Act): void => {
    const name = [
      file,
      ...blocksOf(current)
        .slice(1)
        .map((each) => each.title),
      title,
    ].join(' › ');
    const times = (taken.get(name) ?? 0) + 1;
    taken.set(name, times);
    tests.push({ id: times === 1 ? name : `${name} (${times})`, file, block: current, act });
  };
  const each =
    (define: (title: string, act: Act) => void) =>
    (rows: readonly unknown[]) =>
    (title: string, act: (...values: unknown[]) => unknown): void => {
      for (const row of rows) {
        const values = Array.isArray(row) ? row : [row];
        define(titled(title, row, values), () => act(...values));
      }
    };
  const hook = (name: keyof Block['hooks']) => (act: Act) => {
    current.hooks[name].push(act);
  };
  Object.assign(globalThis, {
    describe: Object.assign(describe, { each: each(describe) }),
    test: Object.assign(test, { each: each(test) }),
    expect,
    beforeAll: hook('beforeAll'),
    afterAll: hook('afterAll'),
    beforeEach: hook('beforeEach'),
    afterEach: hook('afterEach'),
  });
  for (const path of files) {
    file = path.slice(path.lastIndexOf('/test/') + 1);
    current = block('', null);
    await import(pathToFileURL(path).href);
  }
  return tests;
}

class TimedOut extends Error {}

async function within(milliseconds: number, act: Act): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let stray: ((error: unknown) => void) | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOut(`nothing came of it in ${milliseconds} ms`)), milliseconds);
    stray = reject;
    process.on('uncaughtException', reject);
    process.on('unhandledRejection', reject);
  });
  try {
    await Promise.race([(async () => act())(), over]);
  } finally {
    clearTimeout(timer);
    process.off('uncaughtException', stray!);
    process.off('unhandledRejection', stray!);
  }
}

/**
 * Runs tests in their order; hooks of a block run around those of its tests that are run. A test is over after
 * `limit(test)` milliseconds. With `bail`, the first failure ends the run.
 */
export async function runTests(
  tests: readonly WarmTest[],
  options: { bail: boolean; limit: (test: WarmTest) => number; starts: (test: WarmTest) => void },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const open: Block[] = [];
  const leave = async (staying: readonly Block[]): Promise<void> => {
    while (open.length > 0 && !staying.includes(open.at(-1)!)) {
      for (const act of open.pop()!.hooks.afterAll) await within(5000, act).catch(() => {});
    }
  };
  for (const test of tests) {
    const blocks = blocksOf(test.block);
    const began = performance.now();
    let failed: unknown = null;
    options.starts(test);
    await leave(blocks);
    try {
      for (const entered of blocks.filter((each) => !open.includes(each))) {
        open.push(entered);
        for (const act of entered.hooks.beforeAll) await within(5000, act);
      }
      await within(options.limit(test), async () => {
        for (const { hooks } of blocks) for (const act of hooks.beforeEach) await act();
        await test.act();
      });
    } catch (error) {
      failed = error ?? new Error('failed');
    }
    for (const { hooks } of blocks.toReversed()) {
      for (const act of hooks.afterEach) {
        await within(5000, act).catch((error: unknown) => {
          failed ??= error;
        });
      }
    }
    outcomes.push({
      id: test.id,
      file: test.file,
      milliseconds: performance.now() - began,
      failure: failed ? String(failed instanceof Error ? failed.message : failed) : null,
      timedOut: failed instanceof TimedOut,
    });
    if (failed && options.bail) break;
  }
  await leave([]);
  return outcomes;
}

/** How long tests take, and may take: what hangs is given up soon, once it is known how long it takes when it does not. */
export class Durations {
  readonly #took = new Map<string, number>();

  readonly limit = ({ id }: WarmTest): number => {
    const took = this.#took.get(id);
    return took === undefined ? 20_000 : 2_000 + 10 * took;
  };

  of({ id }: WarmTest): number {
    return this.#took.get(id) ?? 0;
  }

  learn(outcomes: readonly Outcome[]): void {
    for (const { id, milliseconds, failure } of outcomes) if (failure === null) this.#took.set(id, milliseconds);
  }

  /** For the processes that come later. */
  save(path: string): void {
    writeFileSync(path, JSON.stringify([...this.#took]));
  }

  load(path: string): void {
    for (const [id, took] of JSON.parse(readFileSync(path, 'utf8')) as [string, number][]) this.#took.set(id, took);
  }

  /** Tests by `rank` of their file, the lowest first, and of a rank the fastest first: so a mutant costs the least. */
  inOrder(tests: readonly WarmTest[], rank: (test: WarmTest) => number): WarmTest[] {
    return tests.toSorted((a, b) => rank(a) - rank(b) || a.file.localeCompare(b.file) || this.of(a) - this.of(b));
  }
}

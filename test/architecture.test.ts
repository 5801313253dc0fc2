import {
  findCycle,
  moduleOf,
  readSources,
  sourceFile,
  withoutComments,
  withoutStrings,
} from './support/source-tree.ts';

/**
 * Who may import whom, besides itself, packages and node:*. A module that is not in the table fails the test: add it
 * here, in the commit that makes it, and say why.
 */
const DOMAIN = ['sms', 'directory', 'templates', 'audience', 'notices', 'cap', 'ledger', 'queue', 'broadcasts'];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  log: [],
  metrics: [],
  rounds: [],
  // A URL of Redis is refused with all its faults at start-up, by the one who reads it.
  config: ['errors', 'store'],
  store: ['errors'],
  sms: ['errors'],
  smpp: ['errors'],
  directory: ['errors', 'log', 'store', 'sms'],
  // An import refuses regions that there are not, line by line.
  audience: ['errors', 'log', 'store', 'sms', 'directory'],
  ledger: ['errors', 'log', 'store', 'sms'],
  queue: ['errors', 'log', 'store', 'sms'],
  templates: ['errors', 'log', 'store', 'sms', 'directory'],
  // Free text of a notice is searched for telephone numbers (R1).
  notices: ['errors', 'log', 'store', 'sms', 'templates', 'directory'],
  // Reads and writes notices in the notation of others; notices know nothing of it.
  cap: ['errors', 'log', 'store', 'templates', 'directory', 'notices'],
  // A text is held against the alphabet of its route (quirk 25).
  broadcasts: ['errors', 'log', 'store', 'sms', 'notices', 'cap', 'audience', 'ledger', 'queue', 'templates'],
  // Evidence leaves the ledger here; what reads the ledger knows of its purge by a record only (broadcasts/archived.ts).
  archive: ['errors', 'log', 'store', 'cap', 'notices', 'audience', 'ledger', 'broadcasts'],
  dispatch: ['errors', 'log', 'metrics', 'rounds', 'store', 'sms', 'smpp', 'ledger', 'queue', 'audience', 'broadcasts'],
  simulator: ['errors', 'log', 'sms', 'smpp'],
  console: [],
  // Who waits for an approval is told by way of the queue; dispatchers read notifications there.
  escalation: ['errors', 'log', 'rounds', 'store', 'directory', 'notices', 'queue'],
  api: ['errors', 'log', 'metrics', 'store', 'console', 'archive', ...DOMAIN],
  cli: ['errors', 'log', 'store', 'api', 'archive', ...DOMAIN],
  demo: ['*'],
  bin: ['*'],
};
/** What may touch `process`: settings, arguments and exits belong to the programs. Time comes from `performance`. */
const TOUCH_PROCESS = /^(bin\/|config\.ts$)/;
const MOST_LINES = 300;
const MOST_LINES_OF_A_PROGRAM = 80;
const NAMES_THAT_SAY_NOTHING =
  /(^|\/)index\.ts$|(^|[-/])(utils?|helpers?|common|lib|manager|impl|misc|service)(\.ts|\/|$)/;

const sources = readSources(new URL('../src/', import.meta.url));
const lines = (text: string): number => text.replace(/\n$/, '').split('\n').length;
const codeOf = (text: string): string => withoutStrings(withoutComments(text));

describe('the source tree', () => {
  test('holds every module that the table speaks of, and no other', () => {
    const unknown = [...new Set(sources.map(({ path }) => moduleOf(path)))].filter((name) => !(name in MAY_IMPORT));
    expect(unknown).toEqual([]);
  });

  test('imports along the table only, type-only lines included', () => {
    const breaches = sources.flatMap(({ path, imports }) => {
      const from = moduleOf(path);
      const allowed = MAY_IMPORT[from] ?? [];
      return imports
        .filter((target) => target.endsWith('.ts'))
        .filter((target) => moduleOf(target) !== from && !allowed.includes('*') && !allowed.includes(moduleOf(target)))
        .map((target) => `${path} imports ${target}`);
    });
    expect(breaches).toEqual([]);
  });

  test('has a table without rings', () => {
    const table = Object.entries(MAY_IMPORT).map(
      ([name, allowed]) => [name, allowed.filter((to) => to !== '*')] as const,
    );
    expect(findCycle(new Map(table))).toBeUndefined();
  });

  test('has no ring of files', () => {
    expect(findCycle(new Map(sources.map(({ path, imports }) => [path, imports])))).toBeUndefined();
  });

  test('reaches into bin and demo from bin only', () => {
    const breaches = sources.flatMap(({ path, imports }) =>
      imports.filter(
        (to) =>
          (to.startsWith('bin/') && !path.startsWith('bin/')) ||
          (to.startsWith('demo/') && !/^(bin|demo)\//.test(path)),
      ),
    );
    expect(breaches).toEqual([]);
  });

  test('keeps smpp free of packages: it stands on Node alone', () => {
    const breaches = sources
      .filter(({ path }) => moduleOf(path) === 'smpp')
      .flatMap(({ imports }) => imports.filter((name) => !/\.ts$|^node:/.test(name)));
    expect(breaches).toEqual([]);
  });

  test('touches process in bin and config.ts only', () => {
    const breaches = sources
      .filter(({ path }) => !TOUCH_PROCESS.test(path))
      .filter(({ text, imports }) => /(?<![.\w-])process\s*[.[]/.test(codeOf(text)) || imports.includes('node:process'))
      .map(({ path }) => path);
    expect(breaches).toEqual([]);
  });

  test('has no file above 300 lines, and no program above 80', () => {
    const breaches = sources
      .map(({ path, text }) => ({ path, count: lines(text) }))
      .filter(({ path, count }) => count > (path.startsWith('bin/') ? MOST_LINES_OF_A_PROGRAM : MOST_LINES))
      .map(({ path, count }) => `${path}: ${count} lines`);
    expect(breaches).toEqual([]);
  });

  test('names files in kebab-case, for what they hold', () => {
    const breaches = sources
      .map(({ path }) => path)
      .filter((path) => !/^([a-z0-9-]+\/)*[a-z0-9-]+\.ts$/.test(path) || NAMES_THAT_SAY_NOTHING.test(path));
    expect(breaches).toEqual([]);
  });

  test('has no barrels and no default exports', () => {
    const breaches = sources.filter(({ text }) => /^export (\*|default\b)/m.test(codeOf(text))).map(({ path }) => path);
    expect(breaches).toEqual([]);
  });

  test('leaves nothing for later in comments', () => {
    const breaches = sources.filter(({ text }) => /\b(TODO|FIXME|HACK|XXX)\b/.test(text)).map(({ path }) => path);
    expect(breaches).toEqual([]);
  });
});

describe('the reading of import lines', () => {
  const importsOf = (text: string): readonly string[] => sourceFile('notices/notice.ts', text).imports;

  test.each([
    ["import { a } from './lifecycle.ts';", 'notices/lifecycle.ts'],
    ["import type { A } from '../directory/regions.ts';", 'directory/regions.ts'],
    ["import {\n  a,\n  type B,\n} from '../errors.ts';", 'errors.ts'],
    ["export type { A } from '../log.ts';", 'log.ts'],
    ["import '../sms/gsm7.ts';", 'sms/gsm7.ts'],
    ["const a = await import('../queue/jobs.ts');", 'queue/jobs.ts'],
    ['import { readFileSync } from "node:fs";', 'node:fs'],
  ])('sees %j', (text, expected) => {
    expect(importsOf(text)).toEqual([expected]);
  });

  test('passes over comments and strings that look like imports', () => {
    expect(importsOf("// import { a } from './a.ts';\n/* import './b.ts' */\nconst x = \"import './c.ts'\";")).toEqual(
      [],
    );
  });

  test('finds a ring of three files', () => {
    const edges = { a: ['b'], b: ['node:fs', 'c'], c: ['a'] };
    expect(findCycle(new Map(Object.entries(edges)))).toEqual(['a', 'b', 'c', 'a']);
    expect(findCycle(new Map(Object.entries({ ...edges, c: [] })))).toBeUndefined();
  });
});

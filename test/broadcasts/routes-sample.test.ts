import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { routeSchema, STATUS_ACTIONS } from '../../src/broadcasts/routes.ts';
import { loadRoutesFile } from '../../src/broadcasts/routes-file.ts';
import { statusTable } from '../../src/dispatch/retry-table.ts';
import { STATUS } from '../../src/smpp/constants.ts';
import { routeFields, rowText } from './route-docs.ts';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const sampleText = readFileSync(fromRoot('config/routes.sample.yaml'), 'utf8');
const docs = readFileSync(fromRoot('docs/routes.md'), 'utf8');

describe('the sample of a routes file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-sample-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const load = async () => {
    const file = join(folder, 'routes.yaml');
    cpSync(fromRoot('config/routes.sample.yaml'), file);
    writeFileSync(join(folder, 'smsc-password'), 's3cret\n');
    return loadRoutesFile(file);
  };

  test('is taken, with the password in a file beside it', async () => {
    const { routes } = await load();
    expect(routes.map(({ id, kind, password }) => [id, kind, password])).toEqual([
      ['operator', 'live', 's3cret'],
      ['operator-exercise', 'exercise', 's3cret'],
    ]);
  });

  test('names every field of a route, as a value or in a comment that says when to set it', () => {
    const [first] = (parse(sampleText) as { routes: Record<string, unknown>[] }).routes;
    const unsaid = routeFields().filter(({ path }) => {
      const value = path
        .split('.')
        .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], first);
      const name = path.split('.').at(-1)!;
      return (
        value === undefined && !new RegExp(`# .*\\b${name}\\b`).test(sampleText) && !sampleText.includes(`\`${name}:`)
      );
    });
    expect(unsaid.map(({ path }) => path)).toEqual([]);
  });

  test('says the default where it says "default"', () => {
    const defaults = new Set(routeFields().map(({ path, byDefault }) => `${path.split('.').at(-1)} ${byDefault}`));
    const lines = [...sampleText.matchAll(/^ +(\w+): (\S+) +# default[;:,]/gm)];
    expect(lines.length).toBeGreaterThan(15);
    for (const [, name = '', value = ''] of lines) {
      const written = JSON.stringify(value === "''" ? '' : (parse(value) as unknown));
      expect(defaults).toContain(`${name} \`${written}\``);
    }
  });

  test('shows every meaning that a status can have', async () => {
    const { routes } = await load();
    expect(new Set(Object.values(routes[0]!.statuses))).toEqual(new Set(STATUS_ACTIONS));
  });
});

describe('docs/routes.md', () => {
  test('has every field of a route with its type, default and meaning', () => {
    const rows = routeFields();
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.filter(({ description }) => description === '')).toEqual([]);
    expect(rows.map(rowText).filter((row) => !docs.includes(row))).toEqual([]);
  });

  test('has no field that there is not', () => {
    const known = new Set(routeFields().map(rowText));
    const written = docs.split('\n').filter((line) => /^\| `[\w.]+` \|.*\|.*\|.*\|$/.test(line));
    expect(written.filter((row) => !known.has(row))).toEqual([]);
  });

  test('tells the meaning of the codes that it names as it is', () => {
    const meaning = statusTable({});
    const table = docs.slice(docs.indexOf('| meaning | by default |'));
    for (const [, action = '', names = ''] of table.matchAll(/^\| `(\w+)`:.* \| (.*) \|$/gm)) {
      for (const [name] of names.matchAll(/ESME_\w+/g)) {
        expect([name, meaning(STATUS[name as keyof typeof STATUS])]).toEqual([name, action]);
      }
    }
    expect(STATUS_ACTIONS.filter((action) => !table.includes(`\`${action}\`:`))).toEqual([]);
  });

  test('has examples that a route takes', () => {
    const rules = [...docs.matchAll(/`((?:responseId|receiptId): \{[^`]*\})`/g)].map(([, text = '']) => parse(text));
    expect(rules.length).toBeGreaterThan(1);
    for (const receipts of rules) expect(() => routeSchema.shape.receipts.parse(receipts)).not.toThrow();
  });
});

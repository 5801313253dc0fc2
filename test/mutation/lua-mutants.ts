/**
 * Small changes of a script in Lua, each alone: comparisons, arithmetic, `and`/`or`, `not`, conditions, whole numbers, the
 * bytes in strings, and statements left out. Works on lines as the ledger's scripts are written, not on all of Lua.
 */

export interface LuaMutant {
  /** From 1. */
  line: number;
  what: string;
  before: string;
  after: string;
  source: string;
}

/** What stands in a line, by kind; text in quotes is one token. */
const TOKEN = /'(?:\\.|[^'\\])*'|[A-Za-z_][\w.]*|\d+|==|~=|<=|>=|\.\.|[-+*/%^<>#=(){}[\],;:]/g;

const SWAPS: Readonly<Record<string, readonly string[]>> = {
  '==': ['~='],
  '~=': ['=='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  and: ['or'],
  or: ['and'],
  not: [''],
  true: ['false'],
  false: ['true'],
  "'\\0'": ["'\\1'"],
  "'\\1'": ["'\\0'"],
  "''": ["'x'"],
  "'!'": ["''"],
};

/** A statement by itself: what is left without its line is still a script. */
const ALONE = /^(?:(?!local\b|if\b|for\b|while\b|else\b|elseif\b|end\b|function\b|repeat\b|until\b).*\S)$/;
const CONDITION = /\b(if|while|elseif)\s+(.+?)\s+(then|do)\b/;

const codeOf = (line: string): string => line.replace(/(^|\s)--.*$/, '$1');

export function luaMutants(source: string): LuaMutant[] {
  const lines = source.split('\n');
  const mutants: LuaMutant[] = [];
  const add = (index: number, what: string, after: string): void => {
    const before = lines[index]!;
    if (after === before) return;
    const changed = lines.with(index, after).join('\n');
    mutants.push({ line: index + 1, what, before: before.trim(), after: after.trim(), source: changed });
  };
  lines.forEach((line, index) => {
    const code = codeOf(line);
    if (code.trim() === '') return;
    for (const { 0: token, index: at } of code.matchAll(TOKEN)) {
      const replaced = (by: string): string => line.slice(0, at) + by + line.slice(at + token.length);
      for (const by of SWAPS[token] ?? []) add(index, `${token} to ${by || 'nothing'}`, replaced(by));
      // Another key or argument would be noticed by any test at all.
      const names = /\b(?:KEYS|ARGV)\[$/.test(code.slice(0, at));
      if (/^\d+$/.test(token) && !names)
        for (const by of [1, -1]) add(index, 'number', replaced(`(${Number(token) + by})`));
    }
    const condition = CONDITION.exec(code);
    if (condition) {
      const [whole, keyword, test, opener] = condition;
      const put = (by: string): string => line.replace(whole, () => `${keyword} ${by} ${opener}`);
      // A single comparison is turned round as it is.
      if (!/[=<>]/.test(test!)) add(index, 'condition', put(`not (${test})`));
      add(index, 'condition', put('false'));
      if (keyword !== 'while') add(index, 'condition', put('true'));
    }
    if (ALONE.test(code.trim()) && isWhole(code)) add(index, 'statement', '');
  });
  return mutants;
}

/** Whether every bracket that a line opens is closed in it. */
function isWhole(code: string): boolean {
  const bare = code.replace(/'(?:\\.|[^'\\])*'/g, '');
  const count = (what: RegExp): number => (bare.match(what) ?? []).length;
  return count(/[({[]/g) === count(/[)}\]]/g) && count(/\b(then|do)\b/g) === count(/\bend\b/g);
}

import { existsSync, readFileSync } from 'node:fs';
import { FAULTS } from './chaos.ts';

const ROOT = new URL('../../', import.meta.url);
const PAGE = readFileSync(new URL('docs/reliability.md', ROOT), 'utf8');
/** `file`: “title” */
const NAMED = [...PAGE.matchAll(/`(test\/[^`]+\.test\.ts)`:\s“([^”]+)”/g)].map(([, file = '', title = '']) => ({
  file,
  title,
}));

/** Whether the file has a test of this title; those of faults are made of their names. */
function isThere(file: string, title: string): boolean {
  const url = new URL(file, ROOT);
  if (!existsSync(url)) return false;
  if (file.endsWith('/chaos.test.ts')) return FAULTS.some(({ name }) => name === title);
  const text = readFileSync(url, 'utf8');
  return [`'${title}'`, `"${title}"`].some((quoted) => text.includes(quoted));
}

describe('the page of guarantees', () => {
  test('names tests that exist', () => {
    expect(NAMED.filter(({ file, title }) => !isThere(file, title))).toEqual([]);
  });

  test('shows each guarantee by a test', () => {
    const [, table = ''] = /## What holds\n([\s\S]*?)\n## /.exec(PAGE) ?? [];
    const rows = table.split('\n').filter((line) => line.startsWith('| ') && !/^\| (guarantee|---)/.test(line));
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.filter((row) => !/`test\/[^`]+`: “/.test(row))).toEqual([]);
  });

  test('would miss a test that is not there', () => {
    expect(isThere('test/ledger/claim.test.ts', 'rule 1: no such thing')).toBe(false);
    expect(isThere('test/no-such.test.ts', 'rule 1')).toBe(false);
    expect(isThere('test/chaos/chaos.test.ts', 'no-such-fault')).toBe(false);
  });
});

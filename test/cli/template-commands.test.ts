import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../support/command-line.ts';

const pathOf = (path: string) => new URL(`../../${path}`, import.meta.url).pathname;
const LANGUAGES = ['fr', 'ar', 'br', 'co', 'de', 'en', 'es', 'eu', 'gsw', 'it', 'oc', 'pt'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-lint-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lint = (...args: string[]) => runCli(undefined, 'templates', 'lint', ...args);

/** A folder with one template in French, changed. */
function oneTemplate(change: (french: string) => string): string {
  const end = join(folder, 'end');
  mkdirSync(end);
  cpSync(pathOf('templates/end/template.yaml'), join(end, 'template.yaml'));
  writeFileSync(join(end, 'fr.txt'), change(readFileSync(pathOf('templates/end/fr.txt'), 'utf8')));
  return folder;
}

describe('tocsin templates lint', () => {
  test('R9: shows what each language costs; no store is needed', async () => {
    cpSync(pathOf('templates/end'), join(folder, 'end'), { recursive: true });
    const { code, out } = await lint('--folder', folder, '--languages', pathOf('config/languages.sample.yaml'));
    expect(code).toBe(0);
    expect(out).toMatch(/^1 templates: 0 errors, \d+ warnings$/m);
    const table = out.split('\n').filter((line) => / of 1 /.test(line));
    expect(table.map((line) => line.split(' ')[0])).toEqual(LANGUAGES);
    expect(table[0]).toMatch(/^fr +gsm7 +0 of 1 +\d(-\d)? \(\d\)$/);
    expect(table[1]).toMatch(/^ar +ucs2 /);
    // What the table tells is not told again, line by line.
    expect(out).not.toContain('(review)');
  });

  test('names every finding when asked to', async () => {
    const { out } = await lint(
      '--folder',
      oneTemplate((french) => french),
      '--all',
    );
    expect(out).toContain('end/fr.txt:1: warning (review) nobody who speaks the language has read it');
  });

  test('ends with 1 on an error, with file, line and rule', async () => {
    const { code, out } = await lint(
      '--folder',
      oneTemplate((french) => french.replace('{deaf}', '114')),
    );
    expect(code).toBe(1);
    expect(out).toMatch(/^end\/fr\.txt:13: error \(114\) must name the way for deaf/m);
    expect(out).toContain('1 templates: 1 errors');
  });

  test('ends with 1 on a file that cannot be read, with file, line and rule', async () => {
    const { code, out } = await lint(
      '--folder',
      oneTemplate((french) => french.replace('{deaf}', '01 99 00 12 34')),
    );
    expect(code).toBe(1);
    expect(out).toMatch(/^end\/fr\.txt:14: error \(phone number\) has a phone number/m);
  });

  test('prints findings and table as JSON', async () => {
    const { code, out } = await lint(
      '--folder',
      oneTemplate((french) => french.replace('{deaf}', '114')),
      '--json',
    );
    const { findings, rows } = JSON.parse(out);
    expect(code).toBe(1);
    expect(findings).toContainEqual(expect.objectContaining({ rule: '114', severity: 'error', at: 'end/fr.txt:13' }));
    expect(rows).toEqual([
      {
        template: 'end',
        language: 'fr',
        alphabet: 'gsm7',
        reviewed: false,
        regions: 101,
        segments: { min: 1, max: 1, worst: expect.any(Number) },
      },
    ]);
  });

  test('R4: reads which languages are mandatory, and misses their wordings', async () => {
    const one = oneTemplate((french) => french);
    const sample = await lint('--folder', one, '--languages', pathOf('config/languages.sample.yaml'));
    expect(sample.code).toBe(1);
    expect(sample.out).toContain('end/br.txt: error (language) is missing, and mandatory in 22, 29, 56');
  });

  test('shows the wording of an authority in a line of its own', async () => {
    const one = oneTemplate((french) => french);
    mkdirSync(join(one, 'end', 'prefecture-35'));
    cpSync(join(one, 'end', 'fr.txt'), join(one, 'end', 'prefecture-35', 'fr.txt'));
    const { out } = await lint('--folder', one);
    expect(out).toMatch(/^fr prefecture-35 +gsm7 +0 of 1/m);
  });

  test('ends with 1 where there is no such folder or file, and names it', async () => {
    expect(await lint('--folder', join(folder, 'none'))).toMatchObject({
      code: 1,
      notes: expect.stringMatching(/none: cannot be read/),
    });
    expect(await lint('--languages', join(folder, 'none.yaml'))).toMatchObject({
      code: 1,
      notes: expect.stringContaining('none.yaml'),
    });
  });

  test('ends with 1 where the folder holds no template, and names it', async () => {
    writeFileSync(join(folder, 'stray.txt'), '');
    const { code, out } = await lint('--folder', folder);
    expect(code).toBe(1);
    expect(out).toContain(`${folder}: error (file) holds no template`);
  });
});

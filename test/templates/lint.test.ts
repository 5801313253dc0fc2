import { REGIONS } from '../../src/directory/regions.ts';
import { LINT_RULES, type LintRule, lintTemplates } from '../../src/templates/lint.ts';
import { Templates } from '../../src/templates/load.ts';
import { FRONT_MATTER, GOOD_TEXT, loadTemplate, REPOSITORY_TEMPLATES, templateYaml, wordingFile } from './samples.ts';

const lint = async (files: Record<string, string> = {}) => lintTemplates([await loadTemplate(files)], REGIONS);
const text = (content: string, frontMatter = FRONT_MATTER) => ({ 'essai/fr.txt': wordingFile(content, frontMatter) });

/** Every rule with a wording that breaks it and no other. */
const CASES: readonly [LintRule, Record<string, string>, string, 'error' | 'warning'][] = [
  ['source', text(GOOD_TEXT.replace('{source} ', '')), 'essai/fr.txt:12', 'error'],
  ['place', text(GOOD_TEXT.replace('{of_region} ', '')), 'essai/fr.txt:12', 'error'],
  ['time', text(GOOD_TEXT.replace('{time}', '')), 'essai/fr.txt:12', 'error'],
  ['guidance', text(GOOD_TEXT.replace('Appelez ', '')), 'essai/fr.txt:12', 'error'],
  ['number', text(GOOD_TEXT.replace('{numbers}', '')), 'essai/fr.txt:12', 'error'],
  ['number', { 'essai/template.yaml': templateYaml('').replace('required', 'none') }, 'essai/fr.txt:12', 'error'],
  ['114', text(GOOD_TEXT.replace('{deaf}', '')), 'essai/fr.txt:12', 'error'],
  [
    'parameter',
    { 'essai/template.yaml': templateYaml('parameters: {advice: {description: x}}') },
    'essai/fr.txt:12',
    'error',
  ],
  ['prefix', text(GOOD_TEXT, FRONT_MATTER.replace('EXERCICE', 'exercice')), 'essai/fr.txt:1', 'error'],
  ['prefix', text(GOOD_TEXT, FRONT_MATTER.replace('EXERCICE', 'TEST')), 'essai/fr.txt:1', 'error'],
  ['alphabet', text(`${GOOD_TEXT}\nBientôt`), 'essai/fr.txt:13', 'warning'],
  ['segments', text(`${GOOD_TEXT} ${'a'.repeat(60)}`), 'essai/fr.txt:12', 'warning'],
  ['review', text(GOOD_TEXT, FRONT_MATTER.replace(/reviewed_.*\n/g, '')), 'essai/fr.txt:1', 'warning'],
];

test('a good wording has no findings', async () => {
  expect(await lint()).toEqual([]);
});

test.each(CASES)('rule %s finds its fault, with the line, and nothing else', async (rule, files, at, severity) => {
  const findings = await lint(files);
  expect(findings).toEqual([{ rule, at, severity, message: expect.any(String) }]);
});

test('a letter that no telephone shows is an error', async () => {
  const findings = await lint(text(`${GOOD_TEXT} 🙂`));
  expect(findings).toContainEqual(expect.objectContaining({ rule: 'alphabet', severity: 'error' }));
  expect(findings).toContainEqual(
    expect.objectContaining({ rule: 'segments', message: expect.stringContaining('text_not_sendable') }),
  );
});

test('R4: a language that is mandatory somewhere and has no wording is an error', async () => {
  const regions = REGIONS.map((region) => (region.code === '2A' ? { ...region, languages: ['fr', 'co'] } : region));
  expect(lintTemplates([await loadTemplate()], regions)).toEqual([
    { at: 'essai/co.txt', rule: 'language', severity: 'error', message: 'is missing, and mandatory in 2A' },
  ]);
});

test('every rule has a case here', () => {
  const tried = new Set<LintRule>([...CASES.map(([rule]) => rule), 'language']);
  expect([...tried].sort()).toEqual([...LINT_RULES].sort());
});

test('R9: the wordings of the repository have no errors', async () => {
  const templates = await Templates.load(REPOSITORY_TEMPLATES);
  const findings = lintTemplates(templates.list(), REGIONS);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['review', 'segments']));
});

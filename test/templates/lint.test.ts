import { copyFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { REGIONS } from '../../src/directory/regions.ts';
import { FRENCH_EVERYWHERE, type MandatoryLanguages } from '../../src/templates/languages.ts';
import { lintTemplates } from '../../src/templates/lint.ts';
import { LINT_RULES, type LintRule } from '../../src/templates/lint-finding.ts';
import { readTemplates } from '../../src/templates/load.ts';
import { GOOD_TEXT, HARD_TO_REACH, REPOSITORY_TEMPLATES, templateFolder, wordingFile } from './samples.ts';

/** Two regions and four languages are enough for a rule; all of them are tried in country.test.ts. */
const TWO_REGIONS = REGIONS.filter(({ code }) => ['35', '974'].includes(code));
const FILES = ['template.yaml', 'fr.txt', 'en.txt', 'de.txt', 'ar.txt'];

async function lintFolder(folder: string, languages: MandatoryLanguages = FRENCH_EVERYWHERE) {
  return lintTemplates(await readTemplates(folder), TWO_REGIONS, languages).findings;
}

/** A copy of some wordings that are shipped, of one template. */
async function copied(template: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-seeded-'));
  await mkdir(join(folder, template));
  for (const name of FILES) {
    await copyFile(new URL(`${template}/${name}`, REPOSITORY_TEMPLATES), join(folder, template, name));
  }
  return folder;
}

const findingsBefore = new Map<string, Promise<Set<string>>>();

/** What the lint says of a copy as it is; asked once. */
function knownOf(template: string): Promise<Set<string>> {
  const asked = findingsBefore.get(template);
  if (asked) return asked;
  const known = copied(template)
    .then((folder) => lintFolder(folder))
    .then((findings) => new Set(findings.map((finding) => JSON.stringify(finding))));
  findingsBefore.set(template, known);
  return known;
}

/** What the lint says more when one file of a copy is changed. */
async function addedBy(file: string, change: (content: string) => string) {
  const folder = await copied(dirname(file));
  const path = join(folder, file);
  const before = await readFile(path, 'utf8').catch(() => '');
  const after = change(before);
  if (after === before) throw new Error(`nothing was changed in ${file}`);
  await writeFile(path, after);
  const known = await knownOf(dirname(file));
  return (await lintFolder(folder)).filter((finding) => !known.has(JSON.stringify(finding)));
}

const GERMAN = `${HARD_TO_REACH}/de.txt`;
const ARABIC = `${HARD_TO_REACH}/ar.txt`;
const END = 'end/de.txt';
const REVIEWED = 'reviewed_by: Eine Leserin\nreviewed_at: 2026-01-15\n';
const swap = (from: string, to: string) => (content: string) => content.replace(from, to);

type Seed = readonly [rule: LintRule, what: string, file: string, (content: string) => string, at: string];

const SEEDS: readonly Seed[] = [
  ['source', 'nobody speaks', GERMAN, swap('{source} ', ''), `${GERMAN}:13`],
  ['place', 'no place', GERMAN, swap('{region} ', ''), `${GERMAN}:13`],
  ['place', 'a code instead of a name', GERMAN, swap('{region}', '{code}'), `${GERMAN}:13`],
  ['time', 'no time', GERMAN, swap(' {time}', ''), `${GERMAN}:13`],
  ['time', 'a time that is not said to be of the SMS before', END, swap('SMS vom {time}', '{time}'), `${END}:13`],
  ['guidance', 'guidance that the text lacks', GERMAN, swap('Wählen Sie {', 'Tippen Sie {'), `${GERMAN}:13`],
  ['number', 'no number', GERMAN, swap('Wählen Sie {numbers}', 'Wählen Sie'), `${GERMAN}:13`],
  ['number', 'a number where all answer again', END, swap('{services}', '{services} {numbers}'), `${END}:13`],
  ['number', 'no service that answers again', END, swap(' {services}', ''), `${END}:13`],
  ['114', 'no way for the deaf', GERMAN, swap('SMS an {deaf}', 'SMS'), `${GERMAN}:13`],
  ['114', 'the 114 as a fixed text', GERMAN, swap('{deaf}', '114'), `${GERMAN}:13`],
  ['parameter', 'a parameter left out', GERMAN, swap('{advice} ', ''), `${GERMAN}:13`],
  ['prefix', 'a prefix in small letters', GERMAN, swap('ÜBUNG', 'Übung'), `${GERMAN}:1`],
  ['prefix', 'the same prefix for exercise and test', GERMAN, swap('ÜBUNG', 'TEST'), `${GERMAN}:1`],
  ['alphabet', 'a letter that has a plain form', GERMAN, swap('Gehörlose', 'Gehôrlose'), `${GERMAN}:13`],
  ['alphabet', 'a letter in the source', GERMAN, swap('Präfektur', 'Préfêktur'), `${GERMAN}:1`],
  ['alphabet', 'a picture', GERMAN, swap('Gehörlose', '🙂 Gehörlose'), `${GERMAN}:13`],
  ['alphabet', 'UCS-2 for nothing', GERMAN, swap('moment:', 'alphabet: ucs2\nmoment:'), `${GERMAN}:1`],
  ['alphabet', 'Arabic in GSM 7-bit', ARABIC, swap('alphabet: ucs2\n', ''), `${ARABIC}:13`],
  ['direction', 'Arabic that begins in French', ARABIC, swap('source: محافظة', 'source: Préfet'), `${ARABIC}:14`],
  ['direction', 'Arabic with an English prefix', ARABIC, swap('"تمرين:"', 'EXERCISE'), `${ARABIC}:14`],
  [
    'language',
    'a copy that was not translated',
    GERMAN,
    (de) =>
      de.replace(
        /---\n\{source\}[\s\S]*/,
        '---\n{source} {region} {time}. Emergency call failing? Dial {numbers}. {advice} Deaf: text {deaf}\n',
      ),
    `${HARD_TO_REACH}/en.txt:13`,
  ],
  ['segments', 'more than one segment', GERMAN, swap('Gehörlose', `${'sehr '.repeat(20)}Gehörlose`), `${GERMAN}:13`],
  ['segments', 'more than there may be', GERMAN, swap('Gehörlose', `${'sehr '.repeat(80)}Gehörlose`), `${GERMAN}:13`],
  [
    'segments',
    'a limit that the longest text does not keep',
    `${HARD_TO_REACH}/template.yaml`,
    swap('max_segments: 4', 'max_segments: 2'),
    `${GERMAN}:13`,
  ],
  ['review', 'a reader without a day', GERMAN, swap('reviewed_by:', 'reviewed_by: Eine Leserin'), `${GERMAN}:1`],
  [
    'review',
    'a text changed since it was read',
    GERMAN,
    (de) => de.replace(/reviewed_[\s\S]*(?=---\n)/, `${REVIEWED}reviewed_text: sha256:0123456789ab\n`),
    `${GERMAN}:1`,
  ],
  ['file', 'a file that is no wording', `${HARD_TO_REACH}/de.txt.bak`, () => 'x', `${HARD_TO_REACH}/de.txt.bak`],
  ['head', 'a head without a title', GERMAN, swap('title: ', 'titel: '), `${GERMAN}:2`],
  ['head', 'another language than the file’s', GERMAN, swap('language: de', 'language: fr'), `${GERMAN}:2`],
  ['icu', 'a brace that is not closed', GERMAN, swap('{deaf}', '{deaf'), `${GERMAN}:13`],
  ['icu', 'an apostrophe that quotes', GERMAN, swap('SMS an {deaf}', "SMS an'{deaf}"), `${GERMAN}:13`],
  ['placeholder', 'a placeholder nobody fills in', GERMAN, swap('{deaf}', '{deaf} {stadt}'), `${GERMAN}:13`],
  ['phone number', 'a phone number', GERMAN, swap('{deaf}', '{deaf}, 01 99 00 12 34'), `${GERMAN}:13`],
];

test.each(SEEDS)('R9: rule %s finds %s, with the place', async (rule, _, file, change, at) => {
  expect(await addedBy(file, change)).toContainEqual(expect.objectContaining({ rule, at }));
});

test('every rule has a seed', () => {
  expect([...new Set(SEEDS.map(([rule]) => rule))].sort()).toEqual([...LINT_RULES].sort());
});

test('a good wording that was read has no findings', async () => {
  expect(await lintFolder(await templateFolder())).toEqual([]);
});

test('a file that cannot be read hides nothing about the others', async () => {
  const findings = await lintFolder(
    await templateFolder({
      'essai/de.txt': wordingFile('{numbers'),
      'essai/en.txt': wordingFile(GOOD_TEXT.replace('{deaf}', '')).replace('language: fr', 'language: en'),
    }),
  );
  expect(findings).toContainEqual(expect.objectContaining({ rule: 'icu', at: 'essai/de.txt:13' }));
  expect(findings).toContainEqual(expect.objectContaining({ rule: '114', at: 'essai/en.txt:13' }));
});

test('R4: a language that is mandatory somewhere and has no wording is an error', async () => {
  const languages = { ...FRENCH_EVERYWHERE, of: (region: string) => (region === '35' ? ['fr', 'br'] : ['fr']) };
  expect(await lintFolder(await templateFolder(), languages)).toEqual([
    { at: 'essai/br.txt', rule: 'language', severity: 'error', message: 'is missing, and mandatory in 35' },
  ]);
});

test('R4: the wording of an authority serves in its regions only', async () => {
  const languages = { ...FRENCH_EVERYWHERE, of: () => ['fr', 'br'] };
  const breton = wordingFile(`${GOOD_TEXT}.`).replace('language: fr', 'language: br');
  const findings = await lintFolder(await templateFolder({ 'essai/prefecture-35/br.txt': breton }), languages);
  expect(findings.filter(({ rule }) => rule === 'language')).toEqual([
    expect.objectContaining({ at: 'essai/br.txt', message: 'is missing, and mandatory in 974' }),
  ]);
});

test('a wording of an authority is held against the same rules', async () => {
  const folder = await templateFolder({ 'essai/prefecture-35/fr.txt': wordingFile(GOOD_TEXT.replace('{deaf}', '')) });
  expect(await lintFolder(folder)).toContainEqual(
    expect.objectContaining({ rule: '114', at: 'essai/prefecture-35/fr.txt:13', severity: 'error' }),
  );
});

test('a French text is counted with what is appended to it', async () => {
  const folder = await copied(HARD_TO_REACH);
  const withAppended = (language: string): MandatoryLanguages => ({
    of: () => ['fr', language],
    appendedIn: (region) => (region === '35' ? [language] : []),
  });
  const place = `${HARD_TO_REACH}/fr.txt:13`;
  const errorsWith = async (language: string) =>
    (await lintFolder(folder, withAppended(language))).filter(({ severity }) => severity === 'error');
  expect(await errorsWith('de')).toEqual([]);
  // Arabic takes French along into UCS-2, and both at their longest are more than telephones join.
  expect(await errorsWith('ar')).toEqual([
    expect.objectContaining({ at: place, rule: 'segments', message: expect.stringContaining('text_too_long') }),
  ]);
});

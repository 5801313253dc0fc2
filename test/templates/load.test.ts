import { TocsinError } from '../../src/errors.ts';
import { Templates } from '../../src/templates/load.ts';
import { FRONT_MATTER, GOOD_TEXT, REPOSITORY_TEMPLATES, templateFolder, templateYaml, wordingFile } from './samples.ts';

const LANGUAGES = ['fr', 'en', 'de', 'es', 'it', 'pt', 'ar', 'br', 'co', 'eu', 'oc', 'gsw'];

async function faultsOf(files: Record<string, string>) {
  try {
    await Templates.load(await templateFolder(files));
  } catch (error) {
    if (error instanceof TocsinError && error.code === 'invalid_templates') return error.faults;
    throw error;
  }
  return [];
}

describe('the wordings of the repository', () => {
  test('load, in twelve languages each', async () => {
    const templates = await Templates.load(REPOSITORY_TEMPLATES);
    expect(templates.list().map(({ id }) => id)).toEqual([
      'correction',
      'emergency-numbers-hard-to-reach',
      'end',
      'restored-keep-alternative',
    ]);
    for (const { wordings, eventCode, category } of templates.list()) {
      expect(Object.keys(wordings)).toEqual([...LANGUAGES].sort());
      expect({ eventCode, category }).toEqual({ eventCode: 'OET-074', category: 'Infra' });
    }
  });

  test('are plain data: nothing is lost as JSON', async () => {
    const templates = await Templates.load(REPOSITORY_TEMPLATES);
    expect(JSON.parse(JSON.stringify(templates.list()))).toEqual(templates.list());
  });

  test('an unknown template is not found, by code', async () => {
    const templates = await Templates.load(REPOSITORY_TEMPLATES);
    expect(() => templates.get('constructor')).toThrow(
      expect.objectContaining({ kind: 'not-found', code: 'unknown_template' }),
    );
    expect(templates.find('nothing')).toBeUndefined();
  });
});

describe('loading refuses, with file and line', () => {
  const textAlone = (text: string) => ({ 'essai/fr.txt': wordingFile(text) });

  test.each<[string, Record<string, string>, string, RegExp]>([
    ['a placeholder nobody fills in', textAlone(`${GOOD_TEXT}\n{ville}`), 'essai/fr.txt:14', /\{ville\}/],
    ['a brace that is not closed', textAlone(`${GOOD_TEXT} {deaf`), 'essai/fr.txt:13', /ICU/],
    [
      'an apostrophe before a brace, which ICU takes for a quote',
      textAlone("d'{region} {time}"),
      'essai/fr.txt:13',
      /apostrophe/,
    ],
    ['an ICU number format, which prints U+202F', textAlone('{services, number}'), 'essai/fr.txt:13', /no format/],
    [
      'an ICU time format, which prints the zone of the server',
      textAlone('{time, time, short}'),
      'essai/fr.txt:13',
      /no format/,
    ],
    ['a wording without text', textAlone('  '), 'essai/fr.txt:15', /no text/],
    ['a wording without front matter', { 'essai/fr.txt': GOOD_TEXT }, 'essai/fr.txt:1', /front matter/],
    [
      'a front matter field that is not known',
      { 'essai/fr.txt': wordingFile(GOOD_TEXT, `${FRONT_MATTER}colour: red\n`) },
      'essai/fr.txt:9',
      /colour/,
    ],
    [
      'an empty prefix',
      { 'essai/fr.txt': wordingFile(GOOD_TEXT, FRONT_MATTER.replace('EXERCICE', '""')) },
      'essai/fr.txt:7',
      /prefix_exercise/,
    ],
    [
      'a moment without the hour',
      { 'essai/fr.txt': wordingFile(GOOD_TEXT, FRONT_MATTER.replace('{hour}', '')) },
      'essai/fr.txt:6',
      /moment/,
    ],
    ['a language other than the file’s', { 'essai/en.txt': wordingFile(GOOD_TEXT) }, 'essai/en.txt:2', /must be en/],
    ['a file that is no wording', { 'essai/notes.md': 'x' }, 'essai/notes.md', /must be/],
    ['YAML that is none', { 'essai/template.yaml': 'title: [' }, 'essai/template.yaml:1', /./],
    [
      'an alias, of which bombs are made',
      { 'essai/template.yaml': 'a: &a [x]\nb: *a\n' },
      'essai/template.yaml:1',
      /alias/,
    ],
    [
      'a code that is no event code',
      { 'essai/template.yaml': templateYaml('').replace('OET-074', 'X') },
      'essai/template.yaml:3',
      /event_code/,
    ],
    [
      'a parameter with a name Tocsin uses',
      { 'essai/template.yaml': templateYaml('parameters: {time: {description: x}}') },
      'essai/template.yaml',
      /time/,
    ],
    [
      'the folder of an authority there is not',
      { 'essai/prefecture-99/fr.txt': wordingFile(GOOD_TEXT) },
      'essai/prefecture-99',
      /no authority/,
    ],
    [
      'the folder of the ministry, whose wordings are the common ones',
      { 'essai/ministry/fr.txt': wordingFile(GOOD_TEXT) },
      'essai/ministry',
      /no authority/,
    ],
    [
      'a digest of a review that is none',
      { 'essai/fr.txt': wordingFile(GOOD_TEXT, `${FRONT_MATTER}reviewed_text: 123\n`, '') },
      'essai/fr.txt:9',
      /reviewed_text/,
    ],
    ['a folder without template.yaml', { 'leer/fr.txt': wordingFile(GOOD_TEXT) }, 'leer/template.yaml', /missing/],
    [
      'a template without French',
      {
        'leer/template.yaml': templateYaml(''),
        'leer/en.txt': wordingFile(GOOD_TEXT, FRONT_MATTER.replace('language: fr', 'language: en')),
      },
      'leer/fr.txt',
      /missing/,
    ],
  ])('%s', async (_, files, at, message) => {
    expect(await faultsOf(files)).toContainEqual(
      expect.objectContaining({ at, message: expect.stringMatching(message) }),
    );
  });

  test('R1: a phone number written into a wording', async () => {
    const faults = await faultsOf(textAlone(`${GOOD_TEXT}\nou 01 99 00 12 34`));
    expect(faults).toEqual([
      { at: 'essai/fr.txt:14', rule: 'phone number', message: expect.stringMatching(/directory only/) },
    ]);
  });

  test.each([
    ['source', 'source: Préfet', 'source: Préfet 01 99 00 12 34'],
    ['title', 'title: Essai', 'title: Appelez 01 99 00 12 34'],
    ['prefix_test', 'prefix_test: TEST', 'prefix_test: TEST 0199001234'],
  ])('R1: a phone number written into the head, as %s', async (field, from, to) => {
    const faults = await faultsOf({ 'essai/fr.txt': wordingFile(GOOD_TEXT, FRONT_MATTER.replace(from, to)) });
    expect(faults).toEqual([
      { at: 'essai/fr.txt:2', rule: 'phone number', message: expect.stringMatching(new RegExp(`^${field}: `)) },
    ]);
  });

  test('every fault of every file at once', async () => {
    const faults = await faultsOf({ 'essai/fr.txt': wordingFile('{a} {b}'), 'zwei/template.yaml': 'x: 1' });
    expect(faults.map(({ at }) => at)).toEqual(expect.arrayContaining(['essai/fr.txt:13', 'zwei/template.yaml:1']));
    expect(faults.length).toBeGreaterThan(3);
  });

  test('a folder without any template', async () => {
    const { mkdtemp } = await import('node:fs/promises');
    const folder = await mkdtemp('/tmp/tocsin-empty-');
    await expect(Templates.load(folder)).rejects.toMatchObject({ code: 'invalid_templates' });
  });
});

test('Windows line ends and a byte-order mark change nothing', async () => {
  const file = `\ufeff${wordingFile(GOOD_TEXT).replaceAll('\n', '\r\n')}`;
  const templates = await Templates.load(await templateFolder({ 'essai/fr.txt': file }));
  expect(templates.get('essai').wordings.fr?.text).toBe(GOOD_TEXT);
});

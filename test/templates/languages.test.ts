import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LANGUAGES } from '../../src/audience/languages.ts';
import { REGIONS } from '../../src/directory/regions.ts';
import { TocsinError } from '../../src/errors.ts';
import { FRENCH_EVERYWHERE, loadLanguages } from '../../src/templates/languages.ts';
import { Templates } from '../../src/templates/load.ts';
import { REPOSITORY_TEMPLATES } from './samples.ts';

const shipped = (name: string) => new URL(`../../config/${name}`, import.meta.url).pathname;

async function read(yaml: string) {
  const file = join(await mkdtemp(join(tmpdir(), 'tocsin-languages-')), 'languages.yaml');
  await writeFile(file, yaml);
  return loadLanguages(file);
}

async function faultsOf(yaml: string) {
  try {
    await read(yaml);
  } catch (error) {
    if (error instanceof TocsinError && error.code === 'bad_languages') return error.faults;
    throw error;
  }
  return [];
}

describe('the languages of a region', () => {
  test('R4: are French everywhere, whatever the file says', async () => {
    const languages = await read("mandatory: {'29': [br]}");
    expect(languages.of('29')).toEqual(['fr', 'br']);
    expect(languages.of('35')).toEqual(['fr']);
    expect((await read('mandatory: {everywhere: [en]}')).of('35')).toEqual(['fr', 'en']);
    for (const { code } of REGIONS) expect(FRENCH_EVERYWHERE.of(code)).toEqual(['fr']);
  });

  test('are those of everywhere and its own, each once', async () => {
    const languages = await read("mandatory: {everywhere: [fr, en], '67': [gsw, de, en]}");
    expect(languages.of('67')).toEqual(['fr', 'en', 'gsw', 'de']);
  });

  test('are not taken from what every object has', async () => {
    expect((await read('mandatory: {}')).of('constructor')).toEqual(['fr']);
  });

  test('are appended where the file says so', async () => {
    const languages = await read("mandatory: {'67': [gsw, de]}\nappended: {'67': [de]}");
    expect(languages.appendedIn('67')).toEqual(['de']);
    expect(languages.appendedIn('35')).toEqual([]);
  });

  test.each([
    ['a region that there is not', "mandatory: {'99': [br]}", 'mandatory/99', /INSEE/],
    ['a code that lost its zero', 'mandatory: {1: [br]}', 'mandatory/1', /quotes/],
    ['a language that is none', "mandatory: {'29': [Breton]}", 'languages.yaml:1', /language/],
    ['an appended language that is not mandatory', "appended: {'67': [de]}", 'appended/67', /not mandatory/],
    ['French appended to French', "appended: {'67': [fr]}", 'appended/67', /appended to/],
    ['a field that is not known', 'optional: {}', 'languages.yaml:1', /optional/],
    ['an alias', 'mandatory: &a {}\nappended: *a', 'languages.yaml:1', /alias/],
  ])('refuse %s', async (_, yaml, at, message) => {
    expect(await faultsOf(yaml)).toContainEqual({ at, message: expect.stringMatching(message) });
  });

  test('refuse a file that is not there, naming it', async () => {
    await expect(loadLanguages('/nowhere/languages.yaml')).rejects.toMatchObject({
      code: 'bad_languages',
      faults: [{ at: '/nowhere/languages.yaml' }],
    });
  });
});

test('the file that is shipped asks for French and nothing else', async () => {
  const languages = await loadLanguages(shipped('languages.yaml'));
  for (const { code } of REGIONS) {
    expect([languages.of(code), languages.appendedIn(code)]).toEqual([['fr'], []]);
  }
});

test('R4: every language of the sample has a wording of every template, and an audience may ask for it', async () => {
  const [languages, templates] = await Promise.all([
    loadLanguages(shipped('languages.sample.yaml')),
    Templates.load(REPOSITORY_TEMPLATES),
  ]);
  const asked = new Set(REGIONS.flatMap(({ code }) => languages.of(code)));
  expect([...asked].sort()).toEqual(['br', 'co', 'de', 'en', 'eu', 'fr', 'gsw', 'it', 'oc']);
  for (const language of asked) {
    expect(LANGUAGES).toContain(language);
    for (const { wordings } of templates.list()) expect(Object.keys(wordings)).toContain(language);
  }
});

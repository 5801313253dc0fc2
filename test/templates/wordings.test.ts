import { Templates } from '../../src/templates/load.ts';
import { render } from '../../src/templates/render.ts';
import { allWordings, findWording, reviewOf, segmentsAllowed, wordingDigest } from '../../src/templates/wordings.ts';
import {
  AT_MS,
  FRONT_MATTER,
  GOOD_TEXT,
  HARD_TO_REACH,
  inputOf,
  loadTemplate,
  numberOf,
  REPOSITORY_TEMPLATES,
  regionOf,
  wordingFile,
} from './samples.ts';

const templates = await Templates.load(REPOSITORY_TEMPLATES);
const OWN = '{source} {of_region} {time}. A Rennes, appelez {numbers}. Sourds: SMS {deaf}';
const ENGLISH = wordingFile(GOOD_TEXT, FRONT_MATTER.replace('language: fr', 'language: en'));

const textIn = (template: Awaited<ReturnType<typeof loadTemplate>>, code: string, language: string) =>
  render({
    template,
    region: regionOf(code),
    language,
    status: 'Actual',
    services: ['17'],
    numbers: [numberOf(code, '17', '02 61 91 00 36')],
    parameters: {},
    atMs: AT_MS,
  });

describe('a wording of an authority', () => {
  const withOwn = () => loadTemplate({ 'essai/prefecture-35/fr.txt': wordingFile(OWN), 'essai/en.txt': ENGLISH });

  test('is used in its region, and nowhere else', async () => {
    const template = await withOwn();
    expect(textIn(template, '35', 'fr').text).toContain('A Rennes');
    expect(textIn(template, '22', 'fr').text).not.toContain('A Rennes');
    expect(textIn(template, '35', 'fr').wordings).toEqual([
      { language: 'fr', file: 'essai/prefecture-35/fr.txt', review: { by: 'Une relectrice', at: '2026-01-15' } },
    ]);
  });

  test('stands beside the common ones: a language that it lacks is the common one', async () => {
    const template = await withOwn();
    expect(textIn(template, '35', 'en').wordings?.[0]?.file).toBe('essai/en.txt');
    expect(findWording(template, { code: '35' }, 'de')).toBeUndefined();
  });

  test('is the fallback in its region too', async () => {
    expect(textIn(await withOwn(), '35', 'tr').text).toContain('A Rennes');
  });

  test('is found by its base language, and not by what every object has', async () => {
    const template = await withOwn();
    expect(findWording(template, { code: '35' }, 'fr-CA')?.authority).toBe('prefecture-35');
    expect(findWording(template, { code: '35' }, 'constructor')).toBeUndefined();
  });

  test('is listed with the others, and survives as JSON', async () => {
    const template = await withOwn();
    expect(allWordings(template).map(({ file }) => file)).toEqual([
      'essai/en.txt',
      'essai/fr.txt',
      'essai/prefecture-35/fr.txt',
    ]);
    expect(JSON.parse(JSON.stringify(template))).toEqual(template);
  });
});

describe('R10: a review', () => {
  const reviewOfFile = async (file: string) => {
    const { wordings } = await loadTemplate({ 'essai/fr.txt': file });
    return wordings.fr && reviewOf(wordings.fr);
  };
  const good = wordingFile(GOOD_TEXT);

  test('is by somebody, of a day, of the wording as it stands', async () => {
    expect(await reviewOfFile(good)).toEqual({ by: 'Une relectrice', at: '2026-01-15' });
  });

  test.each([
    ['one character of the text', 'Appelez {', 'Apelez {'],
    ['the source', 'source: Préfet', 'source: Préfète'],
    ['the prefix of an exercise', 'EXERCICE', 'ESSAI'],
    ['the way a time is printed', '{hour}h{minute}', '{hour}:{minute}'],
    ['the headline', 'title: Essai', 'title: Essais'],
    ['the name of who read it', 'reviewed_by: Une relectrice', 'reviewed_by:'],
    ['the day', 'reviewed_at: 2026-01-15', 'reviewed_at:'],
  ])('ends when %s changes', async (_, from, to) => {
    const changed = good.replace(from, to);
    expect(changed).not.toBe(good);
    expect(await reviewOfFile(changed)).toBeUndefined();
  });

  test('outlives the words that only the lint looks for', async () => {
    expect(await reviewOfFile(good.replace('guidance: Appelez', 'guidance: Appelez {numbers}'))).toBeDefined();
  });

  test('has a digest that YAML takes for a text, and that differs from wording to wording', async () => {
    const digests = templates.list().flatMap(allWordings).map(wordingDigest);
    for (const digest of digests) expect(digest).toMatch(/^sha256:[0-9a-f]{12}$/);
    expect(new Set(digests).size).toBe(digests.length);
  });
});

test.each([
  [4, 'gsm7', 4],
  [3, 'ucs2', 6],
  [4, 'ucs2', 8],
  [8, 'ucs2', 8],
] as const)('a template of %i segments allows a wording in %s %i', (maxSegments, alphabet, allowed) => {
  expect(segmentsAllowed({ maxSegments }, { alphabet })).toBe(allowed);
});

describe('a parameter in several languages', () => {
  const parameters = { advice: "N'appelez qu'en cas d'urgence.", 'advice.de': 'Nur im Notfall anrufen.' };
  const textFor = (language: string, given: Record<string, string> = parameters) =>
    render(inputOf(templates, { template: templates.get(HARD_TO_REACH), language, parameters: given })).text;

  test('is printed in the language of the text, else as it stands', () => {
    expect(textFor('de')).toContain('Nur im Notfall anrufen.');
    expect(textFor('de-AT')).toContain('Nur im Notfall anrufen.');
    expect(textFor('de')).not.toContain("N'appelez");
    for (const language of ['fr', 'en']) expect(textFor(language)).toContain("N'appelez qu'en cas d'urgence.");
  });

  test('keeps French free of a script that GSM 7-bit cannot write', () => {
    const given = { ...parameters, 'advice.ar': 'اتصلوا في حالة الطوارئ فقط.' };
    expect(textFor('ar', given)).toContain('اتصلوا في حالة الطوارئ فقط.');
    expect(textFor('fr', given)).not.toMatch(/\p{Script=Arabic}/u);
  });

  test.each([
    ['R1: a number in a translation', { 'advice.de': 'Oder 01 99 00 12 34' }, 'phone_number_in_text'],
    ['a translation that is too long', { 'advice.de': 'a'.repeat(61) }, 'invalid_parameter'],
    ['a translation of nothing', { 'warning.de': 'x' }, 'unknown_parameter'],
    ['a language that is none', { 'advice.German': 'x' }, 'unknown_parameter'],
  ])('%s is refused', (_, given, code) => {
    expect(() => textFor('fr', given)).toThrow(expect.objectContaining({ code }));
  });

  test('a time has no translation: it is the same in all', () => {
    const template = templates.get('restored-keep-alternative');
    const given = { until: '2021-06-03T08:00:00+02:00', 'until.de': '2021-06-04T08:00:00+02:00' };
    expect(() => render(inputOf(templates, { template, parameters: given }))).toThrow(
      expect.objectContaining({ code: 'unknown_parameter' }),
    );
  });
});

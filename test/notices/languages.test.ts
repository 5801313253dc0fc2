import { compose } from '../../src/notices/compose.ts';
import type { AudienceView } from '../../src/notices/notice.ts';
import type { MandatoryLanguages } from '../../src/templates/languages.ts';
import { Templates } from '../../src/templates/load.ts';
import { testStore } from '../support/redis.ts';
import { HARD_TO_REACH, loadTemplate, REPOSITORY_TEMPLATES } from '../templates/samples.ts';
import {
  AT_MS,
  AUTHOR,
  audienceOf,
  directoryOf,
  inputOf,
  NUMBERS,
  NUMBERS_FOR_ACTUAL,
  noticesOver,
  refusalOf,
  templates,
} from './samples.ts';

const { store, close } = await testStore();
afterAll(close);

const unread = await Templates.load(REPOSITORY_TEMPLATES);
const hardToReach = unread.get(HARD_TO_REACH);
const frenchOnly = await loadTemplate();

const languages = (of: Record<string, string[]>, appended: Record<string, string[]> = {}): MandatoryLanguages => ({
  of: (region) => ['fr', ...(of[region] ?? [])],
  appendedIn: (region) => appended[region] ?? [],
});
const groups = (...spoken: string[]): AudienceView =>
  audienceOf({ groups: spoken.map((language) => ({ region: '35', language, recipients: 10 })) });

const composed = (mandatory: MandatoryLanguages, audience: AudienceView, template = hardToReach) =>
  compose(directoryOf(NUMBERS), template, { ...inputOf(), regions: ['35'] }, audience, AT_MS, AT_MS, mandatory);

describe('R4: a mandatory language', () => {
  test('is written and put before the authority, also where no recipient is known to speak it', async () => {
    const { renderings, problems } = await composed(languages({ '35': ['br'] }), groups('fr'));
    expect(renderings.map(({ language, wording }) => [language, wording])).toEqual([
      ['br', 'br'],
      ['fr', 'fr'],
    ]);
    expect(problems).toEqual([]);
  });

  test('is mandatory in its region only', async () => {
    const { renderings } = await composed(languages({ '29': ['br'] }), groups('fr'));
    expect(renderings.map(({ language }) => language)).toEqual(['fr']);
  });

  test('without a wording is a problem, which names region and language', async () => {
    const { renderings, problems } = await composed(languages({ '35': ['br'] }), groups('fr', 'br'), frenchOnly);
    expect(problems).toEqual([
      {
        code: 'missing_language',
        at: 'region 35, language br',
        message: expect.stringContaining('no wording'),
        about: { region: '35', language: 'br' },
      },
    ]);
    // Whoever waives it sees what they get instead.
    expect(renderings.map(({ language, wording }) => [language, wording])).toEqual([
      ['br', 'fr'],
      ['fr', 'fr'],
    ]);
  });

  test('without a wording and without recipients leaves no text that says to be in it', async () => {
    const { renderings } = await composed(languages({ '35': ['br'] }), groups('fr'), frenchOnly);
    expect(renderings.map(({ language }) => language)).toEqual(['fr']);
  });

  test('worded by the authority alone is not missing there', async () => {
    const breton =
      '---\nlanguage: br\ntitle: x\nsource: Prefeti\nguidance: Galvit\nmoment: "{day}/{month} {hour}:{minute}"\n';
    const text =
      'prefix_exercise: POELLADENN\nprefix_test: AMPROUENN\n---\n{source} {region} {time} Galvit {numbers} {deaf}\n';
    const template = await loadTemplate({ 'essai/prefecture-35/br.txt': breton + text });
    const { renderings, problems } = await composed(languages({ '35': ['br'] }), groups('fr'), template);
    expect(problems).toEqual([]);
    expect(renderings.map(({ wording }) => wording)).toEqual(['br', 'fr']);
  });

  test('a language that is not mandatory and has no wording is told in French, without a problem', async () => {
    const { renderings, problems } = await composed(languages({}), groups('tr'));
    expect(renderings.map(({ language, wording }) => [language, wording])).toEqual([
      ['fr', 'fr'],
      ['tr', 'fr'],
    ]);
    expect(problems).toEqual([]);
  });
});

describe('R4: a language that is appended', () => {
  const both = languages({ '35': ['de', 'br'] }, { '35': ['de'] });

  test('stands behind the French text, in a paragraph of its own, with its own prefix', async () => {
    const { renderings } = await composed(both, groups('fr', 'br', 'tr'));
    const textOf = new Map(renderings.map(({ language, text }) => [language, text]));
    const [french = '', german = '', ...more] = textOf.get('fr')?.split('\n') ?? [];
    expect(more).toEqual([]);
    expect(french).toMatch(/^EXERCICE Préfet /);
    expect(german).toBe(textOf.get('de'));
    expect(textOf.get('tr')).toBe(textOf.get('fr'));
    expect(textOf.get('br')).not.toContain('\n');
  });

  test('is named among the wordings of the text, and counted in its segments', async () => {
    const { renderings } = await composed(both, groups('fr'));
    const french = renderings.find(({ language }) => language === 'fr');
    expect(french?.wordings?.map(({ language }) => language)).toEqual(['fr', 'de']);
    expect(french?.segments).toBe(3);
  });
});

describe('R4: submission and waiver', () => {
  const find = (id: string) => (id === 'essai' ? frenchOnly : templates.find(id));
  const notices = () => noticesOver(store, { templates: { find }, languages: languages({ '35': ['br'] }) });
  const reason = 'the Breton office cannot be reached this evening';

  test('is refused while a mandatory language is missing', async () => {
    const { notices: those } = notices();
    const { id } = await those.create(inputOf({ template: 'essai' }), AUTHOR);
    const error = await refusalOf(() => those.submit(id, AUTHOR));
    expect(error).toMatchObject({ code: 'missing_language' });
    expect(error.faults).toContainEqual(expect.objectContaining({ about: { region: '35', language: 'br' } }));
  });

  test('goes through when somebody waives that language by name, with a reason', async () => {
    const { notices: those } = notices();
    const waivers = [{ code: 'missing_language', region: '35', language: 'br', reason }];
    const { id } = await those.create(inputOf({ template: 'essai', waivers }), AUTHOR);
    expect((await those.preview(id)).waived).toContainEqual(
      expect.objectContaining({ code: 'missing_language', waiver: expect.objectContaining({ by: AUTHOR.person }) }),
    );
    expect((await those.submit(id, AUTHOR)).value.state).toBe('submitted');
  });

  test('a waiver for another language does not help', async () => {
    const { notices: those } = notices();
    const waivers = [{ code: 'missing_language', region: '35', language: 'gsw', reason }];
    const { id } = await those.create(inputOf({ template: 'essai', waivers }), AUTHOR);
    await expect(those.submit(id, AUTHOR)).rejects.toMatchObject({ code: 'missing_language' });
  });
});

describe('R10: a wording that no native reader has read', () => {
  const submitting = async (status: string, found: Pick<Templates, 'find'>, waivers: unknown[] = []) => {
    const { notices, world } = noticesOver(store, { templates: found });
    world.numbers = NUMBERS_FOR_ACTUAL;
    const { id } = await notices.create(inputOf({ status, regions: ['35'], waivers }), AUTHOR);
    return { preview: await notices.preview(id), submit: () => notices.submit(id, AUTHOR) };
  };

  test('is refused for an Actual notice, for each region and language', async () => {
    const { submit } = await submitting('Actual', unread);
    const error = await refusalOf(submit);
    expect(error.code).toBe('unreviewed_wording');
    for (const language of ['fr', 'en']) {
      const about = { region: '35', language };
      expect(error.faults).toContainEqual(expect.objectContaining({ at: `region 35, language ${language}`, about }));
    }
  });

  test('is sent when it is waived by name', async () => {
    const waiver = { code: 'unreviewed_wording', reason: 'read aloud to two native speakers tonight' };
    const { submit } = await submitting('Actual', unread, [waiver]);
    expect((await submit()).value.state).toBe('submitted');
    const one = await submitting('Actual', unread, [{ ...waiver, language: 'fr' }]);
    await expect(one.submit()).rejects.toMatchObject({ code: 'unreviewed_wording' });
  });

  test('serves in an exercise and in a test, with a warning', async () => {
    for (const status of ['Exercise', 'Test']) {
      const { preview, submit } = await submitting(status, unread);
      const warned = preview.warnings.filter(({ code }) => code === 'unreviewed_wording');
      expect(warned.map(({ about }) => about?.language).sort()).toEqual(['en', 'fr']);
      expect((await submit()).value.state).toBe('submitted');
    }
  });

  test('a wording that was read as it stands needs no waiver, and the text says by whom', async () => {
    const { preview, submit } = await submitting('Actual', templates);
    expect(preview.problems).toEqual([]);
    const { value } = await submit();
    expect(value.renderings?.[0]?.wordings).toEqual([
      { language: 'en', file: `${HARD_TO_REACH}/en.txt`, review: { by: 'Une relectrice', at: '2026-01-15' } },
    ]);
  });

  test('the appended language counts too', async () => {
    const { find } = templates;
    const half = { find: (id: string) => withoutReview(find.call(templates, id), 'de') };
    const { notices, world } = noticesOver(store, {
      templates: half,
      languages: languages({ '35': ['de'] }, { '35': ['de'] }),
    });
    world.numbers = NUMBERS_FOR_ACTUAL;
    const { id } = await notices.create(inputOf({ status: 'Actual', regions: ['35'] }), AUTHOR);
    const { problems } = await notices.preview(id);
    const own = problems.filter(({ at }) => at.startsWith('region'));
    expect([...new Set(own.map(({ about }) => about?.language))]).toEqual(['de']);
  });
});

function withoutReview(template: ReturnType<Templates['find']>, language: string) {
  const wording = template?.wordings[language];
  if (!template || !wording) return template;
  const { reviewedText: _, ...rest } = wording;
  return { ...template, wordings: { ...template.wordings, [language]: rest } };
}

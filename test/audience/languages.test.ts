import { LANGUAGES, primaryLanguage } from '../../src/audience/languages.ts';

describe('languages', () => {
  test.each([
    ['fr', 'fr'],
    ['fr-FR', 'fr'],
    ['EN', 'en'],
    [' gsw ', 'gsw'],
    ['zh-Hant-TW', 'zh'],
    ['xx', undefined],
    ['', undefined],
    ['fr_FR', undefined],
    ['fr-', undefined],
    ['french', undefined],
  ])('reads the tag %j as %j', (tag, language) => {
    expect(primaryLanguage(tag)).toBe(language);
  });

  test('are BCP 47 primary subtags, each once, and few enough for a group number', () => {
    expect(LANGUAGES.filter((language) => !/^[a-z]{2,3}$/.test(language))).toEqual([]);
    expect(new Set(LANGUAGES).size).toBe(LANGUAGES.length);
    expect(LANGUAGES.length).toBeLessThan(128);
    expect(LANGUAGES.map((language) => Intl.getCanonicalLocales(language)[0])).toEqual(LANGUAGES);
  });
});

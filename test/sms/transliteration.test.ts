import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { isGsm7 } from '../../src/sms/gsm7.ts';
import { segment } from '../../src/sms/segments.ts';
import { transliterate } from '../../src/sms/transliteration.ts';
import { basicChars, extensionChars, unicodeText } from './texts.ts';

/** Official names, as the state publishes them. */
function namesOf(kind: 'departements' | 'regions'): string[] {
  const url = new URL(`../../node_modules/@etalab/decoupage-administratif/data/${kind}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { nom: string }[]).map(({ nom }) => nom);
}

describe('what GSM 7-bit carries', () => {
  test.each([...basicChars, ...extensionChars].filter((char) => char !== 'Ç'))('%j stays as it is', (char) => {
    expect(transliterate(char)).toEqual({ text: char, changes: [], refused: [] });
  });

  test('Ç alone is replaced, since networks dispute its position', () => {
    expect(transliterate('Ça')).toEqual({ text: 'Ca', changes: [{ from: 'Ç', to: 'C', at: 0 }], refused: [] });
  });
});

describe('plain forms', () => {
  test.each([
    ['âêîôûëïçÿ', 'aeioueicy'],
    ['ÂÊÎÔÛËÏŸ', 'AEIOUEIY'],
    ['ÀÈÙ', 'AEU'],
    ['œ Œ', 'oe Oe'],
    ['Œuvre', 'Oeuvre'],
    ['SŒUR', 'SOEUR'],
    ['CHŒ', 'CHOE'],
    ['ŒUVRE', 'OEUVRE'],
    ['l’eau ‘douce’ ‚x', "l'eau 'douce' 'x"],
    ['«\u00a0Alerte\u00a0»', '" Alerte "'],
    ['“a” „b‟ ‹c›', '"a" "b" "c"'],
    ['Alpes‑Maritimes – Var — fin', 'Alpes-Maritimes - Var - fin'],
    ['attendez…', 'attendez...'],
    ['n°\u00a015, N° 2, nº 3, № 4', 'no 15, No 2, no 3, no 4'],
    ['Danger\u202f! 10\u2009000', 'Danger ! 10 000'],
    ['a\u200bb\u00adc\ufeffd', 'abcd'],
    ['habitant·e·s', 'habitant.e.s'],
    ['c’hoar, c\u02bchoar', "c'hoar, c'hoar"],
    ['łódź šŵñ ığş', 'lodz swñ igs'],
    ['ﬁn', 'fin'],
    ['Viê\u0323t', 'Viet'],
    ['x\u0302 e\u0304\u0323', 'x e'],
    ['a\u2028b', 'a\nb'],
  ])('%j becomes %j', (from, to) => {
    expect(transliterate(from)).toMatchObject({ text: to, refused: [] });
  });

  test('decomposed accents are composed first: that is no change', () => {
    expect(transliterate('e\u0301vacuation')).toEqual({ text: 'évacuation', changes: [], refused: [] });
    expect(transliterate('e\u0302')).toEqual({ text: 'e', changes: [{ from: 'ê', to: 'e', at: 0 }], refused: [] });
  });

  test('every change is listed with its place in the NFC text', () => {
    expect(transliterate('e\u0301t\u00e9, Rhône…').changes).toEqual([
      { from: 'ô', to: 'o', at: 7 },
      { from: '…', to: '...', at: 10 },
    ]);
  });

  test('correct French punctuation alone costs more than twice the segments', () => {
    const text = `Panne des numéros d’urgence. ${'Composez le 112. '.repeat(6)}«\u00a0Restez à l’écoute\u00a0».`;
    expect(segment(text)).toMatchObject({ encoding: 'ucs2', segments: { length: 3 } });
    expect(segment(transliterate(text).text)).toMatchObject({ encoding: 'gsm7', segments: { length: 1 } });
  });
});

describe('refusals', () => {
  test.each([
    ['أ', 'U+0623'],
    ['Ж', 'U+0416'],
    ['α', 'U+03B1'],
    ['中', 'U+4E2D'],
    ['か', 'U+304B'],
    ['한', 'U+D55C'],
    ['א', 'U+05D0'],
    ['😀', 'U+1F600'],
    ['⚠', 'U+26A0'],
    ['²', 'U+00B2'],
    ['½', 'U+00BD'],
    ['①', 'U+2460'],
    ['١', 'U+0661'],
    ['１', 'U+FF11'],
    ['\u202e', 'U+202E'],
    ['\x1b', 'U+001B'],
    ['\u0000', 'U+0000'],
    ['\ud83d', 'U+D83D'],
  ])('%j is refused as %s and kept in its place', (char, codePoint) => {
    expect(transliterate(`été ${char}.`)).toEqual({
      text: `été ${char}.`,
      changes: [],
      refused: [{ char, codePoint, at: 4 }],
    });
  });

  test('all are named, not only the first', () => {
    expect(transliterate('😀 coûte 中').refused).toEqual([
      { char: '😀', codePoint: 'U+1F600', at: 0 },
      { char: '中', codePoint: 'U+4E2D', at: 9 },
    ]);
  });

  test('a warning sign with its variation selector is refused once', () => {
    expect(transliterate('⚠️ Alerte').refused).toEqual([{ char: '⚠', codePoint: 'U+26A0', at: 0 }]);
  });

  test('a keycap digit is refused by its keycap', () => {
    expect(transliterate('1️⃣').refused).toEqual([{ char: '\u20e3', codePoint: 'U+20E3', at: 2 }]);
  });

  test('an accent on another script is refused, not dropped', () => {
    expect(transliterate('я\u0301').refused.map(({ codePoint }) => codePoint)).toEqual(['U+044F', 'U+0301']);
  });

  test('refused characters that a dropped one kept apart stay composed, so a second run finds the same', () => {
    const once = transliterate('ᄒ\u200dᅡ');
    expect(once.refused).toHaveLength(2);
    expect(transliterate(once.text).text).toBe(once.text);
  });

  test('Arabic is refused letter by letter, never romanised', () => {
    const { text, changes, refused } = transliterate('اتصل');
    expect({ text, changes }).toEqual({ text: 'اتصل', changes: [] });
    expect(refused).toHaveLength(4);
  });
});

describe('official names', () => {
  test.each([...new Set([...namesOf('departements'), ...namesOf('regions')])])('%s fits GSM 7-bit', (name) => {
    const { text, refused } = transliterate(name);
    expect(refused).toEqual([]);
    expect(isGsm7(text)).toBe(true);
    expect(text).not.toContain('?');
    expect(text.normalize('NFD').replace(/\p{M}/gu, '')).toBe(name.normalize('NFD').replace(/\p{M}/gu, ''));
  });

  test('the names that would force UCS-2 are the ones with a circumflex or a cedilla', () => {
    const forcing = namesOf('departements').filter((name) => !isGsm7(name));
    expect(forcing.map((name) => [name, transliterate(name).text])).toEqual([
      ['Bouches-du-Rhône', 'Bouches-du-Rhone'],
      ["Côte-d'Or", "Cote-d'Or"],
      ["Côtes-d'Armor", "Cotes-d'Armor"],
      ['Drôme', 'Drome'],
      ['Puy-de-Dôme', 'Puy-de-Dome'],
      ['Rhône', 'Rhone'],
      ['Haute-Saône', 'Haute-Saone'],
      ['Saône-et-Loire', 'Saone-et-Loire'],
      ['Terres australes et antarctiques françaises', 'Terres australes et antarctiques francaises'],
      ['Polynésie française', 'Polynésie francaise'],
      ['Île de Clipperton', 'Ile de Clipperton'],
    ]);
  });
});

describe('for any text', () => {
  const latinText = fc.string({
    unit: fc.oneof(
      fc.constantFrom(...'éèàùâêîôûëïçÿœŒÀÈÊÇ«»’“”–…° \u00a0\u202f\u200b\u0302\u0323€SEse'),
      fc.integer({ min: 0xc0, max: 0x24f }).map((codePoint) => String.fromCodePoint(codePoint)),
    ),
  });
  const anyText = fc.oneof(latinText, unicodeText(60), fc.string({ unit: 'binary' }));

  test('the result is GSM 7-bit without Ç whenever nothing is refused', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const result = transliterate(text);
        expect(isGsm7(result.text)).toBe(result.refused.length === 0);
        expect(result.text).not.toContain('Ç');
      }),
    );
  });

  test('doing it twice changes nothing more', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = transliterate(text);
        expect(transliterate(once.text)).toMatchObject({ text: once.text, changes: [] });
      }),
    );
  });

  test('no digit and no question mark comes into being', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const count = (each: string) => each.replace(/[^0-9?]/g, '');
        expect(count(transliterate(text).text)).toBe(count(text.normalize('NFC')));
      }),
    );
  });

  test('places and characters are those of the NFC text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const source = text.normalize('NFC');
        const { changes, refused } = transliterate(text);
        for (const { from, at } of changes) expect(source.startsWith(from, at)).toBe(true);
        for (const { char, at } of refused) expect(source.startsWith(char, at)).toBe(true);
      }),
    );
  });
});

test('no Latin letter of Unicode becomes a digit, a sign or nothing', () => {
  const odd = [];
  for (let codePoint = 0x80; codePoint <= 0x1ffff; codePoint++) {
    const char = String.fromCodePoint(codePoint);
    if (!/^\p{Script=Latin}$/u.test(char)) continue;
    const { text, refused } = transliterate(char);
    if (refused.length === 0 && !/^(\p{L}|[A-Za-z])+$/u.test(text)) odd.push([char, text]);
  }
  expect(odd).toEqual([]);
});

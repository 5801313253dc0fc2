/** The quick ways of reading a field agree with the functions that have the say. */
import fc from 'fast-check';
import { codeOfRejection, readLanguage, readNumber, readRegion } from '../../src/audience/fields.ts';
import { LANGUAGES, primaryLanguage } from '../../src/audience/languages.ts';
import { REGIONS } from '../../src/directory/regions.ts';
import { parseMsisdn, plainMsisdn } from '../../src/sms/msisdn.ts';

type Read = (bytes: Buffer, from: number, to: number) => number;

/** Reads the field amid others, since a reader that looks over its edges must be found out. */
const read = (field: Read, text: string, encoding: BufferEncoding = 'utf8'): number => {
  const bytes = Buffer.from(text, encoding);
  const line = Buffer.concat([Buffer.from('9'), bytes, Buffer.from('9')]);
  return field(line, 1, 1 + bytes.length);
};
const byParse = (text: string): number => {
  const parsed = parseMsisdn(text);
  return parsed.ok ? parsed.msisdn : -codeOfRejection(parsed.reason);
};

const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength });
const PREFIXES =
  ' + 0 00 33 +33 +330 0033 00033 330 +262 2620 0262 00262 590 +5900 594 596 0639 063998 0690 +33690 999 +999 +0 ++ +00 (+33) +33(0) 0033(0)';
const prefix = fc.constantFrom(...PREFIXES.split(' '));
const ASCII_SEPARATORS = [' ', '.', '-', '/', '(', ')', '\t'];
const SEPARATORS = [
  ...ASCII_SEPARATORS,
  ...'\u00a0\u2007\u2009\u202f\u2010\u2015\u200b\u200f\u202a\u202e\u2060\u2066\u2069\ufeff',
];
const odd = fc.oneof(
  fc.tuple(prefix, digits(0, 20)).map(([start, rest]) => start + rest),
  fc.tuple(prefix, digits(6, 10)).map(([start, rest]) => start + rest),
  fc
    .tuple(prefix, fc.string({ unit: fc.constantFrom(...'0123456789', ...ASCII_SEPARATORS), maxLength: 16 }))
    .map((parts) => parts.join('')),
  fc.string({
    unit: fc.constantFrom(...'0123456789+', ...SEPARATORS, 'x', 'é', '\u2000', '٣', "'", '_', 'e'),
    maxLength: 20,
  }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);

describe('a number read from bytes', () => {
  test('is what parseMsisdn says, number and reason, whatever stands in a file', () => {
    fc.assert(
      fc.property(odd, (text) => {
        expect([text, read(readNumber, text)]).toEqual([text, byParse(text)]);
      }),
      { numRuns: 20_000 },
    );
  });

  test('is decided without parseMsisdn only where parseMsisdn decides the same', () => {
    let decided = 0;
    fc.assert(
      fc.property(odd, (text) => {
        const plain = read(plainMsisdn, text);
        if (plain !== 0) {
          decided += 1;
          expect([text, plain]).toEqual([text, byParse(text)]);
        }
      }),
      { numRuns: 20_000 },
    );
    // Else this test would hold for a reader that never decides.
    expect(decided).toBeGreaterThan(600);
  });

  test.each(['1234567', '+1234567', '1234567890123456', '+9991234567890123', '0033261910035999', '+033261910035'])(
    'is left to parseMsisdn where it is no number: %s',
    (text) => {
      expect(read(plainMsisdn, text)).toBe(0);
      expect(read(readNumber, text)).toBe(byParse(text));
    },
  );

  test.each([
    '0261910035',
    '02 61 91 00 35',
    '02.61.91.00.35',
    '33261910035',
    '+33261910035',
    '+33 (0)2-61-91-00-35',
    '0033 2 61 91 00 35',
    '+262692001234',
    '+999123456789',
  ])('as it is commonly written, %s, needs no string', (text) => {
    expect(read(plainMsisdn, text)).toBe(byParse(text));
  });

  test.each(['0', '+33', '33', '0033', '+330', '+', '+262', '+590', '+594', '+596', '262', '5940'])(
    'agrees on every three digits after %s',
    (start) => {
      for (const size of [5, 6, 7]) {
        const texts = Array.from(
          { length: 1_000 },
          (_, i) => `${start}${String(i).padStart(3, '0')}${'123456789'.slice(0, size)}`,
        );
        expect(texts.map((text) => read(readNumber, text))).toEqual(texts.map(byParse));
      }
    },
  );

  test('agrees on each separator by itself, in UTF-8 and those of Latin-1 in Latin-1 too', () => {
    for (const sign of SEPARATORS) expect(read(readNumber, `02${sign}61910035`)).toBe(33261910035);
    expect(read(readNumber, '02\u00a061910035', 'latin1')).toBe(33261910035);
  });
});

describe('a region read from bytes', () => {
  test('is found by its code, in small letters and without its zero too', () => {
    for (const [i, { code }] of REGIONS.entries()) {
      expect(read(readRegion, code)).toBe(i);
      expect(read(readRegion, code.toLowerCase())).toBe(i);
      if (/^0./.test(code)) expect(read(readRegion, code.slice(1))).toBe(i);
    }
  });

  test.each(['', '0', '00', '96', '20', '2', '1 ', 'é', '9744', '97', 'fr'])('is none where it says "%s"', (text) => {
    const index = REGIONS.findIndex(({ code }) => code === text.padStart(2, '0') && text.length === 1);
    expect(read(readRegion, text)).toBe(index === -1 ? -codeOfRejection('unknown_region') : index);
  });
});

describe('a language read from bytes', () => {
  const expected = (text: string) => {
    const place = LANGUAGES.indexOf(primaryLanguage(text) ?? '');
    return place === -1 ? -codeOfRejection('unknown_language') : place;
  };

  test('is the primary subtag of whatever tag stands there', () => {
    const subtag = fc.string({ unit: fc.constantFrom(...'abfrenRF0-é '), maxLength: 6 });
    const tag = fc.oneof(
      subtag,
      fc.tuple(fc.constantFrom('FR', 'fr', 'gsw', 'Gcf', 'xx'), subtag).map((parts) => parts.join('-')),
    );
    fc.assert(
      fc.property(tag, (text) => {
        expect([text, read(readLanguage, text)]).toEqual([text, expected(text)]);
        // The second time it is remembered.
        expect(read(readLanguage, text)).toBe(expected(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('is found for every language there is', () => {
    for (const language of LANGUAGES) expect(read(readLanguage, language)).toBe(LANGUAGES.indexOf(language));
  });
});

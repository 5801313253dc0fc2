import fc from 'fast-check';
import { findPhoneNumbers } from '../../src/sms/phone-in-text.ts';

const digitsIn = (text: string) => findPhoneNumbers(text).map(({ digits }) => digits);

describe('numbers to dial', () => {
  test.each([
    ['01 99 00 12 34', '0199001234'],
    ['0199001234', '0199001234'],
    ['01.99.00.12.34', '0199001234'],
    ['01-99-00-12-34', '0199001234'],
    ['01/99/00/12/34', '0199001234'],
    ['01. 99. 00. 12. 34', '0199001234'],
    ['01 - 99 - 00 - 12 - 34', '0199001234'],
    ['01_99_00_12_34', '0199001234'],
    ['01\u00a099\u00a000\u00a012\u00a034', '0199001234'],
    ['01\u202f99\u202f00\u202f12\u202f34', '0199001234'],
    ['01\u200999\u200900\u200912\u200934', '0199001234'],
    ['01\u201199\u201100\u201112\u201134', '0199001234'],
    ['01–99–00–12–34', '0199001234'],
    ['01·99·00·12·34', '0199001234'],
    ['01\u200b99\u200b00\u200b12\u200b34', '0199001234'],
    ['(01) 99 00 12 34', '0199001234'],
    ['0 199 001 234', '0199001234'],
    ['06 39 98 12 34', '0639981234'],
    ['+33 1 99 00 12 34', '33199001234'],
    ['+33199001234', '33199001234'],
    ['+33 (0)1 99 00 12 34', '330199001234'],
    ['+33(0)199001234', '330199001234'],
    ['(+33) 1 99 00 12 34', '33199001234'],
    ['0033 1 99 00 12 34', '0033199001234'],
    ['00 33 1 99 00 12 34', '0033199001234'],
    ['0033199001234', '0033199001234'],
    ['+999 12 34 56', '999123456'],
    ['+999123456', '999123456'],
    ['＋９９９ １２３４５６', '999123456'],
    ['００９９９１２３４５６', '00999123456'],
    ['٠١٩٩٠٠١٢٣٤', '0199001234'],
    ['۰۱ ۹۹ ۰۰ ۱۲ ۳۴', '0199001234'],
    ['०१९९००१२३४', '0199001234'],
    ['𝟎𝟏 𝟗𝟗 𝟎𝟎 𝟏𝟐 𝟑𝟒', '0199001234'],
    ['𝟶𝟷 𝟿𝟿 𝟶𝟶 𝟷𝟸 𝟹𝟺', '0199001234'],
    ['01:99:00:12:34', '0199001234'],
    ['06:39:58:12:34', '0639581234'],
    ['⓪①⑨⑨⓪⓪①②③④', '0199001234'],
    ['0️⃣1️⃣9️⃣9️⃣0️⃣0️⃣1️⃣2️⃣3️⃣4️⃣', '0199001234'],
    ['123456', '123456'],
    ['12 34 56', '123456'],
    ['118 000', '118000'],
    ['0800 123', '0800123'],
  ])('%s', (number, digits) => {
    const text = `😀 Urgence : appelez le ${number}, merci.`;
    const found = findPhoneNumbers(text);
    expect(found.map((each) => each.digits)).toEqual([digits]);
    const [{ at, length, match }] = found as [(typeof found)[0]];
    expect(text.slice(at, at + length)).toBe(match);
    expect(number).toContain(match);
    expect(number.length - match.length).toBeLessThanOrEqual('('.length);
  });

  test('the places are those of the text given', () => {
    expect(findPhoneNumbers('Été : 01 99 00 12 34 ou +33 2 61 91 12 34.')).toEqual([
      { at: 6, length: 14, digits: '0199001234', match: '01 99 00 12 34' },
      { at: 24, length: 17, digits: '33261911234', match: '+33 2 61 91 12 34' },
    ]);
  });

  test('two French numbers behind one another are two', () => {
    expect(digitsIn('01 99 00 12 34 / 02 61 91 12 34')).toEqual(['0199001234', '0261911234']);
    expect(digitsIn('01 99 00 12 34 02 61 91 12 34')).toEqual(['0199001234', '0261911234']);
  });

  test.each([
    ['after a date', 'le 02/06/2021 01 99 00 12 34', ['0199001234']],
    ['after a date and a dash', 'le 02/06/2021 - 01 99 00 12 34', ['0199001234']],
    ['after a time', 'dès 19h20 01 99 00 12 34', ['0199001234']],
    ['after a time with a colon', '19:20 : 0199001234', ['0199001234']],
    ['before a time', '0199001234 dès 20h', ['0199001234']],
    ['after a short number', 'le 15. 01 99 00 12 34', ['0199001234']],
    ['on the next line', '15\n01 99 00 12 34', ['0199001234']],
    ['glued to letters', 'Tel0199001234SAMU', ['0199001234']],
    ['that reads as short dates', '06-12-11-10-09', ['0612111009']],
    ['that begins as a date', '02.06.20.21.33', ['0206202133']],
    ['that begins as a long date', '02.06.2021.33', ['0206202133']],
    ['that reads as a time at its end', '123419h20', ['123419']],
    ['that reads as a time at its start', '19:201234', ['201234']],
    ['whose end reads as a time', '01:99:00:12:34', ['0199001234']],
    ['written with a plus like a short number', '+15 17 18', ['151718']],
    ['with a short number at its end', '0 15 17 18 15 17', ['01517181517']],
  ])('a number is found %s', (_title, text, digits) => {
    expect(digitsIn(text)).toEqual(digits);
  });
});

describe('no numbers to dial', () => {
  test.each([
    '02/06/2021',
    '2/6/2021',
    '02-06-2021',
    '02.06.2021',
    '2021-06-02',
    '2021/06/02',
    '02/06/21',
    '02.06.21',
    'du 02/06/2021 au 04/06/2021',
    '02/06/2021-04/06/2021',
    '02/06/2021 - 04/06/2021',
    '02/06-04/06',
    '02/06 - 04/06/2021',
    '02/06/2021 19h20',
    '02/06/2021 à 19:20',
    '02/06/2021, 19 h 20 - 20 h 30',
    '2021-06-02T19:20:00+02:00',
    '19h20-20h30',
    '19:20-20:30',
    '19:20:30',
    'de 8h à 20h30',
    'le 02/06/2021. 15 communes',
    'le 02.06.2021. 15 communes',
  ])('date or time: %s', (text) => {
    expect(findPhoneNumbers(text)).toEqual([]);
    expect(findPhoneNumbers(text.replaceAll(' ', '\u00a0'))).toEqual([]);
  });

  test.each([
    'Composez le 15, 17, 18 ou 112',
    '15/17/18/112',
    '15 - 17 - 18 - 112 - 114',
    '15 (17, 18)',
    '15 17 18 112 114 115 119 191 196 197',
    '116000',
    '116 117',
    '15 / 116 117',
    '3114',
    '36 39',
    '44000 Nantes',
    'Composez le 112. 2021 foyers',
    '11 800 appels',
    'D1083, km 12',
    'départements 01, 03, 38, 42 et 69',
    'départements 01, 03, 38, 42, 69',
    'Plan : 1 2 3',
    '',
  ])('short numbers, postal codes, counts: %s', (text) => {
    expect(findPhoneNumbers(text)).toEqual([]);
  });

  test.each([
    ['a month that does not exist', '02/13/2021'],
    ['a day that does not exist', '32-01-2021'],
    ['a date in groups without signs', '02 06 2021'],
    ['a date in one piece', '20210602'],
    ['mixed signs', '02/06-2021'],
  ])('%s is no date', (_title, text) => {
    expect(findPhoneNumbers(text)).toHaveLength(1);
  });
});

describe('for any text', () => {
  const french = fc
    .tuple(
      fc.constantFrom('019900', '026191', '035301', '046571', '053649', '063998'),
      fc.integer({ min: 0, max: 9999 }),
    )
    .map(([range, rest]) => range + String(rest).padStart(4, '0'));
  const separators = fc.array(fc.constantFrom('', ' ', '.', '-', '/', '\u00a0', '\u202f', ' - ', '. '), {
    minLength: 9,
    maxLength: 9,
  });

  test('a French number is found whole, whatever stands between its digits', () => {
    fc.assert(
      fc.property(french, separators, (number, between) => {
        const written = [...number].map((digit, index) => digit + (between[index] ?? '')).join('');
        expect(findPhoneNumbers(`le ${written} !`)).toEqual([
          { at: 3, length: written.length, digits: number, match: written },
        ]);
      }),
    );
  });

  test('matches lie in the text in order, without overlap, with six digits or more', () => {
    const unit = fc.constantFrom(...'0123456789 +-./()h:é😀٣３\u00a0\ufe0f\u20e3\n');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 80 }), (text) => {
        let end = 0;
        for (const { at, length, digits, match } of findPhoneNumbers(text)) {
          expect(at).toBeGreaterThanOrEqual(end);
          expect(text.slice(at, at + length)).toBe(match);
          expect(digits).toMatch(/^\d{6,}$/);
          end = at + length;
        }
      }),
    );
  });

  test('a long hostile text takes no noticeable time', () => {
    const startedAt = performance.now();
    findPhoneNumbers('1 '.repeat(50_000));
    findPhoneNumbers('01/01/2021 - '.repeat(10_000));
    findPhoneNumbers(`${'+ '.repeat(50_000)}1`);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});

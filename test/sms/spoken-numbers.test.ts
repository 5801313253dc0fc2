import fc from 'fast-check';
import { findPhoneNumbers } from '../../src/sms/phone-in-text.ts';

describe('R1: a number with words in it or between', () => {
  test.each([
    'zéro un, quatre-vingt-dix-neuf, zéro zéro, douze, trente-quatre',
    'ZÉRO SIX TRENTE-NEUF QUATRE-VINGT-DIX-HUIT DOUZE TRENTE-QUATRE',
    'ze\u0301ro un neuf neuf zero zero un deux trois quatre',
    'zero one nine nine zero zero one two three four',
    'oh one nine nine double oh one two three four',
    'trente-trois un quatre-vingt-dix-neuf zéro zéro douze trente-quatre',
    '01 puis 99 puis 00 puis 12 puis 34',
    '01 point 99 point 00 point 12 point 34',
    '06 et 39 et 98 et 12 et 34',
    '01 suivi de 99 suivi de 00 suivi de 12 suivi de 34',
    '01 99 zéro zéro 12 34',
    '０１ ９９ zéro zéro １２ ３４',
    '01\u00a0puis\u00a099\u202fpuis\u202f00 puis 12 puis 34',
    '01, 99, 00, 12, 34',
  ])('is found: %s', (number) => {
    const text = `Urgence ? Appelez le ${number} merci.`;
    const found = findPhoneNumbers(text);
    expect(found.map(({ match }) => match)).toEqual([number]);
    expect(text.slice(found[0]?.at, (found[0]?.at ?? 0) + number.length)).toBe(number);
  });

  test.each([
    ['the letter O for zero', 'O1 99 OO 12 34', '0199001234'],
    ['bars', '01|99|00|12|34', '0199001234'],
    ['dots that are one sign', '01…99…00…12…34', '0199001234'],
    ['arrows', '01→99→00→12→34', '0199001234'],
    ['stars and spaces', '01 * 99 * 00 * 12 * 34', '0199001234'],
    ['quotes', "01'99'00'12'34", '0199001234'],
    ['soft hyphens', '01\u00ad99\u00ad00\u00ad12\u00ad34', '0199001234'],
    ['ideographic spaces', '01\u300099\u300000\u300012\u300034', '0199001234'],
    ['line breaks', '01 99\n00 12\n34', '0199001234'],
    ['brackets', '[01][99][00][12][34]', '0199001234'],
  ])('is found with %s between', (_what, number, digits) => {
    expect(findPhoneNumbers(`le ${number} merci`).map((found) => found.digits)).toEqual([digits]);
  });

  test.each([
    'départements 01, 03, 38, 42 et 69',
    'le 2 juin, 15 communes et 300 foyers, 18 rues',
    'de zéro à dix heures, du un au six juin',
    'zéro accident en 2021, 2022 et 2023',
    'quatre-vingt-dix-neuf communes sur cent douze',
    'un, deux, trois, quatre, cinq, six, sept',
    'Composez le 15, le 17, le 18 puis le 112',
    'le 02/06/2021 puis le 03/06/2021 et le 04/06/2021',
    '01/06 et 02/06 puis 03/06',
    '44000 Nantes puis 35000 Rennes et 29200 Brest',
    'les 05, 06 et 07 juin',
    'Zero Six Avenue, dial 112 then wait',
  ])('is not: %s', (text) => {
    expect(findPhoneNumbers(text)).toEqual([]);
  });

  test('any number read digit by digit is found, in both languages', () => {
    const words = [
      ['zéro', 'un', 'deux', 'trois', 'quatre', 'cinq', 'six', 'sept', 'huit', 'neuf'],
      ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'],
    ];
    const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(digits, fc.constantFrom(...words), fc.constantFrom(' ', ', ', '-'), (number, names, gap) => {
        const read = [0, ...number].map((digit) => names[digit]).join(gap);
        expect(findPhoneNumbers(`le ${read} merci`).map(({ match }) => match)).toEqual([read]);
      }),
    );
  });

  test.each(['un ', 'et ', '0 et ', 'zéro, ', '1 , ', 'O', '0… '])(
    'a long text of %j takes no noticeable time',
    (part) => {
      const startedMs = performance.now();
      findPhoneNumbers(part.repeat(20_000));
      expect(performance.now() - startedMs).toBeLessThan(1_000);
    },
  );
});

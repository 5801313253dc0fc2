import fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { FICTION_PREFIXES, formatNational, kindOf, OVERSEAS_BY_PREFIX, parseMsisdn } from '../../src/sms/msisdn.ts';

describe('parseMsisdn', () => {
  test.each([
    ['0261910035', 33261910035],
    ['02 61 91 00 35', 33261910035],
    ['02.61.91.00.35', 33261910035],
    ['02-61-91-00-35', 33261910035],
    ['02\u00a061\u202f91 00 35', 33261910035],
    ['\u202a0261910035\u202c', 33261910035],
    ['33261910035', 33261910035],
    ['+33261910035', 33261910035],
    ['0033261910035', 33261910035],
    ['+33 (0)2 61 91 00 35', 33261910035],
    ['330261910035', 33261910035],
  ])('reads %j as one and the same number', (text, msisdn) => {
    expect(parseMsisdn(text)).toEqual({ ok: true, msisdn, kind: 'fictional' });
  });

  test.each([
    ['0690001234', 590690001234],
    ['0691001234', 590691001234],
    ['0590001234', 590590001234],
    ['0694001234', 594694001234],
    ['0594001234', 594594001234],
    ['0696001234', 596696001234],
    ['0697001234', 596697001234],
    ['0692001234', 262692001234],
    ['0693001234', 262693001234],
    ['0262001234', 262262001234],
    ['0639001234', 262639001234],
    ['0269001234', 262269001234],
    ['+262 0692 00 12 34', 262692001234],
    ['+33 690 00 12 34', 590690001234],
    ['590690001234', 590690001234],
  ])('reads %j as the overseas number it is', (text, msisdn) => {
    expect(parseMsisdn(text)).toEqual({ ok: true, msisdn, kind: 'ordinary' });
  });

  test.each([
    ['01 99 00 00 00', 33199000000],
    ['02 61 91 99 99', 33261919999],
    ['03 53 01 00 00', 33353010000],
    ['04 65 71 00 00', 33465710000],
    ['05 36 49 00 00', 33536490000],
    ['06 39 98 00 00', 33639980000],
  ])('knows %j as fiction, which wins over Mayotte', (text, msisdn) => {
    expect(parseMsisdn(text)).toEqual({ ok: true, msisdn, kind: 'fictional' });
  });

  test.each([
    ['+999123456789', 999123456789, 'unassigned'],
    ['+447700900123', 447700900123, 'ordinary'],
    ['00447700900123', 447700900123, 'ordinary'],
    ['+123456789012345', 123456789012345, 'ordinary'],
  ] as const)('reads %j of another country', (text, msisdn, kind) => {
    expect(parseMsisdn(text)).toEqual({ ok: true, msisdn, kind });
  });

  test.each([
    ['', 'not_a_number'],
    ['   ', 'not_a_number'],
    ['+', 'not_a_number'],
    ['++33261910035', 'not_a_number'],
    ['33+261910035', 'not_a_number'],
    ['+0261910035', 'not_a_number'],
    ['000261910035', 'not_a_number'],
    ['2.61919E+10x', 'not_a_number'],
    ['٠٢٦١٩١٠٠٣٥', 'not_a_number'],
    ['Samu', 'not_a_number'],
    ['112', 'too_short'],
    ['00', 'too_short'],
    ['+1234567', 'too_short'],
    ['+1234567890123456', 'too_long'],
    ['123456789012345678901234567890', 'too_long'],
    ['261910035', 'no_such_french_number'],
    ['0061910035', 'ok'],
    ['026191003', 'no_such_french_number'],
    ['02619100355', 'no_such_french_number'],
    ['+33 061910035', 'no_such_french_number'],
    ['+33 61910035', 'no_such_french_number'],
    ['+33 2619100355', 'no_such_french_number'],
    ['+262 12345678', 'no_such_french_number'],
  ])('answers %j with %s', (text, reason) => {
    const parsed = parseMsisdn(text);
    expect(parsed.ok ? 'ok' : parsed.reason).toBe(reason);
  });

  test('agrees with libphonenumber on what it holds valid in France, but for overseas prefixes, which it takes for French', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100_000_000, max: 999_999_999 }), (national) => {
        const theirs = parsePhoneNumberFromString(`0${national}`, 'FR');
        if (!theirs?.isValid() || theirs.country !== 'FR') return;
        if (Math.trunc(national / 1_000_000) in OVERSEAS_BY_PREFIX) return;
        expect(parseMsisdn(`0${national}`)).toMatchObject({ ok: true, msisdn: Number(theirs.number.slice(1)) });
      }),
      { numRuns: 500 },
    );
  });

  test('agrees with libphonenumber on overseas numbers, each in its own region', () => {
    const regions = { 262: ['RE', 'YT'], 590: ['GP'], 594: ['GF'], 596: ['MQ'] } as const;
    const prefix = fc.constantFrom(...Object.keys(OVERSEAS_BY_PREFIX).map(Number));
    let valid = 0;
    fc.assert(
      fc.property(prefix, fc.integer({ min: 0, max: 999_999 }), (three, rest) => {
        const national = three * 1_000_000 + rest;
        if (FICTION_PREFIXES.includes(Math.trunc(national / 10_000))) return;
        for (const region of regions[OVERSEAS_BY_PREFIX[three] as keyof typeof regions]) {
          const theirs = parsePhoneNumberFromString(`0${national}`, region);
          if (!theirs?.isValid()) continue;
          valid += 1;
          expect(parseMsisdn(`0${national}`)).toMatchObject({ ok: true, msisdn: Number(theirs.number.slice(1)) });
        }
      }),
      { numRuns: 500 },
    );
    expect(valid).toBeGreaterThan(50);
  });

  test('reads what formatNational writes', () => {
    const country = fc.constantFrom(33, 262, 590, 594, 596);
    fc.assert(
      fc.property(country, fc.integer({ min: 100_000_000, max: 999_999_999 }), (code, national) => {
        const first = parseMsisdn(`+${code}${national}`);
        if (!first.ok) throw new Error('nine digits are a French number');
        expect(parseMsisdn(formatNational(first.msisdn))).toEqual(first);
      }),
    );
  });
});

describe('formatNational', () => {
  test.each([
    [33261910035, '02 61 91 00 35'],
    [590690001234, '06 90 00 12 34'],
    [447700900123, '+447700900123'],
    [262100000000, '+262100000000'],
    [44261910035, '+44261910035'],
  ])('writes %d as %s', (msisdn, text) => {
    expect(formatNational(msisdn)).toBe(text);
  });
});

describe('kindOf', () => {
  test.each(FICTION_PREFIXES)('holds the whole range of %d for fiction, and not its neighbours', (prefix) => {
    const from = 33_000_000_000 + prefix * 10_000;
    expect([from - 1, from, from + 9_999, from + 10_000].map(kindOf)).toEqual([
      'ordinary',
      'fictional',
      'fictional',
      'ordinary',
    ]);
  });

  test('holds fiction behind an overseas code for fiction too', () => {
    expect(kindOf(262639980001)).toBe('fictional');
  });
});

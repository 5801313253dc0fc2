/**
 * Numbers as people write them, made into E.164 digits. Knows the French numbering plan (ARCEP decision 2018-0881),
 * its overseas prefixes and its ranges for fiction; other countries' numbers are held to E.164's lengths only.
 */

/** `fictional`: reserved by ARCEP for films and samples. `unassigned`: country code 999, which nobody has. */
export type MsisdnKind = 'ordinary' | 'fictional' | 'unassigned';

export type MsisdnRefusal = 'not_a_number' | 'too_short' | 'too_long' | 'no_such_french_number';

/** `msisdn` is the E.164 number without its plus: below 10^15, so exact as a JS number. */
export type ParsedMsisdn =
  | { readonly ok: true; readonly msisdn: number; readonly kind: MsisdnKind }
  | { readonly ok: false; readonly reason: MsisdnRefusal };

/** Spaces (no-break and narrow too), dots, dashes, slashes, brackets, and the invisible marks that come with copying. */
const BETWEEN_DIGITS =
  /[ \t\u00a0\u2007\u2009\u202f./()\-\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
const WELL_FORMED = /^\+?[0-9]+$/;
/** International prefix 00, country code and 15 digits; more is noise and would not be exact. */
const MAX_DIGITS = 17;

const SHORTEST = 10_000_000;
const LONGEST = 999_999_999_999_999;
/** National significant numbers of France have nine digits, the first not zero. */
const NATIONAL_MIN = 100_000_000;
const NATIONAL_MAX = 999_999_999;

/** The country code an overseas number really has, by its first three national digits: 0690 12… is +590 690 12…. */
export const OVERSEAS_BY_PREFIX: Readonly<Record<number, number>> = {
  262: 262,
  263: 262,
  269: 262,
  639: 262,
  692: 262,
  693: 262,
  590: 590,
  690: 590,
  691: 590,
  594: 594,
  694: 594,
  596: 596,
  696: 596,
  697: 596,
};

/** Country codes of France with its nine-digit plan. */
export const FRENCH_COUNTRY_CODES: readonly number[] = [33, 262, 590, 594, 596];

/** Reserved by ARCEP's numbering plan for audiovisual works, never assigned. The first five national digits. */
export const FICTION_PREFIXES: readonly number[] = [19900, 26191, 35301, 46571, 53649, 63998];

const refused = (reason: MsisdnRefusal): ParsedMsisdn => ({ ok: false, reason });

/** Makes E.164 of a French national number (0…), of one with the country code left in or doubled, or of any E.164 one. */
export function parseMsisdn(text: string): ParsedMsisdn {
  const written = text.replace(BETWEEN_DIGITS, '');
  if (!WELL_FORMED.test(written)) return refused('not_a_number');
  const international = written.startsWith('+') || written.startsWith('00');
  const digits = written.replace(/^(?:\+|00)/, '');
  if (digits.length > MAX_DIGITS) return refused('too_long');
  const value = Number(digits);
  if (digits.startsWith('0')) {
    const national = !international && digits.length === 10 && value >= NATIONAL_MIN;
    return national ? fromNational(33, value) : refused(international ? 'not_a_number' : 'no_such_french_number');
  }
  // A spreadsheet that took the leading zero leaves nine digits, which E.164 would read as another country's number.
  if (!international && digits.length === 9) return refused('no_such_french_number');
  if (value < SHORTEST) return refused('too_short');
  if (value > LONGEST) return refused('too_long');
  return fromInternational(digits, value);
}

function fromInternational(digits: string, value: number): ParsedMsisdn {
  const country = FRENCH_COUNTRY_CODES.find((code) => digits.startsWith(String(code)));
  if (country === undefined) return accepted(value);
  // "+33 (0)6…" keeps the zero of national dialling.
  const national = value - country * 10 ** (digits.length - String(country).length);
  const nationalDigits = digits.length - String(country).length;
  const zeroKept = nationalDigits === 10 && national >= NATIONAL_MIN && national <= NATIONAL_MAX;
  const plain = nationalDigits === 9 && national >= NATIONAL_MIN;
  return plain || zeroKept ? fromNational(country, national) : refused('no_such_french_number');
}

const accepted = (msisdn: number): ParsedMsisdn => ({ ok: true, msisdn, kind: kindOf(msisdn) });

function fromNational(country: number, national: number): ParsedMsisdn {
  return accepted(country === 33 ? metropolitanOrOverseas(national) : country * 1_000_000_000 + national);
}

/** By the first three national digits, 0 where the country is metropolitan France; tables, since an audience asks millions of times. */
const overseasCodes = Uint16Array.from({ length: 1_000 }, (_, prefix) => OVERSEAS_BY_PREFIX[prefix] ?? 0);
/** By the first five national digits. */
const fictionPrefixes = Uint8Array.from({ length: 100_000 }, (_, prefix) => Number(FICTION_PREFIXES.includes(prefix)));

const isFictionPrefix = (national: number): boolean => fictionPrefixes[Math.trunc(national / 10_000)] === 1;

/** Fiction wins over Mayotte's 0639; a metropolitan code before an overseas number is a slip that has one meaning only. */
function metropolitanOrOverseas(national: number): number {
  const overseas = overseasCodes[Math.trunc(national / 1_000_000)]!;
  const country = overseas === 0 || isFictionPrefix(national) ? 33 : overseas;
  return country * 1_000_000_000 + national;
}

const PLUS = 0x2b;
const ZERO = 0x30;
/** The ASCII part of BETWEEN_DIGITS. */
const betweenDigits = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(' \t./()-'.includes(String.fromCharCode(byte))),
);

/**
 * The number in `bytes` from `from` to before `to`, where it is written in one of the common ways: parseMsisdn's answer
 * without making a string, which is too slow for a country. 0 where parseMsisdn has to be asked.
 */
export function plainMsisdn(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  let size = 0;
  let first = 0;
  let plus = false;
  for (let i = from; i < to; i += 1) {
    const byte = bytes[i]!;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (size === 0) first = digit;
      value = value * 10 + digit;
      size += 1;
    } else if (byte === PLUS && size === 0 && !plus) plus = true;
    else if (betweenDigits[byte] === 0) return 0;
  }
  if (size < 8 || size > 15) return 0;
  if (first === 0) return plus ? 0 : plainNational(value, size);
  if (value >= 33_100_000_000 && value < 34_000_000_000) return metropolitanOrOverseas(value - 33_000_000_000);
  if (value >= 330_100_000_000 && value < 331_000_000_000) return metropolitanOrOverseas(value - 330_000_000_000);
  return plainForeign(value, size, plus);
}

/** 06… and 0033 6…: with a first digit of zero the size tells them apart. */
function plainNational(value: number, size: number): number {
  if (size === 10 && value >= NATIONAL_MIN) return metropolitanOrOverseas(value);
  if (size === 13 && value >= 33_100_000_000 && value < 34_000_000_000) {
    return metropolitanOrOverseas(value - 33_000_000_000);
  }
  return 0;
}

const POWERS = Array.from({ length: 13 }, (_, zeros) => 10 ** zeros);

function plainForeign(value: number, size: number, plus: boolean): number {
  if (size === 9 && !plus) return 0;
  const start = Math.trunc(value / POWERS[size - 3]!);
  if (start >= 330 && start < 340) return 0;
  if (start !== 262 && start !== 590 && start !== 594 && start !== 596) return value;
  return size === 12 && value % 1_000_000_000 >= NATIONAL_MIN ? value : 0;
}

/** The ranges of numbers that begin with 999, by their length. */
const UNASSIGNED = Array.from({ length: 13 }, (_, zeros) => ({ from: 999 * 10 ** zeros, below: 1_000 * 10 ** zeros }));

/** The kind of an E.164 number, digits only. */
export function kindOf(msisdn: number): MsisdnKind {
  const country = Math.trunc(msisdn / 1_000_000_000);
  if (country === 33 || FRENCH_COUNTRY_CODES.includes(country)) {
    return isFictionPrefix(msisdn % 1_000_000_000) ? 'fictional' : 'ordinary';
  }
  for (const { from, below } of UNASSIGNED) {
    if (msisdn < from) return 'ordinary';
    if (msisdn < below) return 'unassigned';
  }
  return 'ordinary';
}

/** As the French write it, "02 61 91 00 35"; with its country code, "+447700900123", where that would be another number. */
export function formatNational(msisdn: number): string {
  const national = `0${msisdn % 1_000_000_000}`;
  const dialled = parseMsisdn(national);
  if (national.length !== 10 || !dialled.ok || dialled.msisdn !== msisdn) return `+${msisdn}`;
  return national.match(/../g)?.join(' ') ?? national;
}

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

/** Fiction wins over Mayotte's 0639; a metropolitan code before an overseas number is a slip that has one meaning only. */
function fromNational(country: number, national: number): ParsedMsisdn {
  if (country !== 33 || isFictionPrefix(national)) return accepted(country * 1_000_000_000 + national);
  const overseas = OVERSEAS_BY_PREFIX[Math.trunc(national / 1_000_000)] ?? 33;
  return accepted(overseas * 1_000_000_000 + national);
}

const accepted = (msisdn: number): ParsedMsisdn => ({ ok: true, msisdn, kind: kindOf(msisdn) });

const isFictionPrefix = (national: number): boolean => FICTION_PREFIXES.includes(Math.trunc(national / 10_000));

/** The kind of an E.164 number, digits only. */
export function kindOf(msisdn: number): MsisdnKind {
  const country = Math.trunc(msisdn / 1_000_000_000);
  if (FRENCH_COUNTRY_CODES.includes(country)) return isFictionPrefix(msisdn % 1_000_000_000) ? 'fictional' : 'ordinary';
  return String(msisdn).startsWith('999') ? 'unassigned' : 'ordinary';
}

/** As the French write it, "02 61 91 00 35"; with its country code, "+447700900123", where that would be another number. */
export function formatNational(msisdn: number): string {
  const national = `0${msisdn % 1_000_000_000}`;
  const dialled = parseMsisdn(national);
  if (national.length !== 10 || !dialled.ok || dialled.msisdn !== msisdn) return `+${msisdn}`;
  return national.match(/../g)?.join(' ') ?? national;
}

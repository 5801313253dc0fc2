/**
 * Finds what a reader could dial in free text. Alternative numbers come from the directory alone, since an alert once
 * sent a whole country to a wrong number; so this looks for too much rather than too little. Dates and times are no
 * numbers to dial; the short numbers of the emergency services are left to whoever checks the wording.
 */
import { findSpokenNumbers } from './spoken-numbers.ts';

/** `at` and `length` are UTF-16 units of the text given, `digits` ASCII digits without the plus and without those in words. */
export interface PhoneLike {
  at: number;
  length: number;
  digits: string;
  match: string;
}

const MIN_DIGITS = 6;

/** What people write between the digits of one number; at most three in a row, as in `+33 (0)1` or `01 - 99`. */
const SIGNS = ' \\t.\\-\\/()_·•‐‑‒–—−';
const SEPARATOR = `[${SIGNS}]`;
const BETWEEN = `${SEPARATOR}{0,3}`;
/** Ten digits behind a 0 are no time, so any sign may stand between them but a comma: it lists départements. */
const IN_FRENCH = '[^\\p{L}\\p{N},;#]{0,3}';
const FRENCH = `(?:(?:\\+|00)${IN_FRENCH}3${IN_FRENCH}3${IN_FRENCH}(?:0${IN_FRENCH})?|0${IN_FRENCH})[1-9](?:${IN_FRENCH}\\d){8}(?!\\d)`;
/** A dot and a space end a sentence here: "le 112. 15 communes" is two things, "01. 99. 00. 12. 34" is still French. */
const ANY_RUN = `(?:\\+${BETWEEN})?\\d(?:(?!\\. )${BETWEEN}\\d)*`;
const PHONE_LIKE = new RegExp(`${FRENCH}|${ANY_RUN}`, 'gu');

const HOUR = '(?:[01]?\\d|2[0-4])';
const SIXTY = '[0-5]\\d';
const TIME = new RegExp(`(?<!\\d|\\d:)${HOUR}(?: ?h(?: ?${SIXTY})?|:${SIXTY}(?::${SIXTY})?)(?!\\d|:\\d)`, 'gi');

const DAY = '(?:0?[1-9]|[12]\\d|3[01])';
const MONTH = '(?:0?[1-9]|1[0-2])';
const YEAR = '(?:19|20)\\d\\d';
const FULL_DATE = oneOf(
  ['/', '-', '\\.'].flatMap((sign) => [[DAY, MONTH, YEAR].join(sign), [YEAR, MONTH, DAY].join(sign)]),
);
const SHORT_DATE = oneOf(['/', '-', '\\.'].map((sign) => [DAY, MONTH, '\\d\\d'].join(sign)));
const DAY_RANGE = `${DAY}/${MONTH} ?[-–] ?${DAY}/${MONTH}(?:/${YEAR})?`;
const DATES = new RegExp(
  oneOf([
    `(?<!\\d|\\+|\\d[./-])${FULL_DATE}(?: ?[-–] ?${FULL_DATE})*(?!\\d|[./-]\\d)`,
    // Without the century it may be part of a number (06-12-11-10-09), so it counts only when no digit is near.
    `(?<!\\d${BETWEEN}|\\+)${oneOf([SHORT_DATE, DAY_RANGE])}(?!${BETWEEN}\\d)`,
  ]),
  'g',
);

/** Emergency services, and the harmonised numbers of social value (Decision 2007/116/EC), which are written in two halves. */
const SHORT_NUMBER = '(?:15|17|18|112|114|115|119|191|196|197|116 ?(?:000|006|111|117|123))';
const SHORT_NUMBERS_ONLY = new RegExp(`^${SHORT_NUMBER}(?:${SEPARATOR}{1,3}${SHORT_NUMBER})*$`);

const BREAK = '#';

function oneOf(patterns: readonly string[]): string {
  return `(?:${patterns.join('|')})`;
}

/** All phone-like strings of a text, in order; the callers refuse the text and name the places (requirement R1). */
export function findPhoneNumbers(text: string): PhoneLike[] {
  const folded = fold(text);
  const plain = zerosOf(folded.plain);
  const blanked = [TIME, DATES].reduce(
    (plain, pattern) => plain.replace(pattern, (match) => BREAK.repeat(match.length)),
    plain,
  );

  const found: PhoneLike[] = [];
  for (const { 0: plainMatch, index } of blanked.matchAll(PHONE_LIKE)) {
    const digits = plainMatch.replace(/\D/g, '');
    if (digits.length < MIN_DIGITS || SHORT_NUMBERS_ONLY.test(plainMatch)) continue;
    const at = folded.starts[index]!;
    const end = folded.ends[index + plainMatch.length - 1]!;
    found.push({ at, length: end - at, digits, match: text.slice(at, end) });
  }
  for (const { at: index, length } of findSpokenNumbers(blanked)) {
    const at = folded.starts[index]!;
    const end = folded.ends[index + length - 1]!;
    if (found.some((other) => other.at < end && at < other.at + other.length)) continue;
    const match = text.slice(at, end);
    found.push({ at, length: end - at, digits: plain.slice(index, index + length).replace(/\D/g, ''), match });
  }
  return found.sort((a, b) => a.at - b.at);
}

/** The letter O between digits is read as a zero; each unit keeps its place. */
function zerosOf(plain: string): string {
  return plain.replace(/(?<![\p{L}\p{N}])(?=[Oo]*\d|[Oo]{2}(?!\w))[\dOo]{2,}(?![\p{L}\p{N}])/gu, (digits) =>
    digits.replace(/[Oo]/g, '0'),
  );
}

/** A copy in which every kind of digit, plus and space is the ASCII one, with the place of each unit in the original. */
function fold(text: string): { plain: string; starts: number[]; ends: number[] } {
  let plain = '';
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const char of text) {
    const next = at + char.length;
    const folded = foldOne(char);
    if (folded !== '') {
      plain += folded;
      starts.push(at);
      ends.push(next);
    } else if (ends.length > 0 && isKeycapPart(char)) {
      ends[ends.length - 1] = next;
    }
    at = next;
  }
  return { plain, starts, ends };
}

/** One ASCII-like unit for a character; none for what a reader does not see between two digits. */
function foldOne(char: string): string {
  if (char <= '\x7f') return char;
  if (isKeycapPart(char) || /^[\p{Cf}\p{Mn}]$/u.test(char)) return '';
  if (/^\p{Nd}$/u.test(char)) return String(digitValue(char.codePointAt(0)!));
  if (/^\p{Zs}$/u.test(char)) return ' ';
  // Fullwidth signs, circled and raised digits.
  const compatible = char.normalize('NFKC');
  if (compatible.length === 1) return compatible;
  return char.length === 1 ? char : BREAK;
}

/** Unicode keeps decimal digits in runs of ten, zero first, so the place in the run is the value. */
function digitValue(codePoint: number): number {
  let zero = codePoint;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero--;
  return (codePoint - zero) % 10;
}

function isKeycapPart(char: string): boolean {
  return char === '\u20e3' || char === '\ufe0e' || char === '\ufe0f';
}

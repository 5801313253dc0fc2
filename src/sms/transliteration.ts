/**
 * Makes a text fit GSM 7-bit, before anyone approves it: accents GSM lacks are dropped, typography becomes plain.
 * Refuses, by name and place, what has no plain form (other scripts, emoji): nothing becomes '?', nothing is guessed.
 * Leaves untouched whatever GSM 7-bit carries, but for Ç, whose position networks dispute.
 */
import anyAscii from 'any-ascii';
import { codePointName, isGsm7 } from './gsm7.ts';

/** One character, or a letter with its combining marks, that was replaced; `at` is a UTF-16 index in the NFC text. */
export interface Change {
  from: string;
  to: string;
  at: number;
}

/** One character that cannot be carried and stays in the text; `at` is a UTF-16 index in the NFC text. */
export interface Refusal {
  char: string;
  codePoint: string;
  at: number;
}

export interface Transliteration {
  /** GSM 7-bit whenever nothing is refused. */
  text: string;
  changes: Change[];
  refused: Refusal[];
}

/** Characters that share one plain form. Digits of any kind are absent on purpose: no rule here may make a number. */
const PLAIN_FORMS: readonly (readonly [plain: string, chars: string])[] = [
  // TS 23.038 has Ç at 0x09, many networks and handsets show ç there.
  ['C', 'Ç'],
  ["'", '\u2018\u2019\u201a\u201b\u2032\u2035\u02b9\u02bb\u02bc\u02bd\u02c8\u00b4\u0060'],
  ['"', '\u00ab\u00bb\u201c\u201d\u201e\u201f\u2033\u2036\u2039\u203a'],
  ['-', '\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2022'],
  ['...', '\u2026'],
  ['.', '\u00b7\u2024\u2027'],
  ['o', '\u00b0'],
  ['no', '\u2116'],
  ['u', '\u00b5'],
  ['x', '\u00d7'],
  ['->', '\u2192'],
  [' ', '\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000'],
  ['\n', '\u0085\u2028\u2029'],
  // Zero-width, soft hyphen, variation selectors, marks of direction. Not the overrides (U+202D, U+202E): they
  // reorder what the author saw, so they are refused.
  ['', '\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069'],
];

const plainForms = new Map(PLAIN_FORMS.flatMap(([plain, chars]) => [...chars].map((char) => [char, plain] as const)));

const LATIN = /^\p{Script=Latin}$/u;
const ENDS_IN_LATIN = /\p{Script=Latin}$/u;
const COMBINING_DIACRITIC = /^[\u0300-\u036f]$/;
const ASCII_LETTERS = /^[A-Za-z]+$/;

/** Transliterates a text to GSM 7-bit, after normalising it to NFC (so that e + U+0301 is é, which GSM has). */
export function transliterate(text: string): Transliteration {
  const source = text.normalize('NFC');
  const changes: Change[] = [];
  const refused: Refusal[] = [];
  let result = '';
  let at = 0;

  for (const char of source) {
    const plain = plainOf(char, source, at, result);
    if (plain === undefined) refused.push({ char, codePoint: codePointName(char), at });
    else if (plain !== char) changes.push({ from: char, to: plain, at });
    result += plain ?? char;
    at += char.length;
  }
  // What is dropped may have kept two refused characters apart that compose.
  return { text: result.normalize('NFC'), changes, refused };
}

/** The GSM 7-bit form of one character in its place; undefined when there is none. */
function plainOf(char: string, source: string, at: number, before: string): string | undefined {
  const plain = plainForms.get(char);
  if (plain !== undefined) return plain;
  if (isGsm7(char)) return char;
  // An accent that NFC could not join to its letter.
  if (COMBINING_DIACRITIC.test(char)) return ENDS_IN_LATIN.test(before) ? '' : undefined;
  if (!LATIN.test(char)) return undefined;

  const letters = anyAscii(char);
  // any-ascii turns a few Latin letters into digits or signs.
  if (!ASCII_LETTERS.test(letters)) return undefined;
  return letters.length > 1 && standsAmongCapitals(char, source, at) ? letters.toUpperCase() : letters;
}

/** SŒUR is SOEUR, but Œuvre is Oeuvre. */
function standsAmongCapitals(char: string, source: string, at: number): boolean {
  if (!/^\p{Lu}$/u.test(char)) return false;
  const next = source.slice(at + char.length);
  return /^\p{Lu}/u.test(next) || (/\p{Lu}$/u.test(source.slice(0, at)) && !/^\p{Ll}/u.test(next));
}

/**
 * What stands in the three fields of a line, read from bytes: the common ways of writing by tables, the others by the
 * functions that have the say (parseMsisdn, primaryLanguage). A million lines a second leave no time for a string each.
 */
import { isUtf8 } from 'node:buffer';
import { REGIONS } from '../directory/regions.ts';
import { parseMsisdn, plainMsisdn } from '../sms/msisdn.ts';
import { LANGUAGES, primaryLanguage } from './languages.ts';
import { REJECTIONS, type Rejection } from './snapshot.ts';

/** Positive, so that a field's reading can hold either a value or, negated, why there is none. */
export const codeOfRejection = (reason: Rejection): number => REJECTIONS.indexOf(reason) + 1;

const NO_REGION = -codeOfRejection('unknown_region');
const NO_LANGUAGE = -codeOfRejection('unknown_language');

const regions = new Map(REGIONS.map(({ code }, i) => [code, i]));
const languages = new Map(LANGUAGES.map((language, i) => [language, i]));

/** The MSISDN, or minus the code of a rejection. */
export function readNumber(bytes: Buffer, from: number, to: number): number {
  const plain = plainMsisdn(bytes, from, to);
  if (plain > 0) return plain;
  const parsed = parseMsisdn(textOf(bytes, from, to));
  return parsed.ok ? parsed.msisdn : -codeOfRejection(parsed.reason);
}

/** The region's place in REGIONS, or minus the code of a rejection. */
export function readRegion(bytes: Buffer, from: number, to: number): number {
  if (to - from === 2) return regionOfTwo[bytes[from]! * 256 + bytes[from + 1]!]!;
  return to - from > 3 ? NO_REGION : regionIn(bytes.toString('latin1', from, to));
}

/** The language's place in LANGUAGES, or minus the code of a rejection. */
export function readLanguage(bytes: Buffer, from: number, to: number): number {
  return to - from === 2
    ? languageOfTwo[bytes[from]! * 256 + bytes[from + 1]!]!
    : longLanguage(textOf(bytes, from, to));
}

/** Spreadsheets take the zero of "01". */
function regionIn(text: string): number {
  return regions.get(text.length === 1 ? `0${text}` : text.toUpperCase()) ?? NO_REGION;
}

const languageIn = (text: string): number => languages.get(primaryLanguage(text) ?? '') ?? NO_LANGUAGE;

/** Files that say "fr-FR" say it on every line; what else they say is not worth remembering. */
const REMEMBERED = 1_000;
const longLanguages = new Map<string, number>();

function longLanguage(text: string): number {
  const known = longLanguages.get(text);
  if (known !== undefined) return known;
  const language = languageIn(text);
  if (language >= 0 && longLanguages.size < REMEMBERED) longLanguages.set(text, language);
  return language;
}

/** Old spreadsheets write Latin-1: a line that is not UTF-8 is taken for that. */
function textOf(bytes: Buffer, from: number, to: number): string {
  return isUtf8(bytes.subarray(from, to)) ? bytes.toString('utf8', from, to) : bytes.toString('latin1', from, to);
}

const ofTwoBytes = (read: (text: string) => number): Int16Array =>
  Int16Array.from({ length: 65_536 }, (_, i) => read(String.fromCharCode(i >> 8, i & 255)));
const regionOfTwo = ofTwoBytes(regionIn);
const languageOfTwo = ofTwoBytes(languageIn);

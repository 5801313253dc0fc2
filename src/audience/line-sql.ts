/**
 * The SQL that reads lines: it must agree with parseMsisdn and primaryLanguage to the letter, and a property test holds
 * them against each other. It stands here because a million lines a second leave no time for a JS string each.
 */
import { FICTION_PREFIXES, FRENCH_COUNTRY_CODES, OVERSEAS_BY_PREFIX } from '../sms/msisdn.ts';
import type { Header } from './header.ts';
import { REJECTIONS, type Rejection } from './snapshot.ts';

/** Room for languages in a group's number: region × 128 + language. */
export const LANGUAGES_PER_REGION = 128;

/** A line's code in the column `reason`. */
export const SOUND = 0;
export const EMPTY_LINE = 255;
export const codeOfRejection = (reason: Rejection): number => REJECTIONS.indexOf(reason) + 1;

/** RE2's spelling of the same set as BETWEEN_DIGITS in sms/msisdn.ts. */
const BETWEEN_DIGITS =
  '[ \\t\\x{a0}\\x{2007}\\x{2009}\\x{202f}./()\\-\\x{2010}-\\x{2015}\\x{200b}-\\x{200f}\\x{202a}-\\x{202e}\\x{2060}\\x{2066}-\\x{2069}\\x{feff}]';
const WELL_FORMED = '\\+?[0-9]+';
const THREE_DIGIT_CODES = FRENCH_COUNTRY_CODES.filter((code) => code > 99);

export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** One row a line, `line` NULL where it is empty; the row's number is the line's, since nothing is quoted or skipped. */
export function readLines(file: string, encoding: string): string {
  return `read_csv(${quote(file)}, columns = {'line': 'VARCHAR'}, delim = chr(1), quote = '', escape = '', comment = '',
    header = false, auto_detect = false, strict_mode = false, compression = 'none', encoding = ${quote(encoding)})`;
}

/** Rows `m` (MSISDN, or minus the code of a rejection), `g` (group) and `reason`, in the order of `source`'s column `line`. */
export function parsedLines(source: string, { delimiter, place }: Header): string {
  const field = (column: keyof Header['place']) => `trim(f[${place[column] + 1}], chr(32) || chr(9) || '"')`;
  const split = `SELECT line IS NULL AS empty, string_split(line, ${quote(delimiter)}) AS f FROM ${source}`;
  const fields = `SELECT empty, len(f) AS columns, ${field('msisdn')} AS number, ${field('region')} AS region,
    ${field('language')} AS language FROM (${split})`;
  const columns = 'empty, columns, region, language';
  return `SELECT m, coalesce(region * ${LANGUAGES_PER_REGION} + language, 0)::USMALLINT AS g,
    (CASE WHEN empty THEN ${EMPTY_LINE}
          WHEN columns <> 3 THEN ${codeOfRejection('wrong_number_of_columns')}
          WHEN m <= 0 THEN -m
          WHEN region IS NULL THEN ${codeOfRejection('unknown_region')}
          WHEN language IS NULL THEN ${codeOfRejection('unknown_language')}
          ELSE ${SOUND} END)::UTINYINT AS reason
    FROM (SELECT empty, columns, m, ${regionIndex('region')} AS region, ${languageIndex('language')} AS language
          FROM (${parsedNumbers(`(${fields})`, columns)}))`;
}

/** Spreadsheets take the zero of "01" too. */
const regionIndex = (text: string): string =>
  `enum_code(TRY_CAST(CASE WHEN length(${text}) = 1 THEN '0' || ${text} ELSE upper(${text}) END AS region_code))::INTEGER`;

const languageIndex = (text: string): string =>
  `enum_code(TRY_CAST(CASE WHEN length(${text}) <= 3 THEN lower(${text})
     WHEN regexp_full_match(${text}, '[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})+') THEN lower(split_part(${text}, '-', 1))
   END AS language_code))::INTEGER`;

/** `m` of each row of `source` by its column `number`; `carried` are the columns that pass through. */
export function parsedNumbers(source: string, carried: string): string {
  const stripped = `SELECT ${carried}, CASE WHEN regexp_full_match(number, '${WELL_FORMED}') THEN number
    ELSE regexp_replace(number, '${BETWEEN_DIGITS}', '', 'g') END AS written FROM ${source}`;
  const told = `SELECT ${carried}, coalesce(regexp_full_match(written, '${WELL_FORMED}'), false) AS well_formed,
    starts_with(written, '+') OR starts_with(written, '00') AS international,
    CASE WHEN starts_with(written, '+') THEN substr(written, 2) WHEN starts_with(written, '00') THEN substr(written, 3)
      ELSE written END AS digits FROM (${stripped})`;
  const valued = `SELECT *, length(digits) AS size, CASE WHEN well_formed AND length(digits) <= 17
    THEN coalesce(TRY_CAST(digits AS BIGINT), 0) END AS v FROM (${told})`;
  return `SELECT ${carried}, (${number()})::BIGINT AS m FROM (${valued})`;
}

function number(): string {
  const no = (reason: Rejection) => `-${codeOfRejection(reason)}`;
  return `CASE
    WHEN NOT well_formed THEN ${no('not_a_number')}
    WHEN size > 17 THEN ${no('too_long')}
    WHEN v BETWEEN 33100000000 AND 33999999999 AND size = 11 THEN ${fromNational('(v - 33000000000)')}
    WHEN starts_with(digits, '0') THEN CASE
      WHEN international THEN ${no('not_a_number')}
      WHEN size = 10 AND v >= 100000000 THEN ${fromNational('v')}
      ELSE ${no('no_such_french_number')} END
    WHEN NOT international AND size = 9 THEN ${no('no_such_french_number')}
    WHEN v < 10000000 THEN ${no('too_short')}
    WHEN v > 999999999999999 THEN ${no('too_long')}
    WHEN starts_with(digits, '33') THEN CASE
      WHEN size = 12 AND v BETWEEN 330100000000 AND 330999999999 THEN ${fromNational('(v - 330000000000)')}
      ELSE ${no('no_such_french_number')} END
    WHEN substr(digits, 1, 3) IN (${THREE_DIGIT_CODES.map((code) => quote(String(code))).join(', ')}) THEN CASE
      WHEN size = 12 AND v % 1000000000 >= 100000000 THEN v
      WHEN size = 13 AND v % 10000000000 BETWEEN 100000000 AND 999999999
        THEN v // 10000000000 * 1000000000 + v % 1000000000
      ELSE ${no('no_such_french_number')} END
    ELSE v END`;
}

function fromNational(national: string): string {
  const overseas = THREE_DIGIT_CODES.map((code) => {
    const prefixes = Object.entries(OVERSEAS_BY_PREFIX).filter(([, to]) => to === code);
    return `WHEN ${national} // 1000000 IN (${prefixes.map(([prefix]) => prefix).join(', ')}) THEN ${code}000000000`;
  });
  return `(${national} + CASE WHEN ${national} // 10000 IN (${FICTION_PREFIXES.join(', ')}) THEN 33000000000
    ${overseas.join(' ')} ELSE 33000000000 END)`;
}

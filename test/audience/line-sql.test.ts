import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { codeOfRejection, parsedNumbers, quote } from '../../src/audience/line-sql.ts';
import { parseMsisdn } from '../../src/sms/msisdn.ts';

describe('the SQL that reads numbers', () => {
  let connection: DuckDBConnection;

  beforeAll(async () => {
    connection = await (await DuckDBInstance.create(':memory:')).connect();
  });
  afterAll(() => connection.closeSync());

  const bySql = async (texts: readonly string[]): Promise<number[]> => {
    const values = texts.map((text, i) => `(${i}, ${quote(text)})`).join(', ');
    const source = `(SELECT i, number FROM (VALUES ${values}) AS t(i, number))`;
    const result = await connection.run(`SELECT m::DOUBLE FROM (${parsedNumbers(source, 'i')}) ORDER BY i`);
    return (await result.getRowsJS()).map(([m]) => m as number);
  };
  const byParse = (text: string): number => {
    const parsed = parseMsisdn(text);
    return parsed.ok ? parsed.msisdn : -codeOfRejection(parsed.reason);
  };

  const digits = (minLength: number, maxLength: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength });
  const prefix = fc.constantFrom(
    '',
    '+',
    '0',
    '00',
    '33',
    '+33',
    '+330',
    '0033',
    '330',
    '+262',
    '2620',
    '590',
    '0639',
    '063998',
    '0690',
    '+33690',
    '999',
    '+0',
    '++',
    '+00',
  );
  const separators = [
    ' ',
    '.',
    '-',
    '/',
    '(',
    ')',
    '\t',
    '\u00a0',
    '\u2007',
    '\u2009',
    '\u202f',
    '\u2010',
    '\u2015',
    '\u200b',
    '\u200f',
    '\u202a',
    '\u202e',
    '\u2060',
    '\u2066',
    '\u2069',
    '\ufeff',
  ];
  const odd = fc.oneof(
    fc.tuple(prefix, digits(0, 20)).map(([start, rest]) => start + rest),
    fc.tuple(prefix, digits(6, 10)).map(([start, rest]) => start + rest),
    fc.string({
      unit: fc.constantFrom(...'0123456789+', ...separators, 'x', 'é', '\u2000', '٣', "'", '_', 'e'),
      maxLength: 20,
    }),
    fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0')),
  );

  test('agrees with parseMsisdn, number and reason, on whatever stands in a file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(odd, { minLength: 400, maxLength: 400 }), async (texts) => {
        const read = await bySql(texts);
        const wrong = texts.flatMap((text, i) => (read[i] === byParse(text) ? [] : [[text, read[i], byParse(text)]]));
        expect(wrong).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('agrees on each separator by itself', async () => {
    const texts = separators.map((sign) => `02${sign}61910035`);
    expect(texts.map(byParse)).toEqual(texts.map(() => 33261910035));
    expect(await bySql(texts)).toEqual(texts.map(byParse));
  });

  test('agrees on every prefix of the French plan', async () => {
    const texts = Array.from({ length: 999 }, (_, i) => `0${String(i + 1).padStart(3, '0')}123456`);
    expect(await bySql(texts)).toEqual(texts.map(byParse));
  });
});

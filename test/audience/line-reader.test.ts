import fc from 'fast-check';
import { codeOfRejection } from '../../src/audience/fields.ts';
import { groupName } from '../../src/audience/groups.ts';
import { primaryLanguage } from '../../src/audience/languages.ts';
import { LineReader } from '../../src/audience/line-reader.ts';
import { REJECTIONS } from '../../src/audience/snapshot.ts';
import { findRegion } from '../../src/directory/regions.ts';
import { parseMsisdn } from '../../src/sms/msisdn.ts';

const HEADER = { delimiter: ',', place: { msisdn: 0, region: 1, language: 2 } } as const;

function read(chunks: readonly Buffer[]): { found: string[]; lines: number } {
  const found: string[] = [];
  const reader = new LineReader(HEADER, {
    recipient: (msisdn, group, line) => {
      const { region, language } = groupName(group);
      found.push(`${line} ${msisdn} ${region} ${language}`);
    },
    rejected: (code, line) => found.push(`${line} ${REJECTIONS[code - 1]}`),
  });
  for (const chunk of chunks) reader.take(chunk);
  reader.end();
  return { found, lines: reader.lines };
}

/** The same in the plainest way: strings, a line at a time. */
function model(text: string): { found: string[]; lines: number } {
  const found: string[] = [];
  let lines = 0;
  for (const [i, line] of text.split(/\r\n|\r|\n/).entries()) {
    if (i === 0 || line === '') continue;
    lines += 1;
    const fields = line.split(',').map((field) => field.replace(/^[ \t"]+|[ \t"]+$/g, ''));
    found.push(`${i + 1} ${outcome(fields)}`);
  }
  return { found, lines };
}

function outcome([number = '', region = '', language = '', ...more]: string[]): string {
  if (more.length > 0) return 'wrong_number_of_columns';
  const parsed = parseMsisdn(number);
  if (!parsed.ok) return parsed.reason;
  const known = findRegion(region.length === 1 ? `0${region}` : region.toUpperCase());
  if (known === undefined) return 'unknown_region';
  return primaryLanguage(language) ? `${parsed.msisdn} ${known.code} ${primaryLanguage(language)}` : 'unknown_language';
}

const line = fc
  .tuple(
    fc.constantFrom('0261910035', '+33 2 61 91 00 36', '"0639980001"', '02\u00a061910037', '12345', 'x', ' ', '٣'),
    fc.constantFrom('35', '2a', '1', '974', '96', ' "01"', '\u00e9'),
    fc.constantFrom('fr', 'FR', 'en-GB', 'gsw', 'xx', ' fr '),
  )
  .map((fields) => fields.join(','));
const text = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 5, arbitrary: line }, fc.constantFrom('', 'a,b,c,d', ' ,,')),
      fc.constantFrom('\n', '\r\n', '\r'),
    ),
    { maxLength: 30 },
  )
  .map((lines) => `msisdn,region,language\n${lines.flat().join('')}`);

test('reads the same lines however the bytes are cut, as a plain reading of the text', () => {
  fc.assert(
    fc.property(text, fc.boolean(), fc.array(fc.nat(200)), (whole, ended, cuts) => {
      const content = ended ? whole : whole.trimEnd();
      const bytes = Buffer.from(content);
      const chunks: Buffer[] = [];
      let from = 0;
      for (const size of [...cuts, bytes.length]) {
        chunks.push(bytes.subarray(from, from + size));
        from += size;
      }
      expect(read(chunks)).toEqual(model(content));
    }),
    { numRuns: 1_000 },
  );
});

test('reads the same lines when every byte comes by itself', () => {
  const content = 'msisdn,region,language\r\n0261910035,35,fr\r\n\r\n0261910036,96,fr\r0261910037,35,fr';
  const bytes = [...Buffer.from(content)].map((byte) => Buffer.from([byte]));
  expect(read(bytes)).toEqual(model(content));
  expect(read(bytes).found).toEqual(['2 33261910035 35 fr', '4 unknown_region', '5 33261910037 35 fr']);
});

test('keeps nothing of a chunk that its stream uses again', () => {
  const chunk = Buffer.from('msisdn,region,language\n02619');
  const found: number[] = [];
  const reader = new LineReader(HEADER, { recipient: (msisdn) => found.push(msisdn), rejected: () => {} });
  reader.take(chunk);
  chunk.fill('x');
  reader.take(Buffer.from('10035,35,fr\n'));
  expect(found).toEqual([33261910035]);
});

test.each([1, 1_000])('refuses bytes without lines, %d pieces of them', (pieces) => {
  const bytes = Buffer.alloc(70_000 / pieces, 1);
  const header = Buffer.from('msisdn,region,language\n');
  expect(() => read([header, ...Array.from({ length: pieces }, () => bytes)])).toThrow(
    expect.objectContaining({ kind: 'invalid', code: 'unreadable_audience' }),
  );
});

test('gives the first wrong field as the reason', () => {
  const reasons = read([Buffer.from('h\nx,96,xx\n0261910035,96,xx\n0261910035,35,xx\n0261910035,35\n')]).found;
  expect(reasons).toEqual(['2 not_a_number', '3 unknown_region', '4 unknown_language', '5 wrong_number_of_columns']);
  expect(codeOfRejection('wrong_number_of_columns')).toBeGreaterThan(0);
});

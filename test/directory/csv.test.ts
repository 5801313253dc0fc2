import { Readable } from 'node:stream';
import fc from 'fast-check';
import { parseCsv, readText } from '../../src/directory/csv.ts';

const fieldsOf = (text: string) => parseCsv(text).map(({ fields }) => fields);

describe('a small CSV file', () => {
  test.each([
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      '\ufeffa,b\r\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a;b\r1;2,5\r',
      [
        ['a', 'b'],
        ['1', '2,5'],
      ],
    ],
    [
      '"a;x",b\n1,2',
      [
        ['a;x', 'b'],
        ['1', '2'],
      ],
    ],
    ['a,"b ""c"", d"\n', [['a', 'b "c", d']]],
    [
      'a,\n,\n',
      [
        ['a', ''],
        ['', ''],
      ],
    ],
    ['a\n\n\nb', [['a'], ['b']]],
    ['""\n', []],
    ['', []],
  ])('%j is read as RFC 4180 says', (text, rows) => {
    expect(fieldsOf(text)).toEqual(rows);
  });

  test('names the line each row starts on, over quoted line breaks', () => {
    expect(parseCsv('a,b\n"1\n2\r\n3",x\n\nc,d').map(({ line }) => line)).toEqual([1, 2, 6]);
  });

  test.each([
    ['a\n"b', 'line 2'],
    ['a\nb"c', 'line 2'],
    ['"a"b', 'line 1'],
    ['"a\nb"c', 'line 2'],
  ])('%j is refused at %s', (text, at) => {
    expect(() => parseCsv(text)).toThrow(
      expect.objectContaining({ code: 'bad_csv', faults: [expect.objectContaining({ at })] }),
    );
  });

  test('whatever the fields, they come back', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', ' '), maxLength: 6 });
    const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n'), (all, end) => {
        const text = all.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join(end);
        // The delimiter is told from the first line, whose quoted line breaks would cut it short.
        expect(fieldsOf(`x,y${end}${text}`).slice(1)).toEqual(all);
      }),
    );
  });
});

describe('reading the text of a stream', () => {
  test('joins characters that were cut between chunks', async () => {
    const bytes = [...Buffer.from('é')].map((byte) => Buffer.from([byte]));
    expect(await readText(Readable.from(bytes))).toBe('é');
  });

  test('refuses what is not UTF-8, and what is too large', async () => {
    await expect(readText(Readable.from([Buffer.from([0xe9])]))).rejects.toMatchObject({ code: 'bad_csv' });
    const large = Readable.from(Array.from({ length: 9 }, () => Buffer.alloc(2 ** 20)));
    await expect(readText(large)).rejects.toMatchObject({ kind: 'too-large', code: 'file_too_large' });
  });
});

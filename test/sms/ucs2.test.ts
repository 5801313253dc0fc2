import fc from 'fast-check';
import { decodeUcs2, encodeUcs2, ucs2Length } from '../../src/sms/ucs2.ts';
import { errorOf, unicodeText } from './texts.ts';

test.each([
  ['A', '0041', 1],
  ['ê', '00ea', 1],
  ['c’hoar', '006320190068006f00610072', 6],
  ['عاجل', '06390627062c0644', 4],
  ['😀', 'd83dde00', 2],
  ['', '', 0],
])('%j is %s, %i units', (text, encoded, units) => {
  expect(Buffer.from(encodeUcs2(text)).toString('hex')).toBe(encoded);
  expect(decodeUcs2(Uint8Array.from(Buffer.from(encoded, 'hex')))).toBe(text);
  expect(ucs2Length(text)).toBe(units);
});

test('every text comes back, and the octets are those of a swapped UTF-16LE buffer', () => {
  fc.assert(
    fc.property(unicodeText(), (text) => {
      const encoded = encodeUcs2(text);
      expect(Buffer.from(encoded).equals(Buffer.from(text, 'utf16le').swap16())).toBe(true);
      expect(decodeUcs2(encoded)).toBe(text);
    }),
  );
});

test.each([
  ['a high half at the end', 'ab\ud83d', 'index 2', 'U+D83D is half of a surrogate pair'],
  ['a low half first', '\ude00ab', 'index 0', 'U+DE00 is half of a surrogate pair'],
  ['a high half before a letter', '😀\ud83da', 'index 2', 'U+D83D is half of a surrogate pair'],
])('refuses %s, both ways', (_title, text, at, message) => {
  const expected = { kind: 'invalid', code: 'lone_surrogate', faults: [{ at, message }] };
  expect(errorOf(() => encodeUcs2(text))).toMatchObject(expected);
  expect(errorOf(() => decodeUcs2(Buffer.from(text, 'utf16le').swap16()))).toMatchObject(expected);
});

test('refuses half a unit', () => {
  expect(errorOf(() => decodeUcs2(new Uint8Array(3)))).toMatchObject({ code: 'odd_ucs2_length' });
});

import { isGsmChar } from '@trt2/gsm-charset-utils';
import fc from 'fast-check';
import {
  codePointName,
  DEFAULT_ALPHABET,
  decodeGsm7Unpacked,
  EXTENSION_TABLE,
  encodeGsm7Unpacked,
  fillBitsAfterUdh,
  isGsm7,
  packSeptets,
  septetLength,
  unpackSeptets,
} from '../../src/sms/gsm7.ts';
import { basicChars, errorOf, extensionChars, gsm7Text } from './texts.ts';

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
const octets = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

describe('the tables', () => {
  test('hold 127 characters beside the escape, each once, and ten extension characters', () => {
    expect(DEFAULT_ALPHABET).toHaveLength(128);
    expect(DEFAULT_ALPHABET[0x1b]).toBe('\x1b');
    expect(new Set([...basicChars, ...extensionChars]).size).toBe(127 + 10);
  });

  test('agree with an independent table on every unit of the BMP', () => {
    const differing = [];
    for (let unit = 0; unit <= 0xffff; unit++) {
      const char = String.fromCharCode(unit);
      if (isGsm7(char) !== isGsmChar(char)) differing.push(codePointName(char));
    }
    expect(differing).toEqual([]);
  });

  test.each(DEFAULT_ALPHABET.map((char, code) => [code, char] as const).filter(([code]) => code !== 0x1b))(
    'position %i is %j both ways',
    (code, char) => {
      expect([...encodeGsm7Unpacked(char)]).toEqual([code]);
      expect(decodeGsm7Unpacked(Uint8Array.of(code))).toBe(char);
      expect(septetLength(char)).toBe(1);
    },
  );

  test.each(EXTENSION_TABLE)('extension character %j is ESC %i both ways', (char, code) => {
    expect([...encodeGsm7Unpacked(char)]).toEqual([0x1b, code]);
    expect(decodeGsm7Unpacked(Uint8Array.of(0x1b, code))).toBe(char);
    expect(septetLength(char)).toBe(2);
  });

  test.each([
    ['@', 0x00],
    ['$', 0x02],
    ['é', 0x05],
    ['Ç', 0x09],
    ['\n', 0x0a],
    ['_', 0x11],
    [' ', 0x20],
    ['0', 0x30],
    ['A', 0x41],
    ['§', 0x5f],
    ['a', 0x61],
    ['à', 0x7f],
  ])('TS 23.038 §6.2.1 has %j at %i', (char, code) => {
    expect(DEFAULT_ALPHABET[code]).toBe(char);
  });
});

describe('French letters', () => {
  test.each([...'àéèùäöüæÆÉÇÄÖÜ€'])('%s is in GSM 7-bit', (char) => {
    expect(isGsm7(char)).toBe(true);
  });

  test.each([...'âêîôûëïçÿœŒÀÈÊ«»‘’“”–—…°\u00a0\u202f'])('%s is not', (char) => {
    expect(isGsm7(char)).toBe(false);
  });

  test('a text is measured in septets, the euro sign as two', () => {
    expect(septetLength('Tarif : 0 €')).toBe(12);
    expect(septetLength('')).toBe(0);
  });
});

describe('encoding unpacked', () => {
  test('takes back every text', () => {
    fc.assert(
      fc.property(gsm7Text(), (text) => {
        const encoded = encodeGsm7Unpacked(text);
        expect(encoded).toHaveLength(septetLength(text));
        expect(decodeGsm7Unpacked(encoded)).toBe(text);
      }),
    );
  });

  test('names every character that cannot be carried, with its place', () => {
    const expected = {
      kind: 'invalid',
      code: 'not_gsm7',
      faults: [
        { at: 'index 1', message: 'U+0153 is not in GSM 7-bit' },
        { at: 'index 4', message: 'U+1F600 is not in GSM 7-bit' },
      ],
    };
    expect(errorOf(() => encodeGsm7Unpacked('sœur😀'))).toMatchObject(expected);
    expect(errorOf(() => septetLength('sœur😀'))).toMatchObject(expected);
    expect(errorOf(() => encodeGsm7Unpacked('\x1b'))).toMatchObject({ code: 'not_gsm7' });
  });

  test.each([
    ['an undefined extension code shows the main character', [0x1b, 0x41], 'A'],
    ['a second escape shows a space', [0x1b, 0x1b, 0x41], ' A'],
    ['a trailing escape shows a space', [0x41, 0x1b], 'A '],
  ])('decoding: %s', (_title, codes, text) => {
    expect(decodeGsm7Unpacked(Uint8Array.from(codes))).toBe(text);
  });

  test.each([
    [[0x41, 0x80], 'index 1'],
    [[0x1b, 0xff], 'index 1'],
  ])('decoding refuses octets above 0x7F: %j', (codes, at) => {
    expect(errorOf(() => decodeGsm7Unpacked(Uint8Array.from(codes)))).toMatchObject({
      code: 'not_septets',
      faults: [{ at }],
    });
  });
});

describe('packing', () => {
  // Packed forms that the literature prints; not made by this code.
  test.each([
    ['hellohello', 'e8329bfd4697d9ec37'],
    ['How are you?', 'c8f71d14969741f977fd07'],
    ['1234567', '31d98c56b3dd00'],
    ['@', '00'],
    ['€', '9b32'],
  ])('%j packs as %s', (text, packed) => {
    const septets = encodeGsm7Unpacked(text);
    expect(hex(packSeptets(septets))).toBe(packed);
    expect(decodeGsm7Unpacked(unpackSeptets(octets(packed), septets.length))).toBe(text);
  });

  test('160 septets fill 140 octets, and 153 behind a concatenation header fill 134', () => {
    expect(packSeptets(new Uint8Array(160))).toHaveLength(140);
    expect(fillBitsAfterUdh(6)).toBe(1);
    expect(packSeptets(new Uint8Array(153), fillBitsAfterUdh(6))).toHaveLength(134);
  });

  test('one fill bit moves the first septet up by one bit', () => {
    expect(hex(packSeptets(encodeGsm7Unpacked('a'), 1))).toBe('c2');
  });

  test.each([
    [0, 0],
    [5, 2],
    [6, 1],
    [7, 0],
    [12, 2],
    [14, 0],
  ])('a header of %i octets needs %i fill bits', (udhOctets, fillBits) => {
    expect(fillBitsAfterUdh(udhOctets)).toBe(fillBits);
  });

  test('agrees with packing done on a string of bits', () => {
    const septets = fc.uint8Array({ max: 0x7f, maxLength: 170 });
    fc.assert(
      fc.property(septets, fc.integer({ min: 0, max: 6 }), (codes, fillBits) => {
        const packed = packSeptets(codes, fillBits);
        expect(hex(packed)).toBe(hex(packAsBits(codes, fillBits)));
        expect(unpackSeptets(packed, codes.length, fillBits)).toEqual(codes);
      }),
    );
  });

  test('unpacking refuses more septets than the octets hold', () => {
    expect(errorOf(() => unpackSeptets(new Uint8Array(7), 9))).toMatchObject({ code: 'truncated_septets' });
    expect(errorOf(() => unpackSeptets(new Uint8Array(7), 8, 1))).toMatchObject({ code: 'truncated_septets' });
    expect(unpackSeptets(new Uint8Array(7), 8)).toHaveLength(8);
  });
});

function packAsBits(septets: Uint8Array, fillBits: number): Uint8Array {
  let bits = '';
  for (const septet of septets) bits = septet.toString(2).padStart(7, '0') + bits;
  bits += '0'.repeat(fillBits);
  bits = bits.padStart(Math.ceil(bits.length / 8) * 8, '0');
  return Uint8Array.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2))).reverse();
}

import { type Alphabet, charactersLacking, encodeIn } from '../../src/sms/alphabets.ts';
import { DEFAULT_ALPHABET, EXTENSION_TABLE } from '../../src/sms/gsm7.ts';

const GSM = [...DEFAULT_ALPHABET.filter((char) => char !== '\x1b'), ...EXTENSION_TABLE.map(([char]) => char)];
const lackingOf = (alphabet: Alphabet) =>
  charactersLacking(GSM.join(''), alphabet)
    .map(({ char }) => char)
    .join('');

describe('the alphabet of an SMSC', () => {
  test.each([
    ['gsm7', [0x00, 0x05, 0x02, 0x1b, 0x3c]],
    ['latin1', [0x40, 0xe9, 0x24, 0x5b]],
    ['ucs2', [0, 0x40, 0, 0xe9, 0, 0x24, 0, 0x5b]],
  ] as const)('%s has its own octets for @, é, $ and [', (alphabet, octets) => {
    expect([...encodeIn(alphabet, '@é$[')]).toEqual(octets);
  });

  test('ascii has those of ISO 646', () => {
    expect([...encodeIn('ascii', '@$_[a')]).toEqual([0x40, 0x24, 0x5f, 0x5b, 0x61]);
  });

  test('lacks of GSM 7-bit what this test says, and no more', () => {
    expect(lackingOf('gsm7')).toBe('');
    expect(lackingOf('ucs2')).toBe('');
    expect(lackingOf('latin1')).toBe('ΔΦΓΛΩΠΨΣΘΞ€');
    expect(lackingOf('ascii')).toBe('£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà€');
  });

  test('names each character that it lacks once, at its first place', () => {
    expect(charactersLacking('a€b€Ω', 'latin1')).toEqual([
      { char: '€', at: 1 },
      { char: 'Ω', at: 4 },
    ]);
  });

  test('writes nothing in the place of a character that it lacks', () => {
    expect(() => encodeIn('ascii', 'Composez à nouveau')).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        code: 'not_in_alphabet',
        faults: [{ at: 'index 9', message: 'U+00E0 is not in ascii' }],
      }),
    );
  });
});

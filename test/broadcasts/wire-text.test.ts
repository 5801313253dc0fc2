import { requireCarried, segmentsOnWire, whyNotCarried, wireText } from '../../src/broadcasts/wire-text.ts';
import { segment } from '../../src/sms/segments.ts';
import { aRendering, aRoute } from './builders.ts';

function rendering(text: string) {
  const { encoding, segments } = segment(text);
  return aRendering('35', 'fr', { text, encoding, segments: segments.length });
}

const ACCENTS = 'Le 15 est rétabli à Rennes @ 18 h';

describe('a text on a route', () => {
  test.each([
    ['gsm7', undefined, 0],
    ['latin1', undefined, 0],
    ['latin1', 3, 3],
    ['ucs2', undefined, 8],
  ] as const)('of alphabet %s with dataCoding %s has data_coding %i', (alphabet, dataCoding, expected) => {
    expect(wireText(ACCENTS, aRoute({ alphabet, dataCoding })).dataCoding).toBe(expected);
  });

  test('beyond GSM 7-bit goes as UCS-2 whatever the alphabet', () => {
    const text = 'Le 15 est rétabli à Niš';
    for (const alphabet of ['gsm7', 'latin1', 'ascii', 'ucs2'] as const) {
      const { dataCoding, payloads } = wireText(
        text,
        aRoute({ alphabet, ...(alphabet === 'ucs2' ? {} : { dataCoding: 1 }) }),
      );
      expect(dataCoding).toBe(8);
      expect(new TextDecoder('utf-16be').decode(Buffer.concat(payloads))).toBe(text);
      expect(whyNotCarried(rendering(text), aRoute({ alphabet }))).toBeUndefined();
    }
  });

  test('is cut by septets in Latin-1 too, since that is what it takes on the air', () => {
    const { payloads } = wireText('[]'.repeat(100), aRoute({ alphabet: 'latin1' }));
    expect(payloads.map(({ length }) => length)).toEqual([76, 76, 48]);
    expect(segmentsOnWire(rendering('[]'.repeat(100)), aRoute({ alphabet: 'latin1' }))).toBe(3);
  });

  test('takes more segments where all goes as UCS-2', () => {
    expect(segmentsOnWire(rendering('a'.repeat(160)), aRoute())).toBe(1);
    expect(segmentsOnWire(rendering('a'.repeat(160)), aRoute({ alphabet: 'ucs2' }))).toBe(3);
  });
});

describe('a route', () => {
  test('is refused for a text that its alphabet lacks a character of, with the place and the character', () => {
    const texts = [rendering('Appelez le 02 61 91 00 35'), rendering('Coût : 1 €'), rendering(ACCENTS)];
    const plain = aRoute({ id: 'plain', alphabet: 'ascii' });
    expect(() => requireCarried(texts, plain)).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        code: 'text_not_carried',
        faults: [
          expect.objectContaining({
            at: '/renderings/35/fr',
            message: 'route "plain" has ascii for its alphabet, which lacks U+00E9, U+00E0',
          }),
        ],
      }),
    );
    expect(() => requireCarried([rendering('Tarif : 1 €')], aRoute({ alphabet: 'latin1' }))).toThrow(
      'cannot carry a text',
    );
    expect(() => requireCarried(texts, aRoute())).not.toThrow();
    expect(() => requireCarried(texts, aRoute({ alphabet: 'ucs2' }))).not.toThrow();
  });

  test('is refused for a text that has too many segments as UCS-2', () => {
    const long = rendering('a'.repeat(600));
    expect(whyNotCarried(long, aRoute({ alphabet: 'ucs2' }))?.message).toMatch(/UCS-2.*9 segments, 8 are allowed/);
    expect(whyNotCarried(long, aRoute())).toBeUndefined();
  });

  test.each([
    ['with ucs2', { alphabet: 'ucs2', dataCoding: 0 }],
    ['that says UCS-2 for texts that are none', { alphabet: 'gsm7', dataCoding: 8 }],
  ])('cannot have a dataCoding %s', (_what, given) => {
    expect(() => aRoute(given)).toThrow(/dataCoding/);
  });
});

import { decodeSample } from '../../src/simulator/text-sample.ts';
import { validUntil } from '../../src/simulator/validity.ts';

describe('the sample of a text', () => {
  test.each([
    ['00e9', 0, 'gsm7', '\x00é'],
    ['0041', 0, 'gsm7', '@A'],
    ['4041', 0, 'latin1', '@A'],
    ['1b65', 0, 'gsm7', '€'],
    ['e9', 3, 'gsm7', 'é'],
    ['40', 1, 'gsm7', '@'],
    ['00e920ac', 8, 'gsm7', 'é€'],
    ['00e920', 8, 'latin1', 'é\ufffd'],
  ] as const)('%s with data_coding %i and %s', (hex, dataCoding, alphabet, text) => {
    expect(decodeSample(Buffer.from(hex, 'hex'), dataCoding, alphabet)).toBe(text);
  });
});

describe('a validity period', () => {
  const now = Date.UTC(2026, 5, 2, 16, 45, 0);

  test.each([
    ['260602164500000+', now],
    ['260602184500008+', now],
    ['260602144500008-', now],
    ['000000000130000R', now + 90_000],
    ['000001020000000R', now + 26 * 3_600_000],
  ])('%s', (text, until) => {
    expect(validUntil(text, now)).toBe(until);
  });

  test.each(['', 'tomorrow', '26060216450000'])('%j has no end', (text) => {
    expect(validUntil(text, now)).toBe(Number.POSITIVE_INFINITY);
  });
});

import { decodeSample } from '../../src/simulator/text-sample.ts';

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

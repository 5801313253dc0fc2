import fc from 'fast-check';
import {
  blockLength,
  lastNotAbove,
  packBlock,
  readMsisdn,
  searchBlock,
  unpackBlock,
  wideForm,
} from '../../src/audience/blocks.ts';

const sortedNumbers = fc
  .uniqueArray(fc.integer({ min: 1, max: 999_999_999_999_999 }), { maxLength: 200 })
  .map((numbers) => numbers.sort((a, b) => a - b));

describe('a block', () => {
  test('gives back every number it was packed from', () => {
    fc.assert(
      fc.property(sortedNumbers, (numbers) => {
        const block = packBlock(numbers);
        expect(Array.from({ length: blockLength(block) }, (_, i) => readMsisdn(block, i))).toEqual(numbers);
        expect([...unpackBlock(block)]).toEqual(numbers);
      }),
    );
  });

  test.each([
    ['4 bytes for each number after the first', 33_261_910_035 + 2 ** 32 - 1, 8 + 2 * 4],
    ['8 where they lie further apart', 33_261_910_035 + 2 ** 32, 8 + 2 * 8],
  ])('takes %s', (_what, last, length) => {
    const numbers = [33_261_910_035, 33_261_910_036, last];
    expect(packBlock(numbers)).toHaveLength(length);
    expect([...unpackBlock(packBlock(numbers))]).toEqual(numbers);
  });

  test('has a form for digests that does not depend on how it is packed', () => {
    const bytes = wideForm(Float64Array.of(33261910035, 999_999_999_999_999));
    expect([bytes.readBigUInt64BE(0), bytes.readBigUInt64BE(8)]).toEqual([33261910035n, 999_999_999_999_999n]);
  });

  test('packs as many of an array as it is told', () => {
    expect(blockLength(packBlock(Float64Array.of(1, 2, 3), 2))).toBe(2);
  });

  test('finds each of its numbers at its slot, and no other', () => {
    fc.assert(
      fc.property(sortedNumbers, fc.integer({ min: 1, max: 999_999_999_999_999 }), (numbers, other) => {
        const block = packBlock(numbers);
        for (const [slot, number] of numbers.entries()) {
          expect(searchBlock(block, number)).toBe(slot);
          if (!numbers.includes(number + 1)) expect(searchBlock(block, number + 1)).toBe(-1);
        }
        expect(searchBlock(block, other)).toBe(numbers.indexOf(other));
        expect(lastNotAbove(block, other)).toBe(numbers.filter((number) => number <= other).length - 1);
      }),
    );
  });

  test('that is empty holds nothing', () => {
    expect(searchBlock(packBlock([]), 1)).toBe(-1);
  });
});

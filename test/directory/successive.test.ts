import fc from 'fast-check';
import { entryAt, inOrder, mainEntry, overlap, startOf, validity } from '../../src/directory/successive.ts';

const at = (day: number) => `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`;
const ms = (day: number) => Date.parse(at(day));
const span = (from?: number, until?: number) => ({
  ...(from === undefined ? {} : { validFrom: at(from) }),
  ...(until === undefined ? {} : { validUntil: at(until) }),
});

describe('entries that follow one another', () => {
  test.each([
    [span(), span(), true],
    [span(1, 5), span(5, 9), false],
    [span(5, 9), span(1, 5), false],
    [span(1, 6), span(5, 9), true],
    [span(undefined, 5), span(5), false],
    [span(undefined, 5), span(4), true],
    [span(3), span(9), true],
    [span(2, 3), span(1, 9), true],
  ])('%j and %j overlap: %j', (one, other, expected) => {
    expect([overlap(one, other), overlap(other, one)]).toEqual([expected, expected]);
  });

  test('have at most one in force at any moment, whatever spans do not overlap', () => {
    const days = fc.uniqueArray(fc.integer({ min: 1, max: 28 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(days, fc.integer({ min: 1, max: 31 }), (bounds, day) => {
        const sorted = [...bounds].sort((a, b) => a - b);
        const spans = sorted.slice(1).map((until, i) => span(sorted[i], until));
        const found = spans.filter((one) => entryAt([one], ms(day)));
        expect(found.length).toBeLessThanOrEqual(1);
        expect(entryAt(inOrder([...spans].reverse()), ms(day))).toEqual(found[0]);
      }),
    );
  });

  test('the main one is that in force, else the next to come, else the last', () => {
    const entries = [span(2, 4), span(6, 8), span(10, 12)];
    const main = (day: number) => mainEntry(entries, ms(day));
    expect([main(1), main(2), main(4), main(7), main(9), main(20)]).toEqual([
      entries[0],
      entries[0],
      entries[1],
      entries[1],
      entries[2],
      entries[2],
    ]);
    expect(mainEntry([], ms(1))).toBeUndefined();
  });

  test('are told by their time in words', () => {
    expect([span(), span(1), span(undefined, 2), span(1, 2)].map(validity)).toEqual([
      'always',
      `from ${at(1)}`,
      `until ${at(2)}`,
      `from ${at(1)} until ${at(2)}`,
    ]);
    expect(startOf({ validFrom: '2026-01-01' })).toBe(ms(1));
  });
});

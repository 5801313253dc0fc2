import { ValidityReader } from '../../src/simulator/validity.ts';

describe('a validity period', () => {
  const now = Date.UTC(2026, 5, 2, 16, 45, 0);

  test.each([
    ['260602164500000+', now],
    ['260602184500008+', now],
    ['260602144500008-', now],
    ['000000000130000R', now + 90_000],
    ['000001020000000R', now + 26 * 3_600_000],
  ])('%s', (text, until) => {
    expect(new ValidityReader().until(text, now)).toBe(until);
  });

  test.each(['', 'tomorrow', '26060216450000'])('%j has no end', (text) => {
    expect(new ValidityReader().until(text, now)).toBe(Number.POSITIVE_INFINITY);
  });

  test('is another one when the text is, and relative to when each message is accepted', () => {
    const reader = new ValidityReader();
    const relative = '000000000130000R';
    expect(reader.until(relative, now)).toBe(now + 90_000);
    expect(reader.until(relative, now + 5)).toBe(now + 90_005);
    expect(reader.until('260602164500000+', now + 5)).toBe(now);
    expect(reader.until('tomorrow', now)).toBe(Number.POSITIVE_INFINITY);
    expect(reader.until(relative, now)).toBe(now + 90_000);
  });
});

import { fits } from '../../src/notices/standing-bounds.ts';

describe('a pattern with *', () => {
  test.each([
    ['Poste * ouvert.', 'Poste de Rennes ouvert.', true],
    ['Poste * ouvert.', 'Poste ouvert.', false],
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['*', '', true],
    ['a*a', 'a', false],
    ['*b*b*', 'abcb', true],
    ['*b*b*', 'abc', false],
    ['a*bc*c', 'abc', false],
  ])('%s and "%s": %s', (pattern, value, expected) => {
    expect(fits(pattern, value)).toBe(expected);
  });

  test('takes no time however it is made', () => {
    const startedMs = performance.now();
    expect(fits(`${'*a'.repeat(250)}b`, 'a'.repeat(500))).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(50);
  });
});

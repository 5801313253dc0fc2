import { readFileSync } from 'node:fs';
import { StandingApprovalInput, standingFaults } from '../../src/notices/standing-approval.ts';
import { fits } from '../../src/notices/standing-bounds.ts';
import { templates } from './samples.ts';

test('the standing approval in docs/api.md is one that can be given', () => {
  const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const [json = ''] = /\{ "regions"[^`]*"validUntil"[^`]*/.exec(page) ?? [];
  const input = StandingApprovalInput.parse(JSON.parse(json));
  const nowMs = Date.parse(input.validUntil) - 86_400_000;
  expect(standingFaults(input, templates.find(input.template), nowMs)).toEqual([]);
});

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

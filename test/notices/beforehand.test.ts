/** Which of the approvals given beforehand a region needs: each that is used may be the last that its giver allowed. */
import { needed } from '../../src/notices/beforehand.ts';
import type { Decision, RequiredApprovals } from '../../src/notices/notice.ts';
import { AT_MS } from './samples.ts';

const one = (from: string): RequiredApprovals => ({ from: [from], count: 1 });
const given = (by: string, authority: string): Decision => ({
  ...{ region: '35', at: new Date(AT_MS).toISOString(), decision: 'approved', hash: 'h' },
  by,
  authority,
});

describe('of decisions that hold a region takes', () => {
  test.each<[string, RequiredApprovals[], [string, string][], string[]]>([
    ['none where there are none', [one('P')], [], []],
    [
      'no more than it asks for',
      [one('P')],
      [
        ['Ann', 'P'],
        ['Bob', 'P'],
      ],
      ['Ann P'],
    ],
    [
      'the first of one person in one capacity',
      [one('P'), one('M')],
      [
        ['Ann', 'P'],
        [' ANN', 'P'],
      ],
      ['Ann P'],
    ],
    [
      'none that brings it no further',
      [one('P'), one('M')],
      [
        ['Ann', 'P'],
        ['Bob', 'P'],
      ],
      ['Ann P'],
    ],
    [
      'that in which a person is needed',
      [one('P'), one('M')],
      [
        ['Ann', 'P'],
        ['Bob', 'P'],
        ['Ann', 'M'],
      ],
      ['Bob P', 'Ann M'],
    ],
    [
      'none after it has all, though its giver has a part in them',
      [one('P'), one('M')],
      [
        ['Bob', 'M'],
        ['Ann', 'P'],
        ['Ann', 'M'],
      ],
      ['Bob M', 'Ann P'],
    ],
  ])('%s', (_what, approvals, decisions, expected) => {
    const requires = { 35: { approvals } };
    const taken = needed(
      { requires },
      '35',
      decisions.map((one) => given(...one)),
    );
    expect(taken.map(({ by, authority }) => `${by} ${authority}`)).toEqual(expected);
  });
});

import { sharesOf } from '../../bench/cpu-profile.ts';
import { spreadOver } from '../../bench/seeding.ts';
import { named, spread } from '../../bench/statistics.ts';
import { longestPause } from '../../bench/submission-pauses.ts';
import { tableOf } from '../../bench/table.ts';

describe('the figures of a benchmark', () => {
  test('are medians with the smallest and the largest value', () => {
    expect(spread([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
    expect(spread([40, 10, 20, 30])).toEqual({ median: 25, min: 10, max: 40 });
    expect(named('ratio', spread([0.3333, 0.5, 0.4]), 2)).toEqual({ ratio: 0.4, ratioMin: 0.33, ratioMax: 0.5 });
  });

  test('are refused where nothing was measured', () => {
    expect(() => spread([])).toThrow('nothing');
  });

  test('stand under each other in a table', () => {
    expect(
      tableOf([
        ['', 'a'],
        ['x', '10'],
        ['long', '5'],
      ]),
    ).toBe('       a\n----  --\nx     10\nlong   5');
  });
});

describe('the longest pause of submissions', () => {
  const samples = [
    { at: 1_000, submits: 10, lastSubmitAt: 999 },
    { at: 1_020, submits: 20, lastSubmitAt: 1_010 },
    { at: 1_040, submits: 20, lastSubmitAt: 1_010 },
    { at: 1_060, submits: 20, lastSubmitAt: 1_010 },
    { at: 1_080, submits: 30, lastSubmitAt: 1_079 },
    { at: 1_100, submits: 40, lastSubmitAt: 1_099 },
  ];

  test('goes from the last submission before it to the first sample after it', () => {
    expect(longestPause(samples, 0, 2_000)).toBe(70);
  });

  test('is looked for in the span asked for', () => {
    expect(longestPause(samples, 1_080, 2_000)).toBe(21);
  });

  test('does not count the time before the first submission', () => {
    expect(longestPause([{ at: 500, submits: 0, lastSubmitAt: 0 }, ...samples], 0, 1_010)).toBe(21);
  });
});

test('recipients are spread over the regions without losing one', () => {
  const groups = spreadOver(1_000_007, 101);
  expect(groups.reduce((sum, { recipients }) => sum + recipients, 0)).toBe(1_000_007);
  expect(new Set(groups.map(({ region }) => region)).size).toBe(101);
  expect(groups[0]).toMatchObject({ recipients: 9_902, blocks: 10 });
});

test('a profile is summed by function and file, idle time left out', () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 4 });
  const { functions, files } = sharesOf({
    nodes: [
      { id: 1, callFrame: frame('(idle)', '') },
      { id: 2, callFrame: frame('write', 'file:///x/dist/smpp/wire.js') },
      { id: 3, callFrame: frame('', 'file:///x/node_modules/ioredis/built/Redis.js') },
      { id: 4, callFrame: frame('read', 'file:///x/dist/smpp/wire.js') },
    ],
    samples: [1, 2, 3, 4],
    timeDeltas: [900, 50, 30, 20],
  });
  expect(functions[0]).toEqual({ name: 'write dist/smpp/wire.js:5', share: 0.5 });
  expect(functions[1]?.name).toBe('(anonymous) ioredis/built/Redis.js:5');
  expect(files[0]).toEqual({ name: 'dist/smpp/wire.js', share: 0.7 });
});

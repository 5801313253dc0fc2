import { CommanderError } from 'commander';
import { demoCommand, readDemoOptions } from '../../src/demo/options.ts';

describe('the options of the demo', () => {
  test('tell 100,000 people in all regions unless asked otherwise', () => {
    const options = readDemoOptions([]);
    expect(options).toMatchObject({ recipients: 100_000, seed: 1, keep: false });
    expect(options.regions).toHaveLength(101);
    expect(options.rate).toBeUndefined();
  });

  test('take what is asked for', () => {
    const args = [
      '--recipients',
      '500',
      '--regions',
      '75,35',
      '--rate',
      '50',
      '--seed',
      '9',
      '--keep',
      '--json',
      'f.json',
    ];
    const options = readDemoOptions(args);
    expect(options).toMatchObject({ recipients: 500, rate: 50, seed: 9, keep: true, json: 'f.json' });
    expect(options.regions.map(({ code }) => code)).toEqual(['35', '75']);
  });

  test.each([
    ['no number', ['--recipients', 'many']],
    ['nobody', ['--recipients', '0']],
    ['an unknown region', ['--regions', '35,99']],
    ['an unknown option', ['--fast']],
  ])('are refused for %s', (_what, args) => {
    const quiet = demoCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    expect(() => readDemoOptions(args, quiet)).toThrow(CommanderError);
  });

  test('are refused with fewer people than regions, and with more than there are numbers for', () => {
    expect(() => readDemoOptions(['--recipients', '100'])).toThrow(/101 at least/);
    expect(() => readDemoOptions(['--recipients', '100', '--regions', '35'])).not.toThrow();
    expect(() => readDemoOptions(['--recipients', '100000001'])).toThrow(/100000000/);
  });
});

describe('the story of a correction', () => {
  test('has a size of its own, small enough to watch', () => {
    const { story, recipients, rate, regions } = readDemoOptions(['--story', 'correction']);
    expect({ story, recipients, rate }).toEqual({ story: 'correction', recipients: 4_000, rate: 800 });
    expect(regions.map(({ code }) => code)).toEqual(['22', '29', '35', '56']);
  });

  test('takes what is asked for, and is the exercise for whoever asks for none', () => {
    const args = ['--story', 'correction', '--recipients', '600', '--regions', '974', '--rate', '50'];
    const options = readDemoOptions(args);
    expect(options).toMatchObject({ recipients: 600, rate: 50 });
    expect(options.regions.map(({ code }) => code)).toEqual(['974']);
    expect(readDemoOptions([]).story).toBe('exercise');
  });

  test('is no other story', () => {
    const quiet = demoCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    expect(() => readDemoOptions(['--story', 'panic'], quiet)).toThrow(CommanderError);
  });
});

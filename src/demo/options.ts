/** What the demo can be asked for. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { REGIONS, type Region } from '../directory/regions.ts';
import { TocsinError } from '../errors.ts';

export const STORIES = ['exercise', 'correction'] as const;
export type Story = (typeof STORIES)[number];

export interface DemoOptions {
  readonly story: Story;
  readonly recipients: number;
  readonly regions: readonly Region[];
  /** Segments a second of the route; undefined has no limit. */
  readonly rate?: number;
  readonly seed: number;
  readonly keep: boolean;
  readonly json?: string;
}

const MOST_RECIPIENTS = 100_000_000;
/** A wrong number in Brittany, found while the first text is still on its way. */
const CORRECTION_DEFAULTS = { recipients: 4_000, regions: ['22', '29', '35', '56'], rate: 800 } as const;

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('must be a whole number above 0.');
  return Number(text);
}

function regionsNamed(text: string): Region[] {
  const codes = [...new Set(text.split(',').map((code) => code.trim()))];
  const unknown = codes.filter((code) => !REGIONS.some((region) => region.code === code));
  if (unknown.length > 0) throw new InvalidArgumentError(`there is no region ${unknown.join(', ')}.`);
  return REGIONS.filter(({ code }) => codes.includes(code));
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('A whole exercise on this machine: audience, notice, approvals, launch, receipts, evidence.')
    .addOption(
      new Option('--story <name>', 'what is played; correction: a wrong number, corrected (default: 4,000 in Brittany)')
        .choices([...STORIES])
        .default('exercise'),
    )
    .option('--recipients <count>', 'people to tell; all numbers are fictional', whole, 100_000)
    .option('--regions <codes>', 'only these: 35,75 (default: all 101)', regionsNamed, [...REGIONS])
    .option('--rate <segments>', "the route's segments a second (default: no limit)", whole)
    .option('--seed <number>', 'the same seed makes the same audience', whole, 1)
    .option('--keep', 'leave everything running at the end, to look around', false)
    .option('--json <file>', 'write the figures into a file')
    .addHelpText('after', '\nExit codes: 0 everybody is accounted for and was told once, 1 not so, 2 bad usage.');
}

/** Throws commander's error on bad usage, `invalid` when there are fewer recipients than regions. */
export function readDemoOptions(argv: readonly string[], command = demoCommand()): DemoOptions {
  const parsed = command.exitOverride().parse([...argv], { from: 'user' });
  const given = withDefaults(parsed, parsed.opts<DemoOptions>());
  if (given.recipients < given.regions.length) {
    const message = `Every region needs a recipient: ask for ${given.regions.length} at least, or name fewer regions`;
    throw new TocsinError('invalid', 'too_few_recipients', message);
  }
  if (given.recipients > MOST_RECIPIENTS) {
    throw new TocsinError('invalid', 'too_many_recipients', `The demo has numbers for ${MOST_RECIPIENTS} people`);
  }
  return given;
}

/** A story has its own size, where nobody asked for another. */
function withDefaults(parsed: Command, given: DemoOptions): DemoOptions {
  if (given.story !== 'correction') return given;
  const { recipients, regions, rate } = CORRECTION_DEFAULTS;
  const asked = (name: string) => parsed.getOptionValueSource(name) === 'cli';
  return {
    ...given,
    recipients: asked('recipients') ? given.recipients : recipients,
    regions: asked('regions') ? given.regions : regionsNamed(regions.join(',')),
    rate: given.rate ?? rate,
  };
}

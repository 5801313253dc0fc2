/** `npm run bench`: reads the command line, and sees to it that whatever was started ends. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { Bed } from './bed.ts';
import { measureFlat } from './flat.ts';
import { measureLanes } from './lanes.ts';
import { workDisk } from './machine.ts';
import { measurePacing } from './pacing.ts';
import { measurePlan } from './plan.ts';
import { measureProcesses } from './processes.ts';
import { measureProfile } from './profile.ts';
import { count, Screen } from './screen.ts';
import { measureSpeed, type SpeedOptions } from './speed.ts';
import { measureThrottle } from './throttle.ts';

const screen = new Screen(process.stderr);

const links = new Option('--links <count>', 'SMPP sessions of each dispatcher').argParser(whole(1, 64)).default(8);
const window = new Option('--window <count>', 'submissions in flight on a link')
  .argParser(whole(1, 10_000))
  .default(1_000);
const fewerLinks = new Option('--links <count>', 'SMPP sessions of each dispatcher').argParser(whole(1, 64)).default(4);
const smallerWindow = new Option('--window <count>', 'submissions in flight on a link')
  .argParser(whole(1, 10_000))
  .default(500);
const processCounts = new Option('--dispatchers <list>', 'dispatcher processes')
  .argParser(wholes(1, 16))
  .default([1, 3]);
const segmentCount = new Option('--segments <count>', 'segments of the text').choices(['1', '2']).default('1');
const json = new Option('--json <file>', 'also writes the figures there');

const program = new Command('npm run bench --')
  .description(
    'Measures Tocsin on this machine: real processes, receipts on, AOF always, counted by the SMSC simulator.',
  )
  .addHelpText(
    'after',
    `
Examples:
  npm run bench                                       floor and product, 5 rounds of 600,000 messages (3 minutes)
  npm run bench -- --rounds 1 --messages 100000       a quick look (20 seconds)
  npm run bench -- --json out.json --segments 2
  npm run bench -- flat --recipients 1000000          cost by size of the audience
  npm run bench -- processes                          several dispatchers, one killed
  npm run bench -- plan                               planning 27 million recipients
  npm run bench -- pacing                             limits kept and used (5 minutes)
  npm run bench -- lanes                              fairness and overtaking (3 minutes)
  npm run bench -- throttle                           an SMSC that allows less (3 minutes)
  npm run bench -- pacing --limits 2000 --region-limits none --dispatchers 3`,
  );

program
  .command('speed', { isDefault: true })
  .description('floor and product on the same work, several rounds')
  .option('--messages <count>', 'recipients of a round', whole(1, 50_000_000), 600_000)
  .option('--rounds <count>', 'rounds; the median is reported', whole(1, 100), 5)
  .addOption(links)
  .addOption(window)
  .option('--dispatchers <count>', 'dispatcher processes', whole(1, 16), 1)
  .addOption(segmentCount)
  .option('--kannel', 'also measures Kannel with and without its spool store, where bearerbox is on the PATH')
  .option('--smpp', 'also measures the client of the npm package smpp')
  .addOption(json)
  .action((options: Omit<SpeedOptions, 'segments'> & Segments) =>
    onBed((bed) => measureSpeed(bed, { ...options, segments: segmentsOf(options) })),
  );

program
  .command('flat')
  .description('cost at a small and a large audience, an AOF rewrite in mid-run, memory and disk')
  .option(
    '--recipients <count>',
    'the large audience; 10 million takes some 6 minutes',
    whole(10_000, 50_000_000),
    10_000_000,
  )
  .option('--small <count>', 'the small audience', whole(1_000, 10_000_000), 100_000)
  .addOption(links)
  .addOption(window)
  .addOption(json)
  .action((options) => onBed((bed) => measureFlat(bed, options)));

program
  .command('processes')
  .description('1, 2 and 4 dispatchers on one Redis; one of two killed in mid-run')
  .option('--messages <count>', 'recipients of a run', whole(1, 50_000_000), 600_000)
  .addOption(links)
  .addOption(window)
  .addOption(json)
  .action((options) => onBed((bed) => measureProcesses(bed, options)));

program
  .command('plan')
  .description('from the launch of a country to its first submission and its last planned batch')
  .option('--recipients <count>', 'recipients', whole(1_000, 60_000_000), 27_000_000)
  .option('--rounds <count>', 'rounds; the median is reported', whole(1, 100), 3)
  .addOption(json)
  .action((options) => onBed((bed) => measurePlan(bed, options)));

program
  .command('profile')
  .description('where the time goes: functions and files of the dispatcher, commands of Redis')
  .option('--messages <count>', 'recipients', whole(1, 50_000_000), 1_000_000)
  .addOption(links)
  .addOption(window)
  .addOption(segmentCount)
  .action((options) => onBed((bed) => measureProfile(bed, { ...options, segments: segmentsOf(options) })));

program
  .command('pacing')
  .description(
    'limits of a route, and of one region, as the SMSC sees them: the mean from the first to the last submission, and the busiest second',
  )
  .option('--limits <list>', 'segments a second of the route', wholes(1, 1_000_000), [50, 500, 2_000, 10_000])
  .option('--region-limits <list>', 'segments a second of one region', wholes(1, 1_000_000), [50, 500, 2_000, 10_000])
  .option('--others <count>', 'recipients of each of the 20 regions beside it, for each second', whole(1, 100_000), 50)
  .option('--region-routes <list>', "the route's own limit beside it; 0 for none", wholes(0, 1_000_000), [20_000])
  .addOption(processCounts)
  .option('--seconds <count>', 'length of a case', whole(1, 3_600), 15)
  .addOption(fewerLinks)
  .addOption(smallerWindow)
  .addOption(json)
  .action((options) => onBed((bed) => measurePacing(bed, options)));

program
  .command('lanes')
  .description(
    'whether lanes end together whatever their size, and how soon an Extreme notice has the route that a Minor one held',
  )
  .option('--limits <list>', 'segments a second of the route, 0 for no limit', wholes(0, 1_000_000), [5_000, 0])
  .option('--equal <count>', 'recipients of each of 20 equal lanes', whole(1_000, 10_000_000), 5_000)
  .option('--large <count>', 'recipients of the large lane', whole(1_000, 10_000_000), 100_000)
  .option('--small <count>', 'recipients of each of 19 small lanes', whole(1_000, 10_000_000), 2_000)
  .addOption(processCounts)
  .addOption(fewerLinks)
  .addOption(smallerWindow)
  .addOption(json)
  .action((options) => onBed((bed) => measureLanes(bed, options)));

program
  .command('throttle')
  .description('an SMSC that answers ESME_RTHROTTLED: how much of what it allows is used, and how many answers refuse')
  .option('--allowed <count>', 'segments a second that the SMSC allows', whole(1, 1_000_000), 2_000)
  .option('--limits <list>', 'segments a second of the route, 0 for no limit', wholes(0, 1_000_000), [0, 3_000])
  .option('--messages <count>', 'recipients of a case', whole(1_000, 10_000_000), 60_000)
  .addOption(processCounts)
  .addOption(fewerLinks)
  .addOption(smallerWindow)
  .addOption(json)
  .action((options) => onBed((bed) => measureThrottle(bed, options)));

await program.parseAsync(process.argv);

interface Segments {
  readonly segments: string;
}

function segmentsOf({ segments }: Segments): 1 | 2 {
  return segments === '2' ? 2 : 1;
}

async function onBed(measure: (bed: Bed) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => stop.abort(new Error(`ended by ${name}`)));
  }
  const disk = workDisk();
  screen.say(
    `the AOF lies on ${disk.fileSystem}, where 16 KiB take ${count(disk.syncMicros)} µs until they are on disk`,
  );
  if (disk.inMemory) screen.say('that is memory, not a disk: set TMPDIR to a folder of one, or the figures flatter');
  const bed = new Bed({ signal: stop.signal, screen });
  try {
    await measure(bed);
  } catch (error) {
    const reason = stop.signal.aborted ? stop.signal.reason : error;
    screen.say(`bench: ${reason instanceof Error ? reason.message : String(reason)}`);
    process.exitCode = 1;
  } finally {
    await bed.close();
  }
  process.exit();
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll('_', ''));
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}.`);
  };
}

/** A list with commas; "none" is the empty one. */
function wholes(min: number, max: number): (text: string) => number[] {
  const one = whole(min, max);
  return (text) => (text === 'none' ? [] : text.split(',').map(one));
}

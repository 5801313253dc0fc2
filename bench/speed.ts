/** The headline: floor and product on the same work in the same run, several rounds, the order changing each round. */
import { writeFileSync } from 'node:fs';
import type { Bed } from './bed.ts';
import { type DurableResult, runDurable } from './durable.ts';
import { type FloorResult, runFloor } from './floor.ts';
import { describeMachine } from './machine.ts';
import { hasKannel, type Other, runKannel, runPackage } from './others.ts';
import { count } from './screen.ts';
import { named, rounded, spread } from './statistics.ts';
import { printTable } from './table.ts';
import { ONE_SEGMENT, TWO_SEGMENTS } from './texts.ts';

/** The first run of a fresh simulator is slower than any later one: it is run, and not counted. */
const WARM_UP_MESSAGES = 150_000;

export interface SpeedOptions {
  readonly messages: number;
  readonly rounds: number;
  readonly links: number;
  readonly window: number;
  readonly dispatchers: number;
  readonly segments: 1 | 2;
  readonly json?: string;
  /** Measure Kannel as well, and the smpp package. */
  readonly kannel?: boolean;
  readonly smpp?: boolean;
}

interface Round {
  readonly floor: FloorResult;
  readonly durable: DurableResult;
}

export async function measureSpeed(bed: Bed, options: SpeedOptions): Promise<void> {
  const { messages, rounds, segments } = options;
  const work = { ...options, text: segments === 1 ? ONE_SEGMENT : TWO_SEGMENTS };
  await bed.startSimulator();
  await runFloor(bed, { ...work, messages: Math.min(messages, WARM_UP_MESSAGES), title: 'warm-up of the simulator' });
  const done: Round[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const floorFirst = round % 2 === 1;
    const title = (what: string) => `round ${round} of ${rounds}, ${what}`;
    const floorRun = () => runFloor(bed, { ...work, title: title('floor') });
    const early = floorFirst ? await floorRun() : undefined;
    const durable = await runDurable(bed, { ...work, title: title('durable') });
    const floor = early ?? (await floorRun());
    done.push({ floor, durable });
    const [a, b] = [durable, floor].map(({ messagesPerSecond }) =>
      Math.round(messagesPerSecond).toLocaleString('en-GB'),
    );
    bed.screen.say(`round ${round} of ${rounds}: durable ${a} messages/s, floor ${b} messages/s`);
  }
  const others = await runOthers(bed, options);
  const report = { ...reportOf(options, done), ...(others.length > 0 ? { others } : {}) };
  printTable('messages a second, counted by the SMSC from the first submission to the last receipt acknowledged', [
    ['', 'median', 'min', 'max'],
    ...rowsOf(done),
  ]);
  if (others.length > 0) {
    const durable = report.durable.messagesPerSecond;
    const rows = others.map((other) => [
      other.name,
      count(other.messages),
      count(other.messagesPerSecond),
      (durable / other.messagesPerSecond).toFixed(1),
      String(other.lost),
    ]);
    printTable('others on the same simulator', [['', 'messages', 'messages/s', 'durable is … times', 'lost'], ...rows]);
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}

async function runOthers(bed: Bed, { kannel, smpp, window }: SpeedOptions): Promise<Other[]> {
  const others: Other[] = [];
  if (smpp) others.push(await runPackage(bed, window));
  if (kannel && !hasKannel()) bed.screen.say('Kannel is not measured: there is no bearerbox and smsbox on the PATH');
  if (kannel && hasKannel()) others.push(...(await runKannel(bed)));
  return others;
}

const FIGURES = {
  messagesPerSecond: 0,
  submissionsPerSecond: 0,
  nodeMicrosPerMessage: 2,
  redisMicrosPerMessage: 2,
  rssMb: 0,
  aofBytesPerMessage: 1,
  idleBytesPerRecipient: 2,
  launchToFirstSubmitMs: 0,
} as const satisfies Partial<Record<keyof DurableResult, number>>;
const FLOOR_FIGURES = { messagesPerSecond: 0, submissionsPerSecond: 0, nodeMicrosPerMessage: 2 } as const;

/** The JSON of `--json`: medians, each with its min and max beside it; `samples` holds every round. */
export function reportOf(options: SpeedOptions, rounds: readonly Round[]) {
  const durables = rounds.map(({ durable }) => durable);
  const floors = rounds.map(({ floor }) => floor);
  const { messages, links, window, dispatchers, segments } = options;
  return {
    floor: figures<keyof typeof FLOOR_FIGURES>(floors, FLOOR_FIGURES),
    durable: figures<keyof typeof FIGURES>(durables, FIGURES),
    ...named('ratio', spread(ratios(rounds, 'messagesPerSecond')), 3),
    ratioOfSubmissions: rounded(spread(ratios(rounds, 'submissionsPerSecond')).median, 3),
    lost: sum(durables.map(({ lost }) => lost)),
    duplicates: sum(durables.map(({ duplicates }) => duplicates)),
    appendfsync: [...new Set(durables.map(({ appendfsync }) => appendfsync))].join(', '),
    rounds: rounds.length,
    machine: describeMachine(durables[0]?.redisVersion ?? ''),
    work: { messages, segments, links, window, dispatchers },
    samples: rounds.map(({ floor, durable }) => ({
      floor: rounded(floor.messagesPerSecond),
      durable: rounded(durable.messagesPerSecond),
    })),
  };
}

function figures<K extends string>(
  results: readonly { readonly [k in K]: number }[],
  digits: Readonly<Record<K, number>>,
) {
  const names = Object.keys(digits) as K[];
  const entries = names.map((name) => named(name, spread(results.map((result) => result[name])), digits[name]));
  return Object.assign({}, ...entries) as Record<K | `${K}Min` | `${K}Max`, number>;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const ratios = (rounds: readonly Round[], of: 'messagesPerSecond' | 'submissionsPerSecond'): number[] =>
  rounds.map(({ floor, durable }) => durable[of] / floor[of]);

function rowsOf(rounds: readonly Round[]): string[][] {
  const row = (name: string, values: readonly number[], digits: number): string[] => {
    const { median, min, max } = spread(values);
    const shown = (value: number) => value.toLocaleString('en-GB', { maximumFractionDigits: digits });
    return [name, shown(median), shown(min), shown(max)];
  };
  const floors = (Object.keys(FLOOR_FIGURES) as (keyof typeof FLOOR_FIGURES)[]).map((name) =>
    row(
      `floor ${name}`,
      rounds.map(({ floor }) => floor[name]),
      FLOOR_FIGURES[name],
    ),
  );
  const durables = (Object.keys(FIGURES) as (keyof typeof FIGURES)[]).map((name) =>
    row(
      `durable ${name}`,
      rounds.map(({ durable }) => durable[name]),
      FIGURES[name],
    ),
  );
  return [
    ...floors,
    ...durables,
    row('ratio', ratios(rounds, 'messagesPerSecond'), 3),
    row('ratio of submissions', ratios(rounds, 'submissionsPerSecond'), 3),
    row(
      'lost',
      rounds.map(({ durable }) => durable.lost),
      0,
    ),
    row(
      'duplicates',
      rounds.map(({ durable }) => durable.duplicates),
      0,
    ),
  ];
}

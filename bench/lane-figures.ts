/** What lanes and broadcasts did beside each other, from what the SMSC saw of their texts. All times in milliseconds. */
import { spread } from './statistics.ts';

/** Lanes of equal priority end within this part of the median, from the launch to each lane's last submission. */
export const FINISH_PERCENT = 5;
/** A graver broadcast has the route for itself within this time from its launch. */
export const OVERTAKEN_MS = 1_000;
/** Up to here the graver broadcast surely has work; the last of it is out already when the other one goes on. */
const HAS_WORK_UNTIL = 0.95;

export interface LaneSeen {
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface Finish {
  readonly medianMs: number;
  /** The last lane's end after the first lane's, in percent of the median. */
  readonly spreadPercent: number;
  /** The last lane's begin after the first lane's. */
  readonly beginSpreadMs: number;
}

export function finishOf(lanes: readonly LaneSeen[], launchedAt: number): Finish {
  const ends = spread(lanes.map(({ lastAt }) => lastAt - launchedAt));
  const begins = spread(lanes.map(({ firstAt }) => firstAt));
  return {
    medianMs: ends.median,
    spreadPercent: ((ends.max - ends.min) / ends.median) * 100,
    beginSpreadMs: begins.max - begins.min,
  };
}

/** Shares submitted of the large lane and of each small one, at one moment. */
export interface Shares {
  readonly large: number;
  readonly small: readonly number[];
}

/** How far the last small lane was behind the large one at its worst, in points of a hundred; 0 where it never was. */
export const worstLag = (samples: readonly Shares[]): number =>
  Math.max(0, ...samples.map(({ large, small }) => (large - Math.min(...small)) * 100));

/** Two broadcasts at one moment: submissions so far, and when the minor one's last came. */
export interface PairSample {
  readonly at: number;
  readonly extreme: number;
  readonly minor: number;
  readonly minorLastAt: number;
}

export interface Overtaking {
  /** From the launch of the graver one until the last submission of the minor one while the graver has work. */
  readonly quietMs: number;
  /** The minor one's part of all submissions later than a second after the launch, while the graver has work. */
  readonly minorPercentAfterwards: number;
}

export function overtakingOf(samples: readonly PairSample[], launchedAt: number, extremeTotal: number): Overtaking {
  const during = samples.filter(({ at, extreme }) => at >= launchedAt && extreme < extremeTotal * HAS_WORK_UNTIL);
  const last = during.at(-1);
  if (!last) throw new Error('the graver broadcast was over before it was looked at');
  const afterASecond = during.find(({ at }) => at >= launchedAt + OVERTAKEN_MS) ?? last;
  const [minor, extreme] = [last.minor - afterASecond.minor, last.extreme - afterASecond.extreme];
  return {
    quietMs: Math.max(0, last.minorLastAt - launchedAt),
    minorPercentAfterwards: minor > 0 ? (minor / (minor + extreme)) * 100 : 0,
  };
}

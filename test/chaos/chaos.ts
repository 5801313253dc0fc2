/** All faults by name, and how one of them is run so many times on a stage. */
import { API_FAULTS } from './api-faults.ts';
import { STRIKING_FAULTS } from './faults.ts';
import { seededRandom } from './moments.ts';
import type { Outcome } from './outcome.ts';
import type { Stage } from './stage.ts';
import { type RunPlan, runStruck } from './struck-broadcast.ts';

export interface Fault {
  readonly name: string;
  readonly says: string;
  readonly unavailable: () => string | undefined;
  readonly run: (stage: Stage, plan: RunPlan) => Promise<Outcome>;
}

const available = (): undefined => undefined;

export const FAULTS: readonly Fault[] = [
  ...STRIKING_FAULTS.map((fault) => ({
    name: fault.name,
    says: fault.says,
    unavailable: fault.unavailable ?? available,
    run: (stage: Stage, plan: RunPlan) => runStruck(stage, fault, plan),
  })),
  ...API_FAULTS.map((fault) => ({ ...fault, unavailable: available })),
];

/** A row of the report: sums over all runs, and the longest recovery. */
export interface Row {
  readonly fault: string;
  readonly runs: number;
  readonly recipients: number;
  readonly lost: number;
  readonly twice: number;
  readonly inDoubt: number;
  readonly secondsToRecover: number;
}

export interface RowOptions {
  readonly seed: number;
  readonly runs: number;
  readonly recipients: number;
  readonly short: boolean;
}

/** Runs a fault; `wrong` says what did not hold. A run that breaks off loses whom it had not reached. */
export async function rowOf(
  fault: Fault,
  stageOf: () => Promise<Stage>,
  { seed, runs, recipients, short }: RowOptions,
): Promise<{ row: Row; wrong: string[] }> {
  let row: Row = { fault: fault.name, runs, recipients: 0, lost: 0, twice: 0, inDoubt: 0, secondsToRecover: 0 };
  const wrong: string[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const title = runs === 1 ? fault.name : `${fault.name}, run ${run} of ${runs}`;
    const stage = await stageOf();
    const random = seededRandom(seed, fault.name, run);
    const outcome = await fault.run(stage, { recipients, random, short, title });
    row = {
      ...row,
      recipients: row.recipients + outcome.recipients,
      lost: row.lost + outcome.lost,
      twice: row.twice + outcome.twice,
      inDoubt: row.inDoubt + outcome.inDoubt,
      secondsToRecover: Math.max(row.secondsToRecover, rounded(outcome.secondsToRecover)),
    };
    wrong.push(...outcome.wrong);
    if (outcome.lost > 0) wrong.push(`${outcome.lost} recipients are lost`);
    if (outcome.secondsToRecover === Number.POSITIVE_INFINITY) wrong.push('it never recovered');
    if (wrong.length > 0) wrong.push(stage.logs());
  }
  return { row, wrong };
}

const rounded = (seconds: number): number => Math.round(seconds * 100) / 100;

/** A fault that carries its own stable code, so that many unlike ones can be told at once. */
import { type Fault, TocsinError } from '../errors.ts';

export interface Problem extends Fault {
  /** Stable, snake_case: `missing_number`, `unknown_region`. */
  readonly code: string;
  /** What a waiver of it must cover. */
  readonly about?: { readonly region?: string; readonly service?: string; readonly language?: string };
}

/** Throws one `invalid` error with all problems as its faults; its code is that of the first. */
export function refuseProblems(message: string, problems: readonly Problem[]): void {
  const first = problems[0];
  if (first) throw new TocsinError('invalid', first.code, message, { faults: problems });
}

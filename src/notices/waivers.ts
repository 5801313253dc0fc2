/**
 * What may be sent in spite of a fault, and who answers for it. Only the faults listed here can be waived, each for the
 * place that the waiver names, with a reason; the authority sees it, since the region's hash covers it.
 */
import { z } from 'zod';
import type { Problem } from '../templates/problem.ts';

/** The problems of a submission that a person may waive by name. */
export const WAIVABLE = [
  'stale_verification',
  'number_ends',
  'missing_language',
  'unreviewed_wording',
  'implausible_audience',
] as const;

/** What a problem is about; a waiver without one of these holds for every value of it. */
export interface WaiverScope {
  readonly region?: string | undefined;
  readonly service?: string | undefined;
  readonly language?: string | undefined;
}

/** What may come in: the person is whoever sends it. */
export const WaiverInput = z.strictObject({
  code: z.enum(WAIVABLE).describe('the problem that is waived, as the preview names it'),
  region: z.string().min(1).max(3).optional().describe('default: in every region'),
  service: z.string().min(1).max(6).optional().describe('default: for every service'),
  language: z.string().min(2).max(3).optional().describe('default: in every language'),
  reason: z
    .string()
    .trim()
    .min(10, 'must say why, in ten characters at least')
    .max(500)
    .regex(/^[^\p{Cc}\p{Cs}\u202d\u202e]*$/u, 'must have no control characters'),
});
export type WaiverInput = z.output<typeof WaiverInput>;

export interface Waiver extends WaiverInput {
  /** The person who answers for it. */
  readonly by: string;
  /** RFC 3339. */
  readonly at: string;
}

/** A problem that somebody answers for. */
export interface Waived extends Problem {
  readonly waiver: Waiver;
}

/** The waivers with a name under each: those that were there before keep theirs. */
export function signed(inputs: readonly WaiverInput[], held: readonly Waiver[], by: string, at: string): Waiver[] {
  return inputs.map((input) => held.find((waiver) => same(waiver, input)) ?? { ...input, by, at });
}

/** Parts the problems into those that stand and those that somebody waived. */
export function sift(
  problems: readonly Problem[],
  waivers: readonly Waiver[],
): { standing: Problem[]; waived: Waived[] } {
  const standing: Problem[] = [];
  const waived: Waived[] = [];
  for (const problem of problems) {
    const waiver = waivers.find((one) => one.code === problem.code && covers(one, problem.about ?? {}));
    if (waiver) waived.push({ ...problem, waiver });
    else standing.push(problem);
  }
  return { standing, waived };
}

/** Those that hold in a region. */
export function waiversOf(waivers: readonly Waiver[], region: string): Waiver[] {
  return waivers.filter((waiver) => waiver.region === undefined || waiver.region === region);
}

function covers(waiver: WaiverScope, about: WaiverScope): boolean {
  return (['region', 'service', 'language'] as const).every(
    (part) => waiver[part] === undefined || waiver[part] === about[part],
  );
}

function same(waiver: WaiverInput, input: WaiverInput): boolean {
  return (['code', 'region', 'service', 'language', 'reason'] as const).every((part) => waiver[part] === input[part]);
}

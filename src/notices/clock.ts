/**
 * The clock of a notice: how long ago the breakdown was detected, and what is left of the time in which the public was to
 * be told (R20: in June 2021 an hour to see it, two to tell). A follow-up has the shorter time of a correction (R7).
 */
import type { Problem } from '../templates/problem.ts';
import type { Notice } from './notice.ts';

/** From detection to the first SMS. */
export const TARGET_MINUTES = 30;
/** From the order of a follow-up to its first SMS. */
export const FOLLOW_UP_TARGET_MINUTES = 2;

export interface Clock {
  /** RFC 3339; of a follow-up, when it was ordered. */
  readonly detectedAt: string;
  /** RFC 3339: by then the first message should have left. */
  readonly targetAt: string;
  readonly targetMinutes: number;
  /** Since detection, up to the first message once there was one. One decimal. */
  readonly minutes: number;
  /** Of the target; negative when it was missed. One decimal. */
  readonly minutesLeft: number;
  /** False once the public is being told, or never will be. */
  readonly running: boolean;
}

export interface Timed {
  readonly detectedAt?: string | undefined;
  readonly createdAt: string;
  /** Whether it has the shorter time. */
  readonly followUp: boolean;
  /** RFC 3339: when the clock stopped. */
  readonly stoppedAt?: string | undefined;
}

export function clockOf({ detectedAt, createdAt, followUp, stoppedAt }: Timed, nowMs: number): Clock {
  const from = detectedAt ?? createdAt;
  const targetMinutes = followUp ? FOLLOW_UP_TARGET_MINUTES : TARGET_MINUTES;
  const endMs = stoppedAt === undefined ? nowMs : Date.parse(stoppedAt);
  const minutes = (endMs - Date.parse(from)) / 60_000;
  return {
    detectedAt: from,
    targetAt: new Date(Date.parse(from) + targetMinutes * 60_000).toISOString(),
    targetMinutes,
    minutes: tenths(minutes),
    minutesLeft: tenths(targetMinutes - minutes),
    running: stoppedAt === undefined,
  };
}

/** The clock of a notice: it stops when it was launched, or given up. */
export function noticeClock(
  { detectedAt, createdAt, followsUp, timings }: Pick<Notice, 'detectedAt' | 'createdAt' | 'followsUp' | 'timings'>,
  nowMs: number,
): Clock {
  const stoppedAt = timings.launched ?? timings.cancelled;
  return clockOf({ detectedAt, createdAt, followUp: followsUp !== undefined, stoppedAt }, nowMs);
}

export function detectionProblems({ detectedAt }: Pick<Notice, 'detectedAt'>, nowMs: number): Problem[] {
  if (detectedAt === undefined || Date.parse(detectedAt) <= nowMs) return [];
  return [{ code: 'detected_in_future', at: '/detectedAt', message: 'is later than now' }];
}

const tenths = (value: number): number => Math.round(value * 10) / 10 + 0;

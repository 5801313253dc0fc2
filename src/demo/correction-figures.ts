/** What the story of a correction comes to, and what in it would break the promise. */
import { FOLLOW_UP_TARGET_MINUTES, TARGET_MINUTES } from '../notices/clock.ts';
import type { SmscRecord } from './figures.ts';
import { count, factTable, seconds } from './screen.ts';

export const FOLLOW_UP_TARGET_MS = FOLLOW_UP_TARGET_MINUTES * 60_000;
const TARGET_MS = TARGET_MINUTES * 60_000;

export interface CorrectionFigures {
  readonly recipients: number;
  /** People whom each message reached, as the SMSC saw it. */
  readonly told: { readonly notice: number; readonly correction: number; readonly allClear: number };
  readonly detectedToFirstSubmitMs: number;
  /** From the moment that somebody knew, the new number entered and verified in it. */
  readonly foundToFirstCorrectedMs: number;
  /** From the order to the first submission (R7: two minutes at most). */
  readonly correctionMs: number;
  readonly allClearMs: number;
  readonly targetMs: number;
  readonly duplicates: number;
}

/** Empty when all was as it should be. */
export function correctionFaults(figures: CorrectionFigures, smsc: SmscRecord): string[] {
  const { told, recipients } = figures;
  const late = (what: string, ms: number, most: number) =>
    ms <= most ? [] : [`${what} took ${seconds(ms)}, ${seconds(most)} are allowed`];
  const others = (what: string, reached: number) =>
    reached === told.notice ? [] : [`${what} reached ${count(reached)} people, the first text ${count(told.notice)}`];
  return [
    ...late('the first text', figures.detectedToFirstSubmitMs, TARGET_MS),
    ...late('the correction', figures.correctionMs, figures.targetMs),
    ...late('the all-clear', figures.allClearMs, figures.targetMs),
    ...others('the correction', told.correction),
    ...others('the all-clear', told.allClear),
    ...(smsc.recipients === told.notice ? [] : [`the SMSC saw ${count(smsc.recipients)} people in all`]),
    ...(told.notice < recipients ? [] : ['everybody had the first text before its correction: ask for more people']),
    ...(figures.duplicates === 0 ? [] : [`${count(figures.duplicates)} people were sent a text twice`]),
  ];
}

export function correctionTable(figures: CorrectionFigures): string[] {
  const { told, recipients, correctionMs, allClearMs, targetMs } = figures;
  const inTime = (ms: number) => `${seconds(ms)} (of ${seconds(targetMs)} allowed)`;
  return factTable([
    ['people in the regions', count(recipients)],
    ['told the wrong number', count(told.notice)],
    ['told the right number', count(told.correction)],
    ['told the end', count(told.allClear)],
    ['detection to first submission', `${seconds(figures.detectedToFirstSubmitMs)} (of 30 min allowed)`],
    ['wrong number known to first SMS', seconds(figures.foundToFirstCorrectedMs)],
    ['correction: order to first SMS', inTime(correctionMs)],
    ['all-clear: order to first SMS', inTime(allClearMs)],
    ['told the same twice', count(figures.duplicates)],
  ]);
}

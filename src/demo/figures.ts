/** What the demo found: the broadcast's own books held against what the simulated SMSC saw. */
import type { Progress } from '../broadcasts/progress.ts';
import { count, factTable, seconds, states } from './screen.ts';

/** The part of the simulator's record that the demo judges by. */
export interface SmscRecord {
  readonly submits: number;
  readonly accepted: number;
  readonly recipients: number;
  /** Recipients to whom the same part came more than once. */
  readonly duplicates: number;
  /** ms since the epoch. */
  readonly firstSubmitAt: number | null;
  readonly lastSubmitAt: number | null;
}

export interface Figures {
  readonly recipients: number;
  readonly final: Record<string, number>;
  readonly unaccounted: number;
  readonly duplicates: number;
  readonly inDoubt: number;
  readonly firstSubmitMs: number;
  /** From the first submission to the last, as the SMSC saw them. */
  readonly seconds: number;
  /** Recipients' texts; with several segments a text, segmentsPerSecond is the higher figure. */
  readonly messagesPerSecond: number;
  readonly segmentsPerSecond: number;
  readonly evidence: string;
}

export function figuresOf(progress: Progress, smsc: SmscRecord, launchSentAt: number, evidence: string): Figures {
  const first = smsc.firstSubmitAt ?? 0;
  const took = ((smsc.lastSubmitAt ?? 0) - first) / 1_000;
  const perSecond = (amount: number) => (took > 0 ? Math.round(amount / took) : 0);
  return {
    recipients: progress.recipients,
    final: Object.fromEntries(Object.entries(progress.counts).filter(([, value]) => value > 0)),
    unaccounted: progress.unaccounted,
    duplicates: smsc.duplicates,
    inDoubt: progress.inDoubt,
    firstSubmitMs: Math.round(first - launchSentAt),
    seconds: Math.round(took * 1_000) / 1_000,
    messagesPerSecond: perSecond(smsc.recipients),
    segmentsPerSecond: perSecond(smsc.accepted),
    evidence,
  };
}

/** What breaks the promise; empty when everybody is accounted for and was told once. */
export function faultsOf(figures: Figures, smsc: SmscRecord): string[] {
  const { recipients, final, unaccounted, duplicates } = figures;
  const told = Object.values(final).reduce((sum, value) => sum + value, 0);
  return [
    ...(unaccounted === 0 ? [] : [`${count(unaccounted)} recipients are in no final state`]),
    ...(told === recipients ? [] : [`the counts add up to ${count(told)} of ${count(recipients)} recipients`]),
    ...(duplicates === 0 ? [] : [`${count(duplicates)} recipients were sent the text twice`]),
    ...(smsc.recipients === recipients
      ? []
      : [`the SMSC saw ${count(smsc.recipients)} of ${count(recipients)} recipients`]),
  ];
}

export function figureTable(figures: Figures): string[] {
  const { recipients, final, unaccounted, duplicates, inDoubt, firstSubmitMs } = figures;
  return factTable([
    ['recipients', count(recipients)],
    ['final states', states(final)],
    ['unaccounted for', count(unaccounted)],
    ['told twice', count(duplicates)],
    ['in doubt at some time', count(inDoubt)],
    ['launch to first submission', `${count(firstSubmitMs)} ms`],
    ['first to last submission', seconds(figures.seconds * 1_000)],
    ['messages a second', count(figures.messagesPerSecond)],
    ['segments a second', count(figures.segmentsPerSecond)],
  ]);
}

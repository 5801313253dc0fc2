/**
 * What officials are told when a notice waits for them: an SMS of one segment in letters that every alphabet has, and the
 * body of a webhook. Neither holds a telephone number, nor the text that the public is to get.
 */
import { findRegion } from '../directory/regions.ts';
import type { Notice } from '../notices/notice.ts';
import { agreementOf, requirementOf } from '../notices/requirement.ts';
import type { Stored } from '../store/records.ts';

export type Stage = 'submitted' | 'escalated';

const SHOWN_REGIONS = 5;
const SHOWN_ID = 8;

/** Shown first, so that nobody takes an exercise for the real thing (R6). */
const PREFIX = {
  fr: { Actual: '', Exercise: 'EXERCICE ', Test: 'TEST ' },
  en: { Actual: '', Exercise: 'EXERCISE ', Test: 'TEST ' },
} as const;

const WORDS = {
  fr: {
    submitted: 'un avis attend votre approbation',
    escalated: 'avis en retard, vous pouvez approuver en suppleance',
    details: (severity: string, regions: string, time: string, id: string) =>
      `Gravite ${severity}, dep. ${regions}, soumis a ${time}, avis ${id}.`,
    more: (count: number) => `et ${count} autres`,
  },
  en: {
    submitted: 'a notice awaits your approval',
    escalated: 'approval is overdue, you may approve as deputy',
    details: (severity: string, regions: string, time: string, id: string) =>
      `Severity ${severity}, dep. ${regions}, submitted at ${time}, notice ${id}.`,
    more: (count: number) => `and ${count} more`,
  },
} as const;

/** ASCII, 160 characters at most. */
export function callText(
  { id, value: notice }: Pick<Stored<Notice>, 'id' | 'value'>,
  stage: Stage,
  regions: readonly string[],
  language: 'fr' | 'en',
): string {
  const words = WORDS[language];
  const shown = regions.slice(0, SHOWN_REGIONS).join(' ');
  const more = regions.length > SHOWN_REGIONS ? ` ${words.more(regions.length - SHOWN_REGIONS)}` : '';
  const time = timeIn(regions, notice.submitted?.at ?? notice.createdAt);
  const details = words.details(notice.severity, shown + more, time, id.slice(0, SHOWN_ID));
  return `${PREFIX[language][notice.status]}TOCSIN: ${words[stage]}. ${details}`;
}

/** In the zone of the first region: what the clock on the wall says there. */
function timeIn(regions: readonly string[], at: string): string {
  const zone = findRegion(regions[0] ?? '')?.zone ?? 'Europe/Paris';
  return new Date(at).toLocaleTimeString('fr-FR', { timeZone: zone, hour: '2-digit', minute: '2-digit' });
}

/** The body of a webhook. `people`: names of those who were told, or may act now. */
export function callPayload(
  { id, value: notice }: Pick<Stored<Notice>, 'id' | 'value'>,
  stage: Stage,
  regions: readonly string[],
  people: readonly string[],
  at: string,
): Record<string, unknown> {
  const { identifier, status, severity, event, headline, expires, submitted } = notice;
  return {
    type: stage === 'submitted' ? 'approval.requested' : 'approval.escalated',
    at,
    notice: { id, identifier, status, severity, event, headline, expires, submittedAt: submitted?.at },
    regions: regions.map((region) => ({
      region,
      name: findRegion(region)?.name ?? region,
      missing: agreementOf(notice, region).missing,
      escalatesAt: requirementOf(notice, region).escalatesAt,
    })),
    people,
  };
}

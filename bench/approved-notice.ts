/** A notice as approvals have left it: every region approved, one rendering for each group of the audience. */
import { createHash } from 'node:crypto';
import type { AudienceGroup } from '../src/audience/snapshot.ts';
import type { Notice } from '../src/notices/notice.ts';
import { segment } from '../src/sms/segments.ts';

const EXPIRES_IN_MS = 3 * 3_600_000;

export interface NoticeChoice {
  readonly identifier: string;
  readonly groups: readonly AudienceGroup[];
  readonly textOf: (group: AudienceGroup) => string;
  readonly audience: string;
  readonly severity: Notice['severity'];
  readonly expiresInMs?: number | undefined;
}

/** As the simulator shows a text: of its octets, which are those of ASCII for the letters and digits sent here. */
export const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

export function approvedNotice(choice: NoticeChoice, now: number): Notice {
  const { identifier, groups, textOf, audience, severity, expiresInMs = EXPIRES_IN_MS } = choice;
  const at = new Date(now).toISOString();
  const renderings = groups.map((group) => {
    const text = textOf(group);
    const { encoding, units, segments } = segment(text);
    return {
      region: group.region,
      language: group.language,
      wording: 'fr',
      text,
      encoding,
      units,
      segments: segments.length,
      sha256: sha256Of(text),
      numbers: [],
      transliterated: [],
    };
  });
  const regions = [...new Set(groups.map(({ region }) => region))];
  return {
    identifier,
    sender: 'bench@tocsin',
    sent: at,
    status: 'Exercise',
    msgType: 'Alert',
    scope: 'Public',
    references: [],
    event: 'benchmark',
    category: 'Infra',
    urgency: 'Immediate',
    severity,
    certainty: 'Observed',
    expires: new Date(now + expiresInMs).toISOString(),
    template: 'emergency-numbers-hard-to-reach',
    parameters: {},
    services: ['15'],
    regions,
    audience,
    inDoubt: 'resend',
    waivers: [],
    state: 'approved',
    author: 'bench',
    editors: [],
    createdAt: at,
    renderings,
    decisions: regions.map((region) => ({
      region,
      authority: 'ministry',
      by: 'bench-approver',
      at,
      decision: 'approved',
      hash: sha256Of(region),
    })),
    timings: {},
  };
}

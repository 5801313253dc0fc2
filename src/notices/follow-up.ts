/**
 * The follow-up of a notice: the same regions, services and audience, another wording, and a reference to what it follows
 * (CAP 1.2 §3.2.1). It goes to those only who were sent the first text, and its launch stops what is left of that.
 */
import { TocsinError } from '../errors.ts';
import type { Problem } from '../templates/problem.ts';
import type { Notice } from './notice.ts';
import type { FollowUpInput, NoticeInput } from './notice-input.ts';

/** What each kind says, and as which CAP message. */
export const FOLLOW_UPS = {
  correction: { template: 'correction', msgType: 'Update' },
  restored: { template: 'restored-keep-alternative', msgType: 'Update' },
  'all-clear': { template: 'end', msgType: 'Cancel' },
} as const satisfies Record<string, Pick<NoticeInput, 'template' | 'msgType'>>;

export type FollowUpKind = keyof typeof FOLLOW_UPS;

/** The draft of a follow-up. Throws `conflict` / `wrong_state` for a notice that others cannot refer to yet. */
export function followUpOf(id: string, first: Notice, kind: FollowUpKind, input: FollowUpInput): NoticeInput {
  if (first.submitted === undefined || first.state === 'cancelled') {
    const message = `A notice that is ${first.state} cannot be followed up: nobody was told anything`;
    throw new TocsinError('conflict', 'wrong_state', message, { faults: [{ at: '/state', message }] });
  }
  const { status, category, urgency, severity, certainty, services, regions, audience, inDoubt } = first;
  return {
    status,
    category,
    urgency,
    severity,
    certainty,
    services: [...services],
    regions: [...(input.regions ?? regions)],
    audience,
    inDoubt,
    ...(first.route === undefined ? {} : { route: first.route }),
    ...FOLLOW_UPS[kind],
    references: [...first.references, `${first.sender},${first.identifier},${first.sent}`],
    waivers: [],
    followsUp: id,
    expires: input.expires ?? first.expires,
    parameters: input.parameters,
    ...(input.headline === undefined ? {} : { headline: input.headline }),
    ...(input.description === undefined ? {} : { description: input.description }),
  };
}

/** What a follow-up must have in common with what it follows, since it goes to the same people. */
export function followUpProblems(notice: Notice, first: Notice): Problem[] {
  const problems: Problem[] = [];
  const add = (at: string, message: string) => problems.push({ code: 'not_a_follow_up', at, message });
  if (notice.status !== first.status) add('/status', `the notice that it follows is ${first.status}`);
  if (notice.audience !== first.audience) add('/audience', 'is not the audience of the notice that it follows');
  for (const [i, region] of notice.regions.entries()) {
    if (!first.regions.includes(region)) add(`/regions/${i}`, 'is no region of the notice that it follows');
  }
  return problems;
}

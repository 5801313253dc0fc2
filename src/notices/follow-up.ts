/**
 * The follow-up of a notice: the same regions, services and audience, another wording, and a reference to what it follows
 * (CAP 1.2 §3.2.1). It goes to those only who were sent the first text, and its launch stops what is left of that.
 */
import { TocsinError } from '../errors.ts';
import type { Problem } from '../templates/problem.ts';
import type { Template } from '../templates/template.ts';
import { FOLLOW_UPS, type FollowUpKind } from './follow-up-kinds.ts';
import type { Notice } from './notice.ts';
import type { FollowUpInput, NoticeInput } from './notice-input.ts';
import type { WaiverInput } from './waivers.ts';

/** The draft of a follow-up. Throws `conflict` / `wrong_state` for a notice that others cannot refer to yet. */
export function followUpOf(id: string, first: Notice, kind: FollowUpKind, input: FollowUpInput): NoticeInput {
  // One whose broadcast was stopped has been told to some; one given up before its launch to nobody.
  if (first.submitted === undefined || (first.state === 'cancelled' && first.broadcast === undefined)) {
    const message = `A notice that is ${first.state} cannot be followed up: nobody was told anything`;
    throw new TocsinError('conflict', 'wrong_state', message, { faults: [{ at: '/state', message }] });
  }
  const { status, category, urgency, severity, certainty, services, regions, audience, inDoubt } = first;
  const prepared = first.prepared?.find((one) => one.kind === kind);
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
    // What was answered for in the first text is in this one too: whoever approved it, approved that.
    waivers: [...first.waivers.map(unsigned), ...(input.waivers ?? [])],
    followsUp: id,
    expires: input.expires ?? first.expires,
    parameters: { ...prepared?.parameters, ...input.parameters },
    ...(input.headline === undefined ? {} : { headline: input.headline }),
    ...(input.description === undefined ? {} : { description: input.description }),
  };
}

function unsigned({ by: _, at: __, ...input }: Notice['waivers'][number]): WaiverInput {
  return input;
}

/** What a follow-up must have in common with what it follows (undefined: unknown here), since it goes to the same people. */
export function followUpProblems(notice: Notice, first: Notice | undefined): Problem[] {
  const problems: Problem[] = [];
  if (notice.followsUp === undefined) return problems;
  if (!first)
    return [{ code: 'unknown_notice', at: '/followsUp', message: `there is no notice "${notice.followsUp}"` }];
  const add = (at: string, message: string) => problems.push({ code: 'not_a_follow_up', at, message });
  if (notice.status !== first.status) add('/status', `the notice that it follows is ${first.status}`);
  if (notice.audience !== first.audience) add('/audience', 'is not the audience of the notice that it follows');
  for (const [i, region] of notice.regions.entries()) {
    if (!first.regions.includes(region)) add(`/regions/${i}`, 'is no region of the notice that it follows');
  }
  return problems;
}

/**
 * The time (ms since epoch) that a notice's text prints. A follow-up's names the SMS that it is about by that one's time:
 * so its bytes do not depend on when it is ordered, and could be approved with the first (R7).
 */
export function printedMs(
  { time }: Pick<Template, 'time'>,
  notice: Pick<Notice, 'references'>,
  first: Notice | undefined,
  nowMs: number,
): number {
  if (time === 'own') return nowMs;
  if (first?.submitted) return Date.parse(first.submitted.at);
  // Of a message from elsewhere the reference says when it was sent.
  const sent = notice.references.map((reference) => Date.parse(reference.split(',')[2] ?? ''));
  const known = sent.filter((ms) => ms <= nowMs);
  return known.length > 0 ? Math.max(...known) : nowMs;
}

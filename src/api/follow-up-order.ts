/**
 * The order of a follow-up in one call: drafted, submitted and launched, as far as it is to go and can. In a crisis nobody
 * should need three calls (R7); nothing is skipped for it: the phrase is typed, and only approved regions start.
 */
import { z } from 'zod';
import { launchPhrase } from '../broadcasts/launch.ts';
import { TocsinError } from '../errors.ts';
import type { BeforehandRegion } from '../notices/beforehand.ts';
import { FOLLOW_UPS, type FollowUpKind } from '../notices/follow-up-kinds.ts';
import type { AudienceView, Notice } from '../notices/notice.ts';
import { FollowUpInput } from '../notices/notice-input.ts';
import { approvedRegions } from '../notices/stages.ts';
import type { Stored } from '../store/records.ts';
import type { Caller } from './call.ts';
import type { ApiDeps } from './deps.ts';

export const FollowUpOrder = FollowUpInput.extend({
  upTo: z
    .enum(['draft', 'submitted', 'launched'])
    .default('draft')
    .describe('how far to go: `launched` starts the regions that are approved beforehand'),
  phrase: z.string().max(500).optional().describe('to launch: `EXERCISE CORRECTION 2 REGIONS 720 RECIPIENTS`'),
});
export type FollowUpOrder = z.output<typeof FollowUpOrder>;

export interface Ordered {
  readonly launchPhrase: string;
  /** Regions that are approved, or would be by a submission. */
  readonly ready: readonly string[];
  readonly waiting: readonly { readonly region: string; readonly why: readonly string[] }[];
  readonly broadcast?: string;
  readonly refused?: { readonly step: 'submit' | 'launch' } & Pick<TocsinError, 'code' | 'faults'> & { detail: string };
}

interface Deps extends Pick<ApiDeps, 'notices'> {
  readonly broadcasts: Pick<ApiDeps['broadcasts'], 'launch'>;
  readonly audiences: { get(id: string): Promise<{ readonly value: Pick<AudienceView, 'groups'> }> };
}

/** Throws `wrong_phrase` before anything is written; what stops it later is told in `refused`, beside what there is. */
export async function orderFollowUp(
  { notices, broadcasts, audiences }: Deps,
  first: string,
  kind: FollowUpKind,
  { upTo, phrase, ...input }: FollowUpOrder,
  caller: Caller,
): Promise<{ notice: Stored<Notice>; order: Ordered }> {
  const { value: followed } = await notices.get(first);
  const regions = input.regions ?? followed.regions;
  const { groups } = (await audiences.get(followed.audience)).value;
  const recipients = groups.reduce((sum, group) => (regions.includes(group.region) ? sum + group.recipients : sum), 0);
  const { status } = followed;
  const expected = launchPhrase({ status, regions, template: FOLLOW_UPS[kind].template, followsUp: first }, recipients);
  if (upTo === 'launched' && phrase?.trim() !== expected) {
    throw new TocsinError('invalid', 'wrong_phrase', `To launch, type exactly: ${expected}`, {
      faults: [{ at: '/phrase', message: `is not "${expected}"` }],
    });
  }

  const { id } = await notices.followUp(first, kind, input, caller);
  let refused: Ordered['refused'];
  let broadcast: string | undefined;
  try {
    if (upTo !== 'draft') await notices.submit(id, caller);
    if (upTo === 'launched') broadcast = (await broadcasts.launch(id, expected, caller)).id;
  } catch (error) {
    if (!(error instanceof TocsinError)) throw error;
    const step = (await notices.get(id)).value.submitted ? 'launch' : 'submit';
    refused = { step, code: error.code, detail: error.message, faults: error.faults };
  }
  const [notice, { beforehand }] = await Promise.all([notices.get(id), notices.preview(id)]);
  const ready = notice.value.submitted
    ? approvedRegions(notice.value)
    : beforehand.filter(({ suffices }) => suffices).map(({ region }) => region);
  const waiting = regions.filter((region) => !ready.includes(region)).map((region) => whyOf(region, beforehand));
  return {
    notice,
    order: {
      ...{ launchPhrase: expected, ready, waiting },
      ...(broadcast === undefined ? {} : { broadcast }),
      ...(refused ? { refused } : {}),
    },
  };
}

function whyOf(region: string, beforehand: readonly BeforehandRegion[]): Ordered['waiting'][number] {
  const judged = beforehand.find((one) => one.region === region);
  const standing = (judged?.standing ?? []).flatMap(({ approval, reasons }) =>
    reasons.map((reason) => `standing approval ${approval}: ${reason}`),
  );
  const more = judged && judged.decisions.length > 0 ? ['it asks for more approvals than were given beforehand'] : [];
  return { region, why: [...(judged?.prepared?.why === undefined ? [] : [judged.prepared.why]), ...standing, ...more] };
}

/** All that the preview of a notice shows: its texts and follow-ups, what was approved beforehand, and the clock. */
import type { Store } from '../store/connection.ts';
import type { Stored } from '../store/records.ts';
import type { BeforehandRegion, Submitted } from './beforehand.ts';
import { type Clock, noticeClock } from './clock.ts';
import type { Notice } from './notice.ts';
import type { ApprovalPolicy } from './policy.ts';
import { type FollowUpPreview, followUpPreviews } from './prepared.ts';
import { type Preview, previewOf } from './preview.ts';
import { frozen, preparedRecords } from './submission.ts';
import { type TryOutDeps, tryOut } from './try-out.ts';

/** The preview with what goes beyond the texts themselves. */
export interface FullPreview extends Preview {
  /** The texts that are approved with these. */
  readonly followUps: FollowUpPreview[];
  /** What was approved beforehand, by region, or why not. */
  readonly beforehand: BeforehandRegion[];
  readonly clock: Clock;
}

export interface FullPreviewDeps extends TryOutDeps {
  readonly store: Store;
  readonly policy: ApprovalPolicy;
  /** What was approved beforehand. */
  readonly judge: (candidate: Submitted) => Promise<BeforehandRegion[]>;
}

/** `first`: the notice that it follows up, if it does. */
export async function fullPreview(
  deps: FullPreviewDeps,
  { id, value: notice }: Stored<Notice>,
  first: Notice | undefined,
  nowMs: number,
): Promise<FullPreview> {
  const { store, policy, judge } = deps;
  const clock = noticeClock(notice, nowMs);
  if (notice.renderings !== undefined) {
    const [audience, kept, beforehand] = await Promise.all([
      deps.snapshot(notice.audience),
      preparedRecords(store).find(id),
      notice.state === 'submitted' ? judge({ notice, first, nowMs }) : [],
    ]);
    const followUps = followUpPreviews(kept?.value.followUps ?? [], audience);
    return { ...previewOf(notice, notice, audience, [], [], policy), followUps, beforehand, clock };
  }
  const tried = await tryOut(deps, notice, first, nowMs);
  const { audience, problems, waived } = tried;
  const hashed = { ...frozen(notice, tried), requires: policy.requirements(notice, nowMs) };
  const beforehand = await judge({ notice: hashed, first, nowMs });
  const followUps = followUpPreviews(tried.followUps, audience);
  const asked = { ...notice, requires: hashed.requires };
  return { ...previewOf(asked, hashed, audience, problems, waived, policy), followUps, beforehand, clock };
}

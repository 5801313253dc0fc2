/** What a submission makes of a draft: its texts frozen, its follow-ups with them, and what was approved beforehand in force. */

import type { Store } from '../store/connection.ts';
import type { Person } from '../store/person.ts';
import { Records } from '../store/records.ts';
import { renderingsHash } from './hashes.ts';
import { capTime } from './identity.ts';
import { advance } from './lifecycle.ts';
import type { Notice } from './notice.ts';
import { type PreparedTexts, preparedOf } from './prepared.ts';
import type { TriedOut } from './try-out.ts';

/** The texts of the follow-ups of the notice with the same id: written with its submission, read by its preview. */
export interface PreparedRecord {
  readonly followUps: readonly PreparedTexts[];
}

export const preparedRecords = (store: Store) => new Records<PreparedRecord>(store, 'prepared');

/** The notice with everything that a region's hash covers. */
export function frozen(notice: Notice, { audience, composed, followUps, routes }: TriedOut): Notice {
  return {
    ...notice,
    renderings: composed.renderings,
    renderingsHash: renderingsHash(composed.renderings),
    prepared: preparedOf(followUps, notice.regions),
    audienceDigest: audience?.digest ?? '',
    routes,
  };
}

/** The draft `id` as submitted at `nowMs`; nothing is decided on it yet. */
export function submitted(id: string, draft: Notice, tried: TriedOut, by: Person, nowMs: number): Notice {
  const at = new Date(nowMs).toISOString();
  const ours = draft.identifier === id;
  return {
    ...frozen(advance(draft, 'submitted'), tried),
    // A message from elsewhere keeps its name, by which others refer to it.
    ...(ours ? { sent: capTime(nowMs) } : {}),
    submitted: { by: by.person, at },
    decisions: [],
    timings: {
      detected: draft.detectedAt ?? draft.createdAt,
      created: draft.timings.created ?? draft.createdAt,
      submitted: at,
    },
  };
}

/** A draft again: the frozen texts go and their approvals with them, the reasons of who returned it stay in sight. */
export function thawed(notice: Notice): Notice {
  if (notice.state === 'draft') return notice;
  const {
    renderings: _renderings,
    renderingsHash: _hash,
    prepared: _prepared,
    audienceDigest: _digest,
    routes: _routes,
    requires: _requires,
    submitted: _submitted,
    calls: _calls,
    decisions,
    ...rest
  } = advance(notice, 'draft');
  return { ...rest, decisions: decisions.filter(({ decision }) => decision === 'returned') };
}

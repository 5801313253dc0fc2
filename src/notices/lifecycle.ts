/**
 * The states of a notice and the one function that changes them. Whatever is not in the table is refused: a returned
 * notice cannot be launched, a launched one cannot be changed, and the two last states are final.
 */
import { TocsinError } from '../errors.ts';

export const NOTICE_STATES = ['draft', 'submitted', 'approved', 'returned', 'launched', 'closed', 'cancelled'] as const;

export type NoticeState = (typeof NOTICE_STATES)[number];

/**
 * `approved`: every region is. A launch may go before that, for the regions approved so far. An authority may think again
 * until the launch, so decisions lead back and forth between submitted, approved and returned.
 */
export const ALLOWED_CHANGES: Readonly<Record<NoticeState, readonly NoticeState[]>> = {
  draft: ['submitted', 'cancelled'],
  submitted: ['approved', 'returned', 'launched', 'cancelled'],
  approved: ['submitted', 'returned', 'launched', 'cancelled'],
  returned: ['draft', 'submitted', 'approved', 'cancelled'],
  launched: ['closed', 'cancelled'],
  closed: [],
  cancelled: [],
};

/** The notice in its next state; throws `conflict/wrong_state` when the table does not allow the change. */
export function advance<N extends { readonly state: NoticeState }>(notice: N, to: NoticeState): N {
  requireChange(notice.state, to);
  return { ...notice, state: to };
}

/** Throws `conflict/wrong_state`, naming both states and what would be allowed. */
export function requireChange(from: NoticeState, to: NoticeState): void {
  const allowed = ALLOWED_CHANGES[from];
  if (allowed.includes(to)) return;
  const instead = allowed.length === 0 ? 'nothing may follow' : `only ${allowed.join(', ')} may follow`;
  throw new TocsinError('conflict', 'wrong_state', `A notice that is ${from} cannot become ${to}: ${instead}`, {
    faults: [{ at: '/state', message: `is ${from}` }],
  });
}

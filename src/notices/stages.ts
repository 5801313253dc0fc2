/** How a notice moves on after its approval: pure steps, so that a broadcast can commit them with its own record. */
import { TocsinError } from '../errors.ts';
import { advance, requireChange } from './lifecycle.ts';
import type { Notice } from './notice.ts';
import { agreementOf } from './requirement.ts';

/** Regions whose authorities have agreed, in the order in which their first decisions came. */
export function approvedRegions(notice: Pick<Notice, 'decisions' | 'requires'>): string[] {
  const decided = [...new Set(notice.decisions.map(({ region }) => region))];
  return decided.filter((region) => agreementOf(notice, region).approved);
}

/**
 * The notice with its broadcast under way. `at` is RFC 3339.
 * Throws `conflict/wrong_state`, `conflict/not_approved` without one region whose requirement is met, `conflict/expired_notice`.
 */
export function launched(notice: Notice, broadcast: string, at: string): Notice {
  requireChange(notice.state, 'launched');
  if (approvedRegions(notice).length === 0) {
    throw new TocsinError('conflict', 'not_approved', 'No region has approved this notice yet', {
      faults: [{ at: '/decisions', message: 'holds no approval' }],
    });
  }
  refuseExpired(notice, Date.parse(at));
  return { ...advance(notice, 'launched'), broadcast, timings: { ...notice.timings, launched: at } };
}

/** The notice once its broadcast was cancelled: what is in flight is still answered, but no region starts any more. */
export function stopped(notice: Notice, at: string): Notice {
  return { ...notice, timings: { ...notice.timings, stopped: at } };
}

/** The notice once its broadcast has closed. */
export function closed(notice: Notice, at: string): Notice {
  return { ...advance(notice, 'closed'), timings: { ...notice.timings, closed: at } };
}

/** The notice once it, or its broadcast, was cancelled. */
export function cancelled(notice: Notice, at: string): Notice {
  return { ...advance(notice, 'cancelled'), timings: { ...notice.timings, cancelled: at } };
}

export function refuseExpired(notice: Pick<Notice, 'expires'>, nowMs: number): void {
  if (Date.parse(notice.expires) > nowMs) return;
  throw new TocsinError('conflict', 'expired_notice', 'The notice has expired', {
    faults: [{ at: '/expires', message: 'is not in the future' }],
  });
}

/**
 * What one authority's decision does to a notice. Nobody decides outside their regions, nobody on their own words, and
 * nobody on other bytes than those they saw.
 */
import { authorityOf, MINISTRY, mayDecide } from '../directory/authorities.ts';
import { TocsinError } from '../errors.ts';
import { isSamePerson } from '../store/person.ts';
import { regionHash } from './hashes.ts';
import { advance } from './lifecycle.ts';
import type { Approver, Decision, Notice } from './notice.ts';
import type { DecisionInput } from './notice-input.ts';
import { refuseExpired } from './stages.ts';

/** The notice with the decision in it. Throws wrong_state, outside_jurisdiction, own_submission, stale_hash, … */
export function decided(notice: Notice, input: DecisionInput, by: Approver, at: string): Notice {
  const { region } = input;
  requireDecidable(notice, region);
  if (!mayDecide(by.regions, region)) {
    throw new TocsinError('forbidden', 'outside_jurisdiction', `Region ${region} is outside your jurisdiction`, {
      faults: [{ at: '/region', message: 'is not among the regions you decide for' }],
    });
  }
  if (wrote(notice, by.person)) {
    throw new TocsinError('forbidden', 'own_submission', 'Nobody decides on a notice that they wrote or submitted', {
      faults: [{ at: '/region', message: 'another person of the authority must decide' }],
    });
  }
  if (input.hash !== regionHash(notice, region)) {
    throw new TocsinError('conflict', 'stale_hash', `The texts of region ${region} are not those you saw`, {
      faults: [{ at: '/hash', message: "is not the region's hash: look at the preview again" }],
    });
  }
  if (input.decision === 'return' && input.reasons === undefined) {
    throw new TocsinError('invalid', 'missing_reasons', 'A notice is returned with reasons', {
      faults: [{ at: '/reasons', message: 'are needed to return a notice' }],
    });
  }
  if (input.decision === 'approve') refuseExpired(notice, Date.parse(at));

  const decision: Decision = {
    region,
    authority: by.authority ?? (by.regions === '*' ? MINISTRY : authorityOf({ code: region })).id,
    by: by.person,
    at,
    decision: input.decision === 'approve' ? 'approved' : 'returned',
    hash: input.hash,
    ...(input.reasons === undefined ? {} : { reasons: input.reasons }),
  };
  return withDecision(notice, decision);
}

function requireDecidable(notice: Notice, region: string): void {
  if (notice.state === 'draft' || notice.state === 'closed' || notice.state === 'cancelled') {
    throw new TocsinError('conflict', 'wrong_state', `A notice that is ${notice.state} cannot be decided on`, {
      faults: [{ at: '/state', message: `is ${notice.state}` }],
    });
  }
  if (!notice.regions.includes(region)) {
    throw new TocsinError('invalid', 'region_not_in_notice', `Region ${region} is not in this notice`, {
      faults: [{ at: '/region', message: `is none of the notice's regions` }],
    });
  }
  const held = notice.decisions.find((decision) => decision.region === region);
  // Its lanes are running: the broadcast can be cancelled, the approval cannot.
  if (notice.state === 'launched' && held?.decision === 'approved') {
    throw new TocsinError('conflict', 'wrong_state', `Region ${region} is approved and launched`, {
      faults: [{ at: '/region', message: 'is approved and launched' }],
    });
  }
}

/** The same person under two keys, or with a capital more, is the same person. */
export function wrote(notice: Pick<Notice, 'author' | 'editors' | 'submitted'>, person: string): boolean {
  const writers = [notice.author, ...notice.editors, ...(notice.submitted ? [notice.submitted.by] : [])];
  return writers.some((writer) => isSamePerson(writer, person));
}

function withDecision(notice: Notice, decision: Decision): Notice {
  const decisions = [...notice.decisions.filter(({ region }) => region !== decision.region), decision];
  const approved = decisions.filter((one) => one.decision === 'approved');
  const allApproved = approved.length === notice.regions.length;
  const timings = {
    ...notice.timings,
    ...(approved.length > 0 ? { firstApproval: notice.timings.firstApproval ?? decision.at } : {}),
    ...(allApproved ? { approved: notice.timings.approved ?? decision.at } : {}),
    ...(decision.decision === 'returned' ? { returned: decision.at } : {}),
  };
  const next = { ...notice, decisions, timings };
  if (notice.state === 'launched') return next;
  const anyReturned = decisions.some((one) => one.decision === 'returned');
  const state = anyReturned ? 'returned' : allApproved ? 'approved' : 'submitted';
  return state === notice.state ? next : advance(next, state);
}

/**
 * What one person's decision does to a notice. Nobody decides outside their regions, nobody on their own words, nobody whose
 * authority is not asked, no deputy before it has escalated, and nobody on other bytes than those they saw.
 */
import { mayDecide } from '../directory/authorities.ts';
import { TocsinError } from '../errors.ts';
import { isSamePerson } from '../store/person.ts';
import { regionHash } from './hashes.ts';
import { advance } from './lifecycle.ts';
import type { Approver, Decision, Notice } from './notice.ts';
import type { DecisionInput } from './notice-input.ts';
import { type ApprovalPolicy, type Capacity, DEFAULT_POLICY } from './policy.ts';
import { agreementOf, requirementOf } from './requirement.ts';
import { approvedRegions, refuseExpired } from './stages.ts';

/**
 * The notice with the decision in it. Throws wrong_state, outside_jurisdiction, own_submission, not_an_approver,
 * not_escalated, stale_hash, …
 */
export function decided(
  notice: Notice,
  input: DecisionInput,
  by: Approver,
  at: string,
  policy: ApprovalPolicy = DEFAULT_POLICY,
): Notice {
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
  const { authority, deputy } = capacityIn(notice, region, by, at, policy);
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
  if (input.decision === 'approve' && input.proposal !== undefined) {
    throw new TocsinError('invalid', 'proposal_with_approval', 'Who approves the texts proposes no others', {
      faults: [{ at: '/proposal', message: 'goes with a return only' }],
    });
  }
  if (input.decision === 'approve') refuseExpired(notice, Date.parse(at));

  return withDecision(notice, {
    region,
    authority,
    by: by.person,
    at,
    decision: input.decision === 'approve' ? 'approved' : 'returned',
    hash: input.hash,
    ...(input.reasons === undefined ? {} : { reasons: input.reasons }),
    ...(deputy ? { deputy } : {}),
    ...(input.proposal === undefined ? {} : { proposal: input.proposal }),
  });
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
  // An approval would start nothing: those people may have had the follow-up's text, or somebody took this one back.
  if (notice.state === 'launched' && notice.timings.stopped !== undefined) {
    throw new TocsinError('conflict', 'broadcast_stopped', 'The broadcast of this notice was stopped for good', {
      faults: [
        { at: '/region', message: 'is not sent this text any more: a follow-up took its place, or it was cancelled' },
      ],
    });
  }
  // Its lanes are running: the broadcast can be cancelled, the approval cannot.
  if (notice.state === 'launched' && agreementOf(notice, region).approved) {
    throw new TocsinError('conflict', 'wrong_state', `Region ${region} is approved and launched`, {
      faults: [{ at: '/region', message: 'is approved and launched' }],
    });
  }
}

/** Who may act in two capacities acts in the one that is still asked for. */
function capacityIn(notice: Notice, region: string, by: Approver, at: string, policy: ApprovalPolicy): Capacity {
  const { approvals, escalatesAt } = requirementOf(notice, region);
  const asked = (lines: typeof approvals, { authority }: Capacity) =>
    lines.some(({ from }) => from === '*' || from.includes(authority));
  const able = policy.capacities(by, region).filter((capacity) => asked(approvals, capacity));
  const inTime = able.filter(({ deputy }) => !deputy || (escalatesAt !== undefined && at >= escalatesAt));
  const { missing } = agreementOf(notice, region);
  const chosen = inTime.find((capacity) => asked(missing, capacity)) ?? inTime[0];
  if (chosen) return chosen;
  if (able.length > 0) {
    const when = escalatesAt === undefined ? 'never does' : `does at ${escalatesAt}`;
    throw new TocsinError('forbidden', 'not_escalated', `You are a deputy, and region ${region} has not escalated`, {
      faults: [{ at: '/region', message: `has not escalated; it ${when}` }],
    });
  }
  const whose = [...new Set(approvals.flatMap(({ from }) => from))].join(', ');
  throw new TocsinError('forbidden', 'not_an_approver', `Region ${region} asks for the approval of others: ${whose}`, {
    faults: [{ at: '/region', message: `asks for ${whose}` }],
  });
}

/** The same person under two keys, or with a capital more, is the same person. */
export function wrote(notice: Pick<Notice, 'author' | 'editors' | 'submitted'>, person: string): boolean {
  const writers = [notice.author, ...notice.editors, ...(notice.submitted ? [notice.submitted.by] : [])];
  return writers.some((writer) => isSamePerson(writer, person));
}

/** The notice with one decision more, in the state that follows from all of them. */
export function withDecision(notice: Notice, decision: Decision): Notice {
  const decisions = [...notice.decisions.filter((held) => !gives(held, decision)), decision];
  const next = { ...notice, decisions };
  const allApproved = approvedRegions(next).length === notice.regions.length;
  const anyApproval = decisions.some((one) => one.decision === 'approved');
  const timings = {
    ...notice.timings,
    ...(anyApproval ? { firstApproval: notice.timings.firstApproval ?? decision.at } : {}),
    ...(allApproved ? { approved: notice.timings.approved ?? decision.at } : {}),
    ...(decision.decision === 'returned' ? { returned: decision.at } : {}),
  };
  if (notice.state === 'launched') return { ...next, timings };
  const anyReturned = decisions.some((one) => one.decision === 'returned');
  const state = anyReturned ? 'returned' : allApproved ? 'approved' : 'submitted';
  return state === notice.state ? { ...next, timings } : advance({ ...next, timings }, state);
}

/** Whether one decision gives way to a later one: the same person's, and a return when its authority thinks again. */
function gives(held: Decision, later: Decision): boolean {
  if (held.region !== later.region) return false;
  return isSamePerson(held.by, later.by) || (held.decision === 'returned' && held.authority === later.authority);
}

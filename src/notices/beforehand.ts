/**
 * Approvals that were given before a notice is submitted and take effect with its submission: of texts prepared with the
 * notice that it follows up, and standing ones. Each region is judged by itself; where nothing holds, the reasons are told.
 */
import type { AlternativeNumber } from '../directory/alternative-numbers.ts';
import { isSamePerson } from '../store/person.ts';
import type { Stored } from '../store/records.ts';
import type { Template } from '../templates/template.ts';
import type { NumberSource } from './compose.ts';
import { withDecision } from './decide.ts';
import { regionHash } from './hashes.ts';
import type { Decision, Notice } from './notice.ts';
import type { ApprovalPolicy } from './policy.ts';
import { preparedDecisions } from './prepared.ts';
import { agreementOf, requirementOf } from './requirement.ts';
import type { StandingApproval } from './standing-approval.ts';
import { outsideOf } from './standing-bounds.ts';

/** What was approved beforehand for one region, or why not. */
export interface BeforehandRegion {
  readonly region: string;
  /** Of a follow-up: whether the approval of the first notice holds for these texts. */
  readonly prepared?: { readonly notice: string; readonly holds: boolean; readonly why?: string };
  readonly standing: readonly StandingJudged[];
  /** What of it a submission takes: no more than the region needs. */
  readonly decisions: readonly Decision[];
  /** Whether these are all that the region asks for. */
  readonly suffices: boolean;
}

export interface StandingJudged {
  readonly approval: string;
  readonly by: string;
  readonly holds: boolean;
  /** Why it does not. */
  readonly reasons: readonly string[];
}

/** A notice as it is, or would be, submitted: with renderings, routes, digests and its submitter. */
export interface Submitted {
  readonly notice: Notice;
  /** The notice that it follows up. */
  readonly first: Notice | undefined;
  readonly nowMs: number;
}

export interface BeforehandDeps {
  readonly directory: NumberSource;
  readonly templates: { find(id: string): Template | undefined };
  readonly policy: ApprovalPolicy;
}

interface BeforehandInput extends Submitted {
  readonly policy: ApprovalPolicy;
  readonly template: Template | undefined;
  readonly standing: readonly Stored<StandingApproval>[];
  /** What the directory has for a region. */
  readonly numbersOf: (region: string) => readonly AlternativeNumber[];
}

export async function judgeBeforehand(
  { directory, templates, policy }: BeforehandDeps,
  candidate: Submitted,
  standing: readonly Stored<StandingApproval>[],
): Promise<BeforehandRegion[]> {
  const { notice, nowMs } = candidate;
  const regions = notice.regions.filter((region) => standing.some(({ value }) => value.regions.includes(region)));
  const found = await Promise.all(regions.map((region) => directory.lookup(region, notice.services, nowMs)));
  const numbers = new Map(regions.map((region, i) => [region, found[i]?.found ?? []]));
  const numbersOf = (region: string) => numbers.get(region) ?? [];
  return judge({ ...candidate, policy, standing, numbersOf, template: templates.find(notice.template) });
}

function judge(input: BeforehandInput): BeforehandRegion[] {
  const { notice, first, nowMs } = input;
  const at = new Date(nowMs).toISOString();
  return notice.regions.map((region) => {
    const prepared = first && preparedDecisions(notice, first, input.template, region, at);
    const judged = standingOf(input, region);
    const decisions = needed(notice, region, [
      ...(prepared?.decisions ?? []),
      ...judged.flatMap(({ stored, authority }) =>
        authority === undefined ? [] : [standingDecision(stored, authority, notice, region, at)],
      ),
    ]);
    return {
      region,
      ...(prepared
        ? {
            prepared: {
              notice: notice.followsUp ?? '',
              holds: prepared.decisions.length > 0,
              ...(prepared.why === undefined ? {} : { why: prepared.why }),
            },
          }
        : {}),
      standing: judged.map(({ stored, authority, reasons }) => ({
        approval: stored.id,
        by: stored.value.by,
        holds: authority !== undefined,
        reasons,
      })),
      decisions,
      suffices: agreementOf({ ...notice, decisions }, region).approved,
    };
  });
}

/** The approvals given for this template and region. */
function standingOf({ notice, template, standing, numbersOf, policy, nowMs }: BeforehandInput, region: string) {
  return standing
    .filter(({ value }) => value.template === notice.template && value.regions.includes(region))
    .map((stored) => {
      const reasons = template
        ? outsideOf(stored.value, { notice, template, region, numbers: numbersOf(region), nowMs })
        : ['there is no such template'];
      const authority = authorityIn(notice, region, stored.value, policy);
      if (authority === undefined) reasons.push(`the region asks for the approval of others than ${stored.value.by}`);
      return { stored, reasons, authority: reasons.length === 0 ? authority : undefined };
    });
}

/** In which capacity its giver approves today; a deputy's turn comes only when a region has waited in vain. */
function authorityIn(notice: Notice, region: string, approval: StandingApproval, policy: ApprovalPolicy) {
  const { by: person, authority, regions, forAll } = approval;
  const giver = { person, regions: forAll ? ('*' as const) : regions, ...(authority ? { authority } : {}) };
  const own = policy.capacities(giver, region).filter(({ deputy }) => !deputy);
  const { approvals } = requirementOf(notice, region);
  return own.find((capacity) => approvals.some(({ from }) => from === '*' || from.includes(capacity.authority)))
    ?.authority;
}

function standingDecision(
  { id, value }: Stored<StandingApproval>,
  authority: string,
  notice: Notice,
  region: string,
  at: string,
): Decision {
  return {
    ...{ region, authority, at, by: value.by, decision: 'approved' as const },
    hash: regionHash(notice, region),
    basis: { kind: 'standing', approval: id, givenAt: value.givenAt },
  };
}

/**
 * Of decisions that hold, in this order, those that a region needs: none once it has all, of one person's the last, and none
 * that brings it no further. So nobody's standing approval is used up for nothing.
 */
export function needed({ requires }: Pick<Notice, 'requires'>, region: string, given: readonly Decision[]): Decision[] {
  const agreement = (decisions: readonly Decision[]) =>
    agreementOf({ decisions, ...(requires ? { requires } : {}) }, region);
  const asked = (decisions: readonly Decision[]) =>
    agreement(decisions).missing.reduce((sum, { count }) => sum + count, 0);
  let held: Decision[] = [];
  for (const decision of given) {
    if (agreement(held).approved) break;
    const own = held.find(({ by }) => isSamePerson(by, decision.by));
    if (own?.authority === decision.authority) continue;
    held = [...held.filter((one) => one !== own), decision];
  }
  for (const decision of held.toReversed()) {
    const others = held.filter((one) => one !== decision);
    if (asked(others) === asked(held)) held = others;
  }
  return held;
}

/** The notice with what holds beforehand, region by region; `used` are the standing approvals that a decision rests on. */
export function withBeforehand(
  notice: Notice,
  regions: readonly BeforehandRegion[],
): { notice: Notice; used: string[] } {
  const next = regions.flatMap(({ decisions }) => decisions).reduce(withDecision, notice);
  const used = next.decisions.flatMap(({ basis }) => (basis?.kind === 'standing' ? [basis.approval] : []));
  return { notice: next, used: [...new Set(used)] };
}

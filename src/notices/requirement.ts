/**
 * When a region's authorities have agreed: as many distinct persons of as many authorities as its requirement asks for, all
 * of the same bytes, and nobody's return against it. What is required is frozen with the texts, so every process comes to
 * the same answer, whatever becomes of the policy file.
 */
import { isSamePerson } from '../store/person.ts';
import type { Decision, Notice, RequiredApprovals, Requirement } from './notice.ts';

/** How far a region is. */
export interface Agreement {
  /** Whether nothing is missing, and nobody has returned it. */
  readonly approved: boolean;
  /** What is still asked for; empty when it has all. */
  readonly missing: readonly RequiredApprovals[];
  /** The returns that stand. */
  readonly returns: readonly Decision[];
}

/** Of notices from before there were policies, and where nothing was frozen. */
const ANYBODY: Requirement = { approvals: [{ from: '*', count: 1 }] };

export function requirementOf(notice: Pick<Notice, 'requires'>, region: string): Requirement {
  return notice.requires?.[region] ?? ANYBODY;
}

/** How far a region is, by the decisions on it. */
export function agreementOf(notice: Pick<Notice, 'decisions' | 'requires'>, region: string): Agreement {
  const decisions = notice.decisions.filter((decision) => decision.region === region);
  const returns = decisions.filter(({ decision }) => decision === 'returned');
  const missing = missingFrom(requirementOf(notice, region), countable(decisions));
  return { approved: missing.length === 0 && returns.length === 0, missing, returns };
}

/** Of approvals of different bytes, those of the latest; of one person's, the first. */
function countable(decisions: readonly Decision[]): Decision[] {
  const approvals = decisions.filter(({ decision }) => decision === 'approved');
  const hash = approvals.at(-1)?.hash;
  return approvals
    .filter((one) => one.hash === hash)
    .filter((one, i, all) => all.findIndex((other) => isSamePerson(other.by, one.by)) === i);
}

/**
 * Seats persons so that as many as possible are filled (augmenting paths): who may sit in two places leaves one to somebody
 * who may sit in that one only.
 */
function missingFrom({ approvals }: Requirement, given: readonly Decision[]): RequiredApprovals[] {
  const seats = approvals.flatMap(({ from, count }, line) => Array.from({ length: count }, () => ({ from, line })));
  const takenBy = new Map<number, Decision>();
  const seat = (person: Decision, tried: Set<number>): boolean => {
    for (const [i, { from }] of seats.entries()) {
      if (tried.has(i) || !(from === '*' || from.includes(person.authority))) continue;
      tried.add(i);
      const sitting = takenBy.get(i);
      if (sitting && !seat(sitting, tried)) continue;
      takenBy.set(i, person);
      return true;
    }
    return false;
  };
  for (const person of given) seat(person, new Set());
  return approvals.flatMap(({ from, count }, line) => {
    const filled = [...takenBy.keys()].filter((i) => seats[i]?.line === line).length;
    return filled < count ? [{ from, count: count - filled }] : [];
  });
}

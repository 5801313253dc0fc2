/** What a notice would send, or will: every text with its cost and its readers, and everything that stands in the way. */
import { authorityOf } from '../directory/authorities.ts';
import { findRegion } from '../directory/regions.ts';
import { isSamePerson } from '../store/person.ts';
import type { Problem } from '../templates/problem.ts';
import type { Rendering } from '../templates/rendering.ts';
import { IMPLAUSIBLE_RATIO, recipientsByRegion } from './checks.ts';
import { wrote } from './decide.ts';
import { type Hashed, regionHash } from './hashes.ts';
import { unreviewedWarnings } from './language-checks.ts';
import type { AudienceView, Decision, Notice, RequiredApprovals } from './notice.ts';
import { type ApprovalPolicy, DEFAULT_POLICY } from './policy.ts';
import { agreementOf, requirementOf } from './requirement.ts';
import type { Waived } from './waivers.ts';

interface PreviewRendering extends Rendering {
  readonly recipients: number;
}

interface PreviewRegion {
  readonly region: string;
  readonly name: string;
  /** Its own authority; who is asked besides is in `missing`. */
  readonly authority: string;
  readonly recipients: number;
  /** Ids of the routes that may carry it. */
  readonly routes: readonly string[];
  /** What an approval must name; final once the notice is submitted. */
  readonly hash: string;
  readonly decisions: readonly Decision[];
  /** Whether nothing is missing, and nobody has returned it. */
  readonly approved: boolean;
  readonly missing: readonly MissingApprovals[];
  /** RFC 3339: from then on deputies may act. */
  readonly escalatesAt?: string;
}

/** Approvals still asked for, and who could give them. */
interface MissingApprovals {
  /** Ids of authorities; `*` for whoever may decide for the region. */
  readonly from: readonly string[] | '*';
  readonly count: number;
  /** Those that the policy names; others with a key for the region may be meant too. */
  readonly people: readonly string[];
  /** Once it has escalated. */
  readonly deputies: readonly string[];
}

export interface Preview {
  /** Whether the texts are those of the submission, or what a submission now would give. */
  readonly frozen: boolean;
  readonly renderings: PreviewRendering[];
  readonly regions: PreviewRegion[];
  /** `segments` counts each recipient's. */
  readonly totals: { readonly recipients: number; readonly segments: number };
  /** What a submission now would be refused for; empty when nothing. */
  readonly problems: Problem[];
  /** What would be refused if nobody had waived it. */
  readonly waived: Waived[];
  /** What somebody should look at, but may be right. */
  readonly warnings: Problem[];
}

export function previewOf(
  notice: Notice,
  hashed: Hashed,
  audience: AudienceView | undefined,
  problems: Problem[],
  waived: Waived[] = [],
  policy: ApprovalPolicy = DEFAULT_POLICY,
): Preview {
  const recipientsOf = new Map(
    (audience?.groups ?? []).map(({ region, language, recipients }) => [`${region} ${language}`, recipients]),
  );
  const renderings = (hashed.renderings ?? []).map((rendering) => ({
    ...rendering,
    recipients: recipientsOf.get(`${rendering.region} ${rendering.language}`) ?? 0,
  }));
  const byRegion = audience ? recipientsByRegion(audience) : new Map<string, number>();
  const frozen = notice.renderings !== undefined;
  const regions = notice.regions.map((region): PreviewRegion => {
    const { approved, missing } = agreementOf(notice, region);
    const { escalatesAt } = requirementOf(notice, region);
    const decisions = notice.decisions.filter((decision) => decision.region === region);
    return {
      region,
      name: findRegion(region)?.name ?? region,
      authority: authorityOf({ code: region }).id,
      recipients: byRegion.get(region) ?? 0,
      routes: hashed.routes?.[region] ?? [],
      hash: regionHash(hashed, region),
      decisions,
      approved,
      missing: missing.map((line) => ({ ...line, ...whoMay(line, region, notice, decisions, policy) })),
      ...(escalatesAt === undefined || !frozen ? {} : { escalatesAt }),
    };
  });
  return {
    frozen,
    renderings,
    regions,
    totals: {
      recipients: regions.reduce((sum, { recipients }) => sum + recipients, 0),
      segments: renderings.reduce((sum, { recipients, segments }) => sum + recipients * segments, 0),
    },
    problems,
    waived,
    warnings: [
      ...regions.flatMap((region, i) => crowdWarning(region, i)),
      ...unreviewedWarnings(notice.status, renderings),
    ],
  };
}

/** The people of the policy who could still give an approval: neither its writers, nor whoever has given one. */
function whoMay(
  { from }: RequiredApprovals,
  region: string,
  notice: Notice,
  decisions: readonly Decision[],
  policy: ApprovalPolicy,
): Pick<MissingApprovals, 'people' | 'deputies'> {
  const named = (deputies: boolean) =>
    policy
      .peopleOf(from, region, deputies)
      .map(({ person }) => person)
      .filter((person) => !wrote(notice, person))
      .filter((person) => !decisions.some(({ by, decision }) => decision === 'approved' && isSamePerson(by, person)));
  return { people: named(false), deputies: named(true) };
}

/** R8: more recipients than inhabitants is worth a look; far more is held at the submission (checks.ts). */
function crowdWarning({ region, recipients }: PreviewRegion, i: number): Problem[] {
  const expected = findRegion(region)?.expectedAudience ?? 0;
  if (expected === 0 || recipients <= expected || recipients > expected * IMPLAUSIBLE_RATIO) return [];
  const message = `the audience has ${recipients} recipients here, the region ${expected} inhabitants`;
  return [{ code: 'large_audience', at: `/regions/${i}`, message }];
}

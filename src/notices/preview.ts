/** What a notice would send, or will: every text with its cost and its readers, and everything that stands in the way. */
import { authorityOf } from '../directory/authorities.ts';
import { findRegion } from '../directory/regions.ts';
import type { Problem } from '../templates/problem.ts';
import type { Rendering } from '../templates/rendering.ts';
import { recipientsByRegion } from './checks.ts';
import { type Hashed, regionHash } from './hashes.ts';
import type { AudienceView, Decision, Notice } from './notice.ts';
import type { Waived } from './waivers.ts';

interface PreviewRendering extends Rendering {
  readonly recipients: number;
}

interface PreviewRegion {
  readonly region: string;
  readonly name: string;
  /** Who is to decide. */
  readonly authority: string;
  readonly recipients: number;
  /** Ids of the routes that may carry it. */
  readonly routes: readonly string[];
  /** What an approval must name; final once the notice is submitted. */
  readonly hash: string;
  readonly decision?: Decision;
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
): Preview {
  const recipientsOf = new Map(
    (audience?.groups ?? []).map(({ region, language, recipients }) => [`${region} ${language}`, recipients]),
  );
  const renderings = (hashed.renderings ?? []).map((rendering) => ({
    ...rendering,
    recipients: recipientsOf.get(`${rendering.region} ${rendering.language}`) ?? 0,
  }));
  const byRegion = audience ? recipientsByRegion(audience) : new Map<string, number>();
  const regions = notice.regions.map((region): PreviewRegion => {
    const decision = notice.decisions.find((one) => one.region === region);
    return {
      region,
      name: findRegion(region)?.name ?? region,
      authority: authorityOf({ code: region }).id,
      recipients: byRegion.get(region) ?? 0,
      routes: hashed.routes?.[region] ?? [],
      hash: regionHash(hashed, region),
      ...(decision ? { decision } : {}),
    };
  });
  return {
    frozen: notice.renderings !== undefined,
    renderings,
    regions,
    totals: {
      recipients: regions.reduce((sum, { recipients }) => sum + recipients, 0),
      segments: renderings.reduce((sum, { recipients, segments }) => sum + recipients * segments, 0),
    },
    problems,
    waived,
    warnings: regions.flatMap((region, i) => crowdWarning(region, i)),
  };
}

/** R8: an area that failed to load alerted ten million people; more recipients than inhabitants is the sign of it. */
function crowdWarning({ region, recipients }: PreviewRegion, i: number): Problem[] {
  const expected = findRegion(region)?.expectedAudience ?? 0;
  if (expected === 0 || recipients <= expected) return [];
  const message = `the audience has ${recipients} recipients here, the region ${expected} inhabitants`;
  return [{ code: 'implausible_audience', at: `/regions/${i}`, message }];
}

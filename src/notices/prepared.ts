/**
 * The follow-ups that are written together with a notice and approved with it (R7: 38 minutes until a correction, since
 * none was prepared). Their bytes are known beforehand: they print the time of the notice, not that of the order. Whatever
 * differs when they are ordered, a number above all, needs an approval of its own.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { MandatoryLanguages } from '../templates/languages.ts';
import type { Problem } from '../templates/problem.ts';
import type { Rendering } from '../templates/rendering.ts';
import type { Template } from '../templates/template.ts';
import { compose, type NumberSource } from './compose.ts';
import { wrote } from './decide.ts';
import { FOLLOW_UP_KINDS, FOLLOW_UPS, type FollowUpKind, followUpKindOf, type Prepared } from './follow-up-kinds.ts';
import { freeWords } from './free-words.ts';
import { regionHash, sortRenderings } from './hashes.ts';
import type { AudienceView, Decision, Notice } from './notice.ts';
import { approvedRegions } from './stages.ts';
import { waiversOf } from './waivers.ts';

/** A prepared follow-up with its texts: a record beside the notice, which holds their hashes only. */
export interface PreparedTexts {
  readonly kind: FollowUpKind;
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** By region and language. */
  readonly renderings: readonly Rendering[];
}

type Preparable = Pick<
  Notice,
  'status' | 'msgType' | 'services' | 'regions' | 'template' | 'expires' | 'followUps' | 'parameters'
>;

/**
 * The three follow-ups of a notice that is submitted at `nowMs`; none for one that ends the matter. `problems` names the
 * kind before the place.
 */
export async function prepareFollowUps(
  templates: { find(id: string): Template | undefined },
  directory: NumberSource,
  notice: Preparable,
  audience: AudienceView | undefined,
  nowMs: number,
  languages?: MandatoryLanguages,
): Promise<{ texts: PreparedTexts[]; problems: Problem[] }> {
  const texts: PreparedTexts[] = [];
  const problems: Problem[] = [];
  if (notice.msgType === 'Cancel') return { texts, problems };
  for (const kind of FOLLOW_UP_KINDS) {
    const id = FOLLOW_UPS[kind].template;
    const template = templates.find(id);
    if (!template) {
      problems.push({ code: 'unknown_template', at: `/followUps/${kind}`, message: `there is no template "${id}"` });
      continue;
    }
    const parameters = parametersOf(kind, notice);
    const composed = await compose(directory, template, { ...notice, parameters }, audience, nowMs, nowMs, languages);
    texts.push({ kind, template: id, parameters, renderings: composed.renderings });
    problems.push(...composed.problems.map((problem) => ({ ...problem, at: placeOf(problem.at, kind) })));
  }
  return { texts, problems };
}

/** "Restored, keep the alternative until…": where nobody said, as long as the notice itself holds. */
function parametersOf(kind: FollowUpKind, { followUps, expires }: Preparable): Readonly<Record<string, string>> {
  const given = followUps?.[kind] ?? {};
  return kind === 'restored' && given.until === undefined ? { ...given, until: expires } : given;
}

const placeOf = (at: string, kind: FollowUpKind): string =>
  at.startsWith('/parameters') ? at.replace('/parameters', `/followUps/${kind}`) : `${kind}: ${at}`;

/** Hex SHA-256 of the texts of one region in all its languages. */
export function textsHash(renderings: readonly Rendering[], region: string): string {
  const own = sortRenderings(renderings.filter((rendering) => rendering.region === region));
  const content = ['tocsin texts 1', region, ...own.map(({ language, sha256 }) => [language, sha256])];
  return createHash('sha256').update(JSON.stringify(content), 'utf8').digest('hex');
}

export function preparedOf(texts: readonly PreparedTexts[], regions: readonly string[]): Prepared[] {
  return texts.map(({ renderings, ...rest }) => ({
    ...rest,
    hashes: Object.fromEntries(regions.map((region) => [region, textsHash(renderings, region)])),
  }));
}

/** A prepared text with its readers: those at most, since a follow-up goes to who was sent the first text. */
export interface FollowUpPreview extends Omit<PreparedTexts, 'renderings'> {
  readonly renderings: readonly (Rendering & { readonly recipients: number })[];
}

export function followUpPreviews(
  texts: readonly PreparedTexts[],
  audience: AudienceView | undefined,
): FollowUpPreview[] {
  const recipientsOf = new Map(
    (audience?.groups ?? []).map(({ region, language, recipients }) => [`${region} ${language}`, recipients]),
  );
  return texts.map((text) => ({
    ...text,
    renderings: text.renderings.map((one) => ({
      ...one,
      recipients: recipientsOf.get(`${one.region} ${one.language}`) ?? 0,
    })),
  }));
}

/** What was decided on a follow-up's texts in a region when the first notice was approved. */
export interface PreparedDecisions {
  readonly decisions: readonly Decision[];
  /** Why there are none. */
  readonly why?: string;
}

/**
 * The approvals of the first notice that hold for its follow-up in a region: given by people, on these bytes, for these
 * readers and routes, with nothing else waived or said. `template` is the follow-up's, `at` RFC 3339.
 */
export function preparedDecisions(
  followUp: Notice,
  first: Notice,
  template: Template | undefined,
  region: string,
  at: string,
): PreparedDecisions {
  const none = (why: string): PreparedDecisions => ({ decisions: [], why });
  const kind = followUpKindOf(followUp);
  const prepared = first.prepared?.find((one) => one.kind === kind);
  if (!prepared) return none('nothing of the kind was prepared with the notice that it follows');
  if (!approvedRegions(first).includes(region)) return none('the region has not approved the notice that it follows');
  if (textsHash(followUp.renderings ?? [], region) !== prepared.hashes[region]) {
    return none('the texts are not those prepared: a number, a parameter or a language is another');
  }
  // What stands in no text of this region goes out by CAP all the same.
  const said = freeWords(followUp, template);
  if (said.length > 0) return none(`nobody approved the words of its ${said.join(' and ')}`);
  if (!isDeepStrictEqual(followUp.parameters, prepared.parameters)) return none('a parameter is another');
  if (followUp.audienceDigest !== first.audienceDigest) return none('the audience is another');
  const approvedRoutes = first.routes?.[region] ?? [];
  if (!(followUp.routes?.[region] ?? []).every((route) => approvedRoutes.includes(route))) {
    return none('it may take a route that was not approved');
  }
  if (waiverKeys(followUp, region).some((key) => !waiverKeys(first, region).includes(key))) {
    return none('something is waived that was not then');
  }
  const hash = regionHash(followUp, region);
  const given = first.decisions.filter(
    (one) => one.region === region && one.decision === 'approved' && one.basis === undefined,
  );
  // An approval that itself came from another approval was given on words that do not hold these.
  if (given.length === 0) return none('nobody looked at the prepared texts: the notice was approved beforehand itself');
  const others = given.filter(({ by }) => !wrote(followUp, by));
  if (others.length === 0) return none('who approved the notice has ordered its follow-up');
  const decisions = others.map((one): Decision => {
    const basis = { kind: 'prepared', notice: followUp.followsUp ?? '', hash: one.hash, at: one.at } as const;
    return { ...one, at, hash, basis };
  });
  return { decisions };
}

function waiverKeys(notice: Notice, region: string): string[] {
  return waiversOf(notice.waivers, region).map(({ code, service, language, reason, by }) =>
    JSON.stringify([code, service, language, reason, by]),
  );
}

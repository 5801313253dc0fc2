/**
 * What those who returned a notice would say instead. The author sees each proposal beside what there is, field by field and
 * text by text, and takes it over or does not. Whoever proposed words that are taken over has written them, and approves
 * them no more than the author does.
 */
import { createHash } from 'node:crypto';
import { TocsinError } from '../errors.ts';
import type { Problem } from '../templates/problem.ts';
import type { Rendering } from '../templates/rendering.ts';
import type { Decision, Notice, Proposal } from './notice.ts';
import type { NoticePatch } from './notice-input.ts';
import { type TryOutDeps, tryOut } from './try-out.ts';
import { type WordChange, wordDiff } from './word-diff.ts';

export interface FieldChange {
  /** JSON pointer: `/parameters/advice`. */
  readonly at: string;
  readonly from?: string;
  readonly to: string;
}

export interface ShownProposal {
  readonly id: string;
  readonly region: string;
  readonly by: string;
  readonly at: string;
  readonly reasons?: string;
  readonly changes: readonly FieldChange[];
  /** The texts of the region that would be others. */
  readonly texts: readonly {
    readonly language: string;
    readonly from: string;
    readonly to: string;
    readonly words: readonly WordChange[];
  }[];
  /** What a submission with it would be refused for in the region. */
  readonly problems: readonly Problem[];
}

type Proposed = Decision & { readonly proposal: Proposal };

/** The same for as long as the decision is. */
const idOf = ({ region, by, at }: Decision): string =>
  createHash('sha256')
    .update(JSON.stringify([region, by, at]))
    .digest('hex')
    .slice(0, 12);

const proposed = (notice: Notice): Proposed[] =>
  notice.decisions.filter((decision): decision is Proposed => decision.proposal !== undefined);

/** The proposal as a change of the notice, and who made it. Throws `not-found` / `unknown_proposal`. */
export function findProposal(notice: Notice, id: string): { patch: NoticePatch; by: string } {
  const found = proposed(notice).find((decision) => idOf(decision) === id);
  if (found) return { patch: patchOf(notice, found.proposal), by: found.by };
  throw new TocsinError('not-found', 'unknown_proposal', `Nobody has made a proposal "${id}" for this notice`);
}

function patchOf({ parameters }: Notice, proposal: Proposal): NoticePatch {
  const { parameters: changed, ...fields } = proposal;
  return { ...fields, ...(changed ? { parameters: { ...parameters, ...changed } } : {}) };
}

/** All proposals of a notice beside what there is. `first`: the notice that it follows up. */
export async function showProposals(
  deps: TryOutDeps,
  notice: Notice,
  first: Notice | undefined,
  nowMs: number,
): Promise<ShownProposal[]> {
  // As of the submission, so that the time which the texts print is no difference.
  const atMs = notice.submitted ? Date.parse(notice.submitted.at) : nowMs;
  return Promise.all(
    proposed(notice).map(async (decision) => {
      const { region, by, at, reasons, proposal } = decision;
      const alone = { ...notice, regions: [region] };
      const before = notice.renderings ?? (await tryOut(deps, alone, first, atMs)).composed.renderings;
      const then = await tryOut(deps, { ...alone, ...patchOf(notice, proposal) } as Notice, first, atMs);
      return {
        ...{ id: idOf(decision), region, by, at },
        ...(reasons === undefined ? {} : { reasons }),
        changes: fieldChanges(notice, proposal),
        texts: textChanges(region, before, then.composed.renderings),
        problems: then.problems,
      };
    }),
  );
}

function fieldChanges(notice: Notice, { parameters = {}, ...fields }: Proposal): FieldChange[] {
  const change = (at: string, from: string | undefined, to: string | undefined): FieldChange[] =>
    to === undefined || to === from ? [] : [{ at, ...(from === undefined ? {} : { from }), to }];
  return [
    ...(['template', 'headline', 'description'] as const).flatMap((name) =>
      change(`/${name}`, notice[name], fields[name]),
    ),
    ...Object.entries(parameters).flatMap(([name, to]) => change(`/parameters/${name}`, notice.parameters[name], to)),
  ];
}

function textChanges(region: string, before: readonly Rendering[], then: readonly Rendering[]): ShownProposal['texts'] {
  return then.flatMap(({ language, text: to }) => {
    const from = before.find((one) => one.region === region && one.language === language)?.text ?? '';
    return from === to ? [] : [{ language, from, to, words: wordDiff(from, to) }];
  });
}

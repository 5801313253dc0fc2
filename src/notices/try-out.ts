/**
 * What a submission at a given time would freeze, and what it would be refused for: the same for the preview of a draft
 * as for the submission itself, so that nobody is surprised.
 */
import { TocsinError } from '../errors.ts';
import type { MandatoryLanguages } from '../templates/languages.ts';
import type { Templates } from '../templates/load.ts';
import type { Problem } from '../templates/problem.ts';
import { audienceProblems, statementProblems } from './checks.ts';
import { type Composed, compose, type NumberSource, problemsOf } from './compose.ts';
import { followUpProblems, printedMs } from './follow-up.ts';
import type { AudienceView, Notice } from './notice.ts';
import { type PreparedTexts, prepareFollowUps } from './prepared.ts';
import { sift, type Waived } from './waivers.ts';

export interface TryOutDeps {
  readonly templates: Pick<Templates, 'find'>;
  readonly directory: NumberSource;
  /** Languages that each region must be told in; default: French. */
  readonly languages?: MandatoryLanguages;
  /** The snapshot's counts; throws `not-found` for an unknown one. */
  readonly snapshot: (id: string) => Promise<AudienceView>;
  /**
   * The routes that may carry each region, by id. Throws `invalid` when none could: better known before anybody approves
   * the notice.
   */
  readonly routesOf?: (notice: Pick<Notice, 'status' | 'route' | 'regions'>) => Record<string, string[]>;
}

export interface TriedOut {
  readonly audience?: AudienceView;
  readonly composed: Composed;
  /** The follow-ups that are approved with it. */
  readonly followUps: readonly PreparedTexts[];
  readonly routes: Record<string, string[]>;
  /** Those that nobody waived. */
  readonly problems: Problem[];
  readonly waived: Waived[];
}

/** `first`: the notice that it follows up, if it does. */
export async function tryOut(
  { templates, directory: source, languages, snapshot, routesOf }: TryOutDeps,
  notice: Notice,
  first: Notice | undefined,
  nowMs: number,
): Promise<TriedOut> {
  const template = templates.find(notice.template);
  const problems = [...statementProblems(notice, template, nowMs), ...followUpProblems(notice, first)];
  let routes: Record<string, string[]> = {};
  try {
    routes = routesOf?.(notice) ?? {};
  } catch (error) {
    problems.push(...problemsOf(error));
  }
  let audience: AudienceView | undefined;
  try {
    audience = await snapshot(notice.audience);
    problems.push(...audienceProblems(notice, audience));
  } catch (error) {
    if (!(error instanceof TocsinError && error.kind === 'not-found')) throw error;
    problems.push(...problemsOf(error).map((problem) => ({ ...problem, at: '/audience' })));
  }
  let composed: Composed = { renderings: [], problems: [] };
  let followUps: PreparedTexts[] = [];
  if (template && problems.every(({ at }) => !at.startsWith('/parameters'))) {
    const directory = readOnce(source);
    composed = await compose(
      directory,
      template,
      notice,
      audience,
      nowMs,
      printedMs(template, notice, first, nowMs),
      languages,
    );
    const prepared = await prepareFollowUps(templates, directory, notice, audience, nowMs, languages);
    followUps = prepared.texts;
    problems.push(...composed.problems, ...prepared.problems.filter((problem) => !told(composed.problems, problem)));
  }
  const { standing, waived } = sift(problems, notice.waivers);
  return { ...(audience ? { audience } : {}), composed, followUps, routes, problems: standing, waived };
}

/** A number that is missing is missing from the follow-ups too: once is enough. */
function told(problems: readonly Problem[], { code, at, message }: Problem): boolean {
  return problems.some(
    (problem) => problem.code === code && problem.message === message && at.endsWith(`: ${problem.at}`),
  );
}

/** A notice and its follow-ups print the same numbers: the directory is asked once for each region. */
function readOnce(directory: NumberSource): NumberSource {
  const answers = new Map<string, ReturnType<NumberSource['lookup']>>();
  return {
    ...(directory.staleDays === undefined ? {} : { staleDays: directory.staleDays }),
    lookup: (region, services, atMs) => {
      const answer = answers.get(region) ?? directory.lookup(region, services, atMs);
      answers.set(region, answer);
      return answer;
    },
  };
}

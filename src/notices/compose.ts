/**
 * Writes a notice's texts: one rendering for each group of the audience in the notice's regions, and one in each of a
 * region's mandatory languages even where the audience has nobody of it. Collects faults over all regions.
 */
import { setImmediate as othersTurn } from 'node:timers/promises';
import type { AlternativeNumber } from '../directory/alternative-numbers.ts';
import { findRegion } from '../directory/regions.ts';
import { TocsinError } from '../errors.ts';
import { FRENCH_EVERYWHERE, type MandatoryLanguages } from '../templates/languages.ts';
import type { Problem } from '../templates/problem.ts';
import { render } from '../templates/render.ts';
import type { Rendering } from '../templates/rendering.ts';
import type { Template } from '../templates/template.ts';
import { numberProblems } from './checks.ts';
import { sortRenderings } from './hashes.ts';
import { appendedLanguages, languagesOf, missingLanguages, unreviewedWordings } from './language-checks.ts';
import type { AudienceView, Notice } from './notice.ts';
import { endProblems, verificationProblems } from './verified-numbers.ts';

/** What the directory answers here: the numbers in force in a region at a time (ms since epoch). */
export interface NumberSource {
  lookup(region: string, services: readonly string[], atMs: number): Promise<{ found: readonly AlternativeNumber[] }>;
  /** Days after which a test call has to be made again; default 90. */
  readonly staleDays?: number;
}

export interface Composed {
  /** By region and language. */
  readonly renderings: Rendering[];
  readonly problems: Problem[];
}

export type Composable = Pick<Notice, 'status' | 'services' | 'regions' | 'parameters' | 'expires'>;

/** `audience` undefined: the mandatory languages only. `atMs`: of which time the numbers are; `printedMs`: the time that the texts print. */
export async function compose(
  directory: NumberSource,
  template: Template,
  notice: Composable,
  audience: AudienceView | undefined,
  atMs: number,
  printedMs: number = atMs,
  mandatory: MandatoryLanguages = FRENCH_EVERYWHERE,
): Promise<Composed> {
  const regions = notice.regions.map(findRegion).filter((region) => region !== undefined);
  const lookups = await Promise.all(
    regions.map(({ code }) =>
      template.numbers === 'none' ? { found: [] } : directory.lookup(code, notice.services, atMs),
    ),
  );

  const renderings: Rendering[] = [];
  const problems: Problem[] = [];
  for (const [i, region] of regions.entries()) {
    // A country takes a second or two: whoever else calls meanwhile, a halt above all, gets in between.
    await othersTurn();
    const numbers = lookups[i]?.found ?? [];
    const appended = appendedLanguages(template, region, mandatory);
    for (const language of languagesOf(template, region, mandatory, audience)) {
      const { status, services, parameters } = notice;
      try {
        const rendering = render({
          template,
          region,
          language,
          status,
          services,
          numbers,
          parameters,
          atMs: printedMs,
          appended,
        });
        renderings.push(rendering);
        problems.push(...numberProblems(status, rendering), ...unreviewedWordings(status, rendering));
      } catch (error) {
        problems.push(...problemsOf(error));
      }
    }
    problems.push(...missingLanguages(template, region, mandatory));
    problems.push(...verificationProblems(region.code, numbers, atMs, directory.staleDays));
    problems.push(...endProblems(region.code, numbers, heldUntil(template, notice)));
  }
  return { renderings: sortRenderings(renderings), problems: distinct(problems) };
}

/** Until when who has the text dials its numbers: what it says itself ("until {until}"), else as long as it holds. RFC 3339. */
function heldUntil({ parameters }: Template, notice: Composable): string {
  const said = notice.parameters.until;
  const says = said !== undefined && parameters.some(({ name, kind }) => name === 'until' && kind === 'moment');
  return says ? said : notice.expires;
}

/** The faults of a refusal; anything that is no refusal is thrown on. */
export function problemsOf(error: unknown): Problem[] {
  if (!(error instanceof TocsinError)) throw error;
  if (error.faults.length === 0) return [{ code: error.code, at: '', message: error.message }];
  return error.faults.map((fault) => ({ code: error.code, ...fault }));
}

/** A missing number is the same fault in each language of its region. */
function distinct(problems: readonly Problem[]): Problem[] {
  return [
    ...new Map(problems.map((problem) => [`${problem.code} ${problem.at} ${problem.message}`, problem])).values(),
  ];
}

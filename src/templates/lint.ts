/**
 * Looks the wordings over before they are needed: whether each names source, place, time, what to do, the number and the
 * way for the deaf (R9, R17), who read it, and what it costs in segments, in every region. Changes nothing.
 */
import type { Region } from '../directory/regions.ts';
import type { MandatoryLanguages } from './languages.ts';
import { contentFindings, reviewFindings } from './lint-content.ts';
import type { LintFinding } from './lint-finding.ts';
import { tryOut } from './lint-samples.ts';
import type { Language, Template, Wording } from './template.ts';
import type { LoadFault } from './wording-file.ts';
import { allWordings, findWording, reviewOf } from './wordings.ts';

/** What a wording costs. */
export interface LintRow {
  readonly template: string;
  readonly language: Language;
  readonly authority?: string;
  readonly alphabet: 'gsm7' | 'ucs2';
  readonly reviewed: boolean;
  /** Regions tried. */
  readonly regions: number;
  /** Segments by region: fewest and most of a usual text, and the most that there can be. Absent where none can be written. */
  readonly segments?: { readonly min: number; readonly max: number; readonly worst: number };
}

export interface LintReport {
  readonly findings: readonly LintFinding[];
  readonly rows: readonly LintRow[];
}

/** What was read (load.ts), with the faults of what could not be. */
export interface Linted {
  readonly templates: readonly Template[];
  readonly faults?: readonly LoadFault[];
}

/** All findings by file, and a row for each wording. */
export function lintTemplates(
  { templates, faults = [] }: Linted,
  regions: readonly Region[],
  languages: MandatoryLanguages,
): LintReport {
  const findings: LintFinding[] = faults.map((fault) => ({ ...fault, severity: 'error' }));
  const rows: LintRow[] = [];
  for (const template of templates) {
    findings.push(...missingLanguages(template, regions, languages), ...sameTexts(template));
    for (const wording of allWordings(template)) {
      const used = regions.filter((region) => findWording(template, region, wording.language) === wording);
      const tried = tryOut(template, wording, used, languages);
      findings.push(...contentFindings(template, wording), ...tried.findings, ...reviewFindings(wording));
      const { language, authority, alphabet } = wording;
      rows.push({
        template: template.id,
        language,
        ...(authority ? { authority } : {}),
        alphabet,
        reviewed: reviewOf(wording) !== undefined,
        regions: used.length,
        ...(tried.segments ? { segments: tried.segments } : {}),
      });
    }
  }
  return { findings, rows };
}

/** R4: what a region's authority makes mandatory must be there before the night it is needed. */
function missingLanguages(
  template: Template,
  regions: readonly Region[],
  languages: MandatoryLanguages,
): LintFinding[] {
  const missing = new Map<Language, string[]>();
  for (const region of regions) {
    for (const language of languages.of(region.code)) {
      if (findWording(template, region, language)) continue;
      missing.set(language, [...(missing.get(language) ?? []), region.code]);
    }
  }
  return [...missing].map(([language, codes]) => ({
    at: `${template.id}/${language}.txt`,
    rule: 'language',
    message: `is missing, and mandatory in ${codes.join(', ')}`,
    severity: 'error',
  }));
}

/** A file that was copied to be translated, and was not. */
function sameTexts({ wordings }: Template): LintFinding[] {
  const first = new Map<string, Wording>();
  const findings: LintFinding[] = [];
  for (const wording of Object.values(wordings)) {
    const other = first.get(wording.text);
    if (other === undefined) {
      first.set(wording.text, wording);
      continue;
    }
    const message = `has the same text as ${other.file}: it is not in its language`;
    findings.push({ at: `${wording.file}:${wording.line}`, rule: 'language', message, severity: 'error' });
  }
  return findings;
}

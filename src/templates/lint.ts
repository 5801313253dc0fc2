/**
 * Looks the wordings over before they are needed: whether each names source, place, time, what to do, the number and the
 * way for the deaf (R9, R17), and what it costs in segments. Finds what loading cannot refuse; changes nothing.
 */

import type { AlternativeNumber } from '../directory/alternative-numbers.ts';
import type { Region } from '../directory/regions.ts';
import { TocsinError } from '../errors.ts';
import { transliterate } from '../sms/transliteration.ts';
import { parseMessage } from './placeholders.ts';
import { render } from './render.ts';
import { BUILT_IN_PLACEHOLDERS, type Template, type Wording } from './template.ts';

export interface LintFinding {
  /** `<template>/<language>.txt:<line>`. */
  readonly at: string;
  readonly rule: LintRule;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

export const LINT_RULES = [
  'source',
  'place',
  'time',
  'guidance',
  'number',
  '114',
  'parameter',
  'prefix',
  'alphabet',
  'language',
  'segments',
  'review',
] as const;
export type LintRule = (typeof LINT_RULES)[number];

/** The services of the breakdown of 2 June 2021, each with a number of its own: the longest text there is in practice. */
const SAMPLE_SERVICES = ['15', '17', '18', '112'] as const;
const SAMPLE_MS = Date.UTC(2021, 5, 2, 16, 0);

/** All findings, by file. The numbers and values tried are samples. */
export function lintTemplates(templates: readonly Template[], regions: readonly Region[]): LintFinding[] {
  return templates.flatMap((template) => [
    ...languageFindings(template, regions),
    ...Object.values(template.wordings).flatMap((wording) => lintWording(template, wording, regions)),
  ]);
}

function lintWording(template: Template, wording: Wording, regions: readonly Region[]): LintFinding[] {
  return [
    ...contentFindings(template, wording),
    ...prefixFindings(wording),
    ...alphabetFindings(wording),
    ...segmentFindings(template, wording, regions),
    ...reviewFindings(wording),
  ];
}

function contentFindings(template: Template, wording: Wording): LintFinding[] {
  const used = new Set(parseMessage(wording.text, wording.language).placeholders.keys());
  const findings: LintFinding[] = [];
  const error = (rule: LintRule, message: string) => {
    findings.push({ at: `${wording.file}:${wording.line}`, rule, message, severity: 'error' });
  };
  if (!used.has('source')) error('source', 'must say who speaks: {source}');
  if (!used.has('region') && !used.has('of_region')) error('place', 'must name the place: {region} or {of_region}');
  if (!used.has('time')) error('time', 'must name the time: {time}');
  if (!asRead(wording.text).includes(asRead(wording.guidance))) {
    error('guidance', `must say what to do; its guidance "${wording.guidance}" is not in the text`);
  }
  if (template.numbers === 'required' && !used.has('numbers')) error('number', 'must name the number: {numbers}');
  if (template.numbers === 'none' && used.has('numbers')) error('number', 'this template has no numbers to name');
  if (!used.has('deaf')) error('114', 'must name the way for deaf and hard of hearing people: {deaf}');
  for (const { name } of template.parameters.filter((parameter) => !used.has(parameter.name))) {
    error('parameter', `parameter {${name}} is declared but not in the text`);
  }
  for (const name of used) {
    const known = [...BUILT_IN_PLACEHOLDERS, ...template.parameters.map((parameter) => parameter.name)];
    if (!known.includes(name)) error('parameter', `{${name}} is neither a parameter nor filled in by Tocsin`);
  }
  return findings;
}

/** ICU's doubled apostrophe and a broken line are how a text is written, not how it reads. */
function asRead(text: string): string {
  return text.replaceAll('\n', ' ').replaceAll("''", "'");
}

/** R6: an exercise must be seen to be one, in every language. */
function prefixFindings({ prefixes, file }: Wording): LintFinding[] {
  const findings: LintFinding[] = [];
  const error = (message: string) => findings.push({ at: `${file}:1`, rule: 'prefix', message, severity: 'error' });
  for (const status of ['Exercise', 'Test'] as const) {
    if (prefixes[status].trim() === '') error(`prefix_${status.toLowerCase()} must not be empty`);
    else if (prefixes[status] !== prefixes[status].toUpperCase()) {
      error(`prefix_${status.toLowerCase()} must be in capitals, to be seen`);
    }
  }
  if (prefixes.Exercise === prefixes.Test) error('prefix_exercise and prefix_test must differ');
  return findings;
}

function alphabetFindings(wording: Wording): LintFinding[] {
  if (wording.alphabet === 'ucs2') return [];
  const { prefixes, source, text, file, line } = wording;
  const findings: LintFinding[] = [];
  const { changes, refused } = transliterate(text);
  const lineAt = (at: number) => line + text.normalize('NFC').slice(0, at).split('\n').length - 1;
  for (const { from, to, at } of changes) {
    const message = `"${from}" is not in GSM 7-bit, "${to}" will be sent: write what you mean`;
    findings.push({ at: `${file}:${lineAt(at)}`, rule: 'alphabet', message, severity: 'warning' });
  }
  for (const { char, codePoint, at } of refused) {
    const message = `${codePoint} "${char}" cannot be sent in GSM 7-bit, and has no plain form`;
    findings.push({ at: `${file}:${lineAt(at)}`, rule: 'alphabet', message, severity: 'error' });
  }
  for (const field of [prefixes.Exercise, prefixes.Test, source]) {
    if (transliterate(field).refused.length === 0) continue;
    const message = `"${field}" cannot be sent in GSM 7-bit`;
    findings.push({ at: `${file}:1`, rule: 'alphabet', message, severity: 'error' });
  }
  return findings;
}

/** R4: what a region's law or authority makes mandatory must be there before the night it is needed. */
function languageFindings(template: Template, regions: readonly Region[]): LintFinding[] {
  const missing = new Map<string, string[]>();
  for (const { code, languages } of regions) {
    for (const language of languages) {
      if (!Object.hasOwn(template.wordings, language)) {
        missing.set(language, [...(missing.get(language) ?? []), code]);
      }
    }
  }
  return [...missing].map(([language, codes]) => ({
    at: `${template.id}/${language}.txt`,
    rule: 'language' as const,
    message: `is missing, and mandatory in ${codes.join(', ')}`,
    severity: 'error' as const,
  }));
}

function segmentFindings(template: Template, wording: Wording, regions: readonly Region[]): LintFinding[] {
  const at = `${wording.file}:${wording.line}`;
  let longest = { units: 0, segments: 1, region: '' };
  let overOne = 0;
  for (const region of regions) {
    try {
      const { units, segments } = renderSample(template, wording, region);
      if (segments > 1) overOne += 1;
      if (units > longest.units) longest = { units, segments, region: region.name };
    } catch (error) {
      if (!(error instanceof TocsinError)) throw error;
      const detail = error.faults[0]?.message ?? error.message;
      return [{ at, rule: 'segments', message: `${region.name}: ${error.code}: ${detail}`, severity: 'error' }];
    }
  }
  if (overOne === 0) return [];
  const { units, segments, region } = longest;
  const message = `${overOne} of ${regions.length} regions need more than one segment; the longest, ${region}, ${segments} (${units} units)`;
  return [{ at, rule: 'segments', message, severity: 'warning' }];
}

function renderSample(template: Template, wording: Wording, region: Region) {
  const parameters = template.parameters
    .filter(({ required }) => required)
    .map(({ name, kind }) => [name, kind === 'moment' ? new Date(SAMPLE_MS).toISOString() : 'Texte']);
  return render({
    template,
    region,
    language: wording.language,
    status: 'Exercise',
    services: SAMPLE_SERVICES,
    numbers: SAMPLE_SERVICES.map((service, i) => sampleNumber(region.code, service, i)),
    parameters: Object.fromEntries(parameters),
    atMs: SAMPLE_MS,
  });
}

/** From ARCEP's range for fiction 02 61 91. */
function sampleNumber(region: string, service: string, i: number): AlternativeNumber {
  return {
    region,
    service,
    number: `3326191003${i}`,
    display: `02 61 91 00 3${i}`,
    owner: 'sample',
    enteredBy: 'lint',
    enteredAt: new Date(SAMPLE_MS).toISOString(),
    version: 1,
  };
}

function reviewFindings({ reviewedBy, reviewedAt, file }: Wording): LintFinding[] {
  if (reviewedBy && reviewedAt) return [];
  const message = 'nobody has put a name and a date under this wording: reviewed_by, reviewed_at';
  return [{ at: `${file}:1`, rule: 'review', message, severity: 'warning' }];
}

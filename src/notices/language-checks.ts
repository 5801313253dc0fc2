/**
 * Whether each region is told in its languages (R4), in words that somebody who speaks them has read (R10). Both can be
 * waived by name; an exercise may use what nobody has read, and says so.
 */
import type { Region } from '../directory/regions.ts';
import type { MandatoryLanguages } from '../templates/languages.ts';
import type { Problem } from '../templates/problem.ts';
import type { Rendering } from '../templates/rendering.ts';
import { FALLBACK_LANGUAGE, type Language, type Template } from '../templates/template.ts';
import { findWording } from '../templates/wordings.ts';
import type { AudienceView, Notice } from './notice.ts';

/**
 * The languages that a region's texts are written in: those of its recipients, and every mandatory one that has a wording,
 * so that it is approved and can be told on other channels even where nobody's language is known to be that.
 */
export function languagesOf(
  template: Template,
  { code }: Pick<Region, 'code'>,
  mandatory: MandatoryLanguages,
  audience: AudienceView | undefined,
): Language[] {
  const asked = (audience?.groups ?? []).filter(({ region }) => region === code).map(({ language }) => language);
  const written = mandatory.of(code).filter((language) => findWording(template, { code }, language));
  return [...new Set([...written, ...asked])];
}

/** Mandatory languages without a wording: their people would get the French text. */
export function missingLanguages(
  template: Template,
  region: Pick<Region, 'code'>,
  mandatory: MandatoryLanguages,
): Problem[] {
  return mandatory
    .of(region.code)
    .filter((language) => !findWording(template, region, language))
    .map((language) => ({
      code: 'missing_language',
      at: `region ${region.code}, language ${language}`,
      message: `is mandatory there, and template ${template.id} has no wording in it`,
      about: { region: region.code, language },
    }));
}

/** Wordings of an Actual notice that nobody has read who speaks their language. */
export function unreviewedWordings(status: Notice['status'], rendering: Rendering): Problem[] {
  if (status !== 'Actual') return [];
  return (rendering.wordings ?? [])
    .filter(({ review }) => review === undefined)
    .map(({ language, file }) => ({
      code: 'unreviewed_wording',
      at: `region ${rendering.region}, language ${language}`,
      message: `nobody who speaks the language has read ${file} as it stands`,
      about: { region: rendering.region, language },
    }));
}

/** The same of an exercise or a test: one warning for each wording, for whoever is to have it read. */
export function unreviewedWarnings(status: Notice['status'], renderings: readonly Rendering[]): Problem[] {
  if (status === 'Actual') return [];
  const unread = renderings.flatMap(({ wordings = [] }) => wordings.filter(({ review }) => review === undefined));
  return [...new Map(unread.map((wording) => [wording.file, wording])).values()].map(({ language, file }) => ({
    code: 'unreviewed_wording',
    at: `language ${language}`,
    message: `nobody who speaks the language has read ${file} as it stands: an Actual notice is refused`,
    about: { language },
  }));
}

/** What is put behind a region's French text. */
export function appendedLanguages(
  template: Template,
  { code }: Pick<Region, 'code'>,
  mandatory: MandatoryLanguages,
): Language[] {
  return mandatory
    .appendedIn(code)
    .filter((language) => language !== FALLBACK_LANGUAGE && findWording(template, { code }, language));
}

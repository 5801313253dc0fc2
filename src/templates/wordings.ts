/**
 * Which wording a region and a language get, and whether anybody who speaks the language has read it. A review is of
 * exact characters: a wording that was changed since counts as read by nobody (R10: one Welsh word, changed by a machine).
 */
import { createHash } from 'node:crypto';
import { authorityOf } from '../directory/authorities.ts';
import type { Region } from '../directory/regions.ts';
import { FALLBACK_LANGUAGE, type Language, type Template, type Wording, type Wordings } from './template.ts';

const DIGEST_LENGTH = 12;
/** Each segment of UCS-2 holds less than half of one of GSM 7-bit. */
const UCS2_SEGMENTS_PER_GSM7 = 2;
/** What handsets and operators join without fail. */
export const MOST_SEGMENTS = 8;

/**
 * The wording in a language or its base language (`fr-CA` → `fr`): the own one of the region's authority, else the common
 * one. Undefined where neither is there.
 */
export function findWording(template: Template, region: Pick<Region, 'code'>, language: Language): Wording | undefined {
  const authority = own(template.authorities, authorityOf(region).id) ?? {};
  const base = language.split('-')[0] ?? '';
  const among = (tag: Language) => own(authority, tag) ?? own(template.wordings, tag);
  return among(language) ?? among(base);
}

/** The wording in a language, or in the fallback that every template has. */
export function wordingOrFallback(
  template: Template,
  region: Pick<Region, 'code'>,
  language: Language,
): Wording | undefined {
  return findWording(template, region, language) ?? findWording(template, region, FALLBACK_LANGUAGE);
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** All wordings of a template: the common ones, then those of authorities. */
export function allWordings(template: Template): Wording[] {
  const byAuthority: readonly Wordings[] = Object.values(template.authorities);
  return [template.wordings, ...byAuthority].flatMap((wordings) => Object.values(wordings));
}

/** `sha256:` and twelve hex digits, over all that a reader of the text gets to see. */
export function wordingDigest(
  wording: Pick<Wording, 'language' | 'title' | 'source' | 'moment' | 'alphabet' | 'prefixes' | 'text'>,
): string {
  const { language, title, source, moment, alphabet, prefixes, text } = wording;
  const seen = [language, title, source, moment, alphabet, prefixes.Exercise, prefixes.Test, text];
  const hex = createHash('sha256').update(JSON.stringify(seen), 'utf8').digest('hex');
  return `sha256:${hex.slice(0, DIGEST_LENGTH)}`;
}

export interface Review {
  readonly by: string;
  /** YYYY-MM-DD. */
  readonly at: string;
}

/** Who read the wording as it stands; undefined where nobody did. */
export function reviewOf(wording: Wording): Review | undefined {
  const { reviewedBy: by, reviewedAt: at, reviewedText } = wording;
  return by && at && reviewedText === wordingDigest(wording) ? { by, at } : undefined;
}

/** Segments that a wording of the template may take. */
export function segmentsAllowed(
  { maxSegments }: Pick<Template, 'maxSegments'>,
  { alphabet }: Pick<Wording, 'alphabet'>,
) {
  return alphabet === 'ucs2' ? Math.min(MOST_SEGMENTS, maxSegments * UCS2_SEGMENTS_PER_GSM7) : maxSegments;
}

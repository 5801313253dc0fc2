/**
 * What an approval is an approval of. The hash of a region covers the exact bytes of its renderings and of the follow-ups
 * prepared with them, who gets them and by which routes, and what was waived for it; so whatever changes any of these makes
 * an approval stale (R10).
 */
import { createHash } from 'node:crypto';
import type { Rendering } from '../templates/rendering.ts';
import type { Notice } from './notice.ts';
import { waiversOf } from './waivers.ts';

export type Hashed = Pick<
  Notice,
  'identifier' | 'status' | 'route' | 'routes' | 'renderings' | 'prepared' | 'audienceDigest' | 'waivers'
>;

const sha256 = (value: unknown) => createHash('sha256').update(JSON.stringify(value), 'utf8').digest('hex');

const inOrder = (a: Rendering, b: Rendering) => compare(a.region, b.region) || compare(a.language, b.language);

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Renderings by region, then language, in the order of code units, the same on every machine. */
export function sortRenderings<R extends Rendering>(renderings: readonly R[]): R[] {
  return [...renderings].sort(inOrder);
}

/**
 * Hex SHA-256 over the region's renderings and prepared follow-ups, the audience's digest, the set of routes that may carry them, its waivers,
 * and which notice and status it is.
 */
export function regionHash(notice: Hashed, region: string): string {
  const renderings = sortRenderings((notice.renderings ?? []).filter((rendering) => rendering.region === region));
  return sha256([
    'tocsin region 4',
    notice.identifier,
    notice.status,
    region,
    notice.route ?? null,
    [...(notice.routes?.[region] ?? [])].sort(compare),
    notice.audienceDigest ?? null,
    renderings.map(({ language, sha256: digest }) => [language, digest]),
    (notice.prepared ?? []).map(({ kind, hashes }) => [kind, hashes[region] ?? null]),
    waiversOf(notice.waivers, region).map(({ code, service, language, reason, by }) => [
      ...[code, service ?? null, language ?? null, reason, by],
    ]),
  ]);
}

/** Hex SHA-256 over all renderings. */
export function renderingsHash(renderings: readonly Rendering[]): string {
  const sorted = sortRenderings(renderings);
  return sha256(['tocsin renderings 1', ...sorted.map((one) => [one.region, one.language, one.sha256])]);
}

/**
 * R2: a text prints only numbers that a second person has dialled, not too long ago. Eight of a carrier's 24 stored backup
 * numbers were wrong once, and 127 emergency calls went nowhere.
 */
import { type AlternativeNumber, isStale } from '../directory/alternative-numbers.ts';
import { levelOf, placeName } from '../directory/places.ts';
import type { Problem } from '../templates/problem.ts';

/** What is wrong with the test calls of the numbers that a region's texts print; `staleDays` 90 when left out. */
export function verificationProblems(
  region: string,
  numbers: readonly AlternativeNumber[],
  atMs: number,
  staleDays?: number,
): Problem[] {
  return numbers.flatMap((entry): Problem[] => {
    const { service, verification, failedCall } = entry;
    const at = `region ${region}, service ${service}`;
    const number = `the number of ${entry.owner}${origin(entry)}`;
    if (failedCall) {
      const message = `${number} failed its last test call, of ${failedCall.at}: replace it, or call again`;
      return [{ code: 'failed_verification', at, message }];
    }
    if (!isStale(entry, atMs, staleDays)) return [];
    const message = verification
      ? `nobody has made a test call of ${number} since ${verification.at}`
      : `nobody but who entered it has ever made a test call of ${number}`;
    return [{ code: 'stale_verification', at, message, about: { region, service } }];
  });
}

/** A number that is not the département's own may have grown stale elsewhere. */
function origin({ region }: AlternativeNumber): string {
  return levelOf(region) === 'departement' ? '' : ` (for ${placeName(region)})`;
}

/**
 * R2: a text prints only numbers that a second person has dialled, not too long ago. Eight of a carrier's 24 stored backup
 * numbers were wrong once, and 127 emergency calls went nowhere.
 */
import { type AlternativeNumber, isStale } from '../directory/alternative-numbers.ts';
import type { Directory } from '../directory/directory.ts';
import { levelOf, placeName } from '../directory/places.ts';
import { readMoment } from '../templates/moments.ts';
import type { Problem } from '../templates/problem.ts';
import type { Notice } from './notice.ts';
import { sift } from './waivers.ts';

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

/** Numbers that nobody answers any more while people still go by the text; `until` is RFC 3339. */
export function endProblems(region: string, numbers: readonly AlternativeNumber[], until: string): Problem[] {
  return numbers.flatMap((entry): Problem[] => {
    const { service, validUntil } = entry;
    if (validUntil === undefined || !(Date.parse(validUntil) < Date.parse(until))) return [];
    const number = `the number of ${entry.owner}${origin(entry)}`;
    const message = `${number} ends at ${validUntil}, and the text holds until ${until}`;
    return [{ code: 'number_ends', at: `region ${region}, service ${service}`, message, about: { region, service } }];
  });
}

/**
 * What became of the numbers of texts that are frozen and not launched yet: one that is no longer in force, failed a test
 * call since, or is to end before the text does by now, would reach everybody. Whoever approves should see it, and return the notice.
 */
export async function numberWarnings(
  directory: Pick<Directory, 'lookup'>,
  notice: Notice,
  atMs: number,
): Promise<Problem[]> {
  if (notice.broadcast !== undefined) return [];
  const said = notice.parameters.until;
  const until = said !== undefined && readMoment(said) !== undefined ? said : notice.expires;
  const printed = new Map((notice.renderings ?? []).map(({ region, numbers }) => [region, numbers]));
  const warnings = await Promise.all(
    [...printed].map(async ([region, numbers]) => {
      const services = numbers.map(({ service }) => service);
      const { found } = services.length === 0 ? { found: [] } : await directory.lookup(region, services, atMs);
      return numbers.flatMap(({ service, number }): Problem[] => {
        const at = `region ${region}, service ${service}`;
        const about = { region, service };
        const entry = found.find((one) => one.service === service && one.number === number);
        const changed = 'the directory has another number now, or none: return the notice';
        if (!entry) return [{ code: 'number_changed', at, message: changed, about }];
        if (!entry.failedCall) return sift(endProblems(region, [entry], until), notice.waivers).standing;
        const message = `its number failed a test call on ${entry.failedCall.at}: return the notice`;
        return [{ code: 'failed_verification', at, message, about }];
      });
    }),
  );
  return warnings.flat();
}

/** A number that is not the département's own may have grown stale elsewhere. */
function origin({ region }: AlternativeNumber): string {
  return levelOf(region) === 'departement' ? '' : ` (for ${placeName(region)})`;
}

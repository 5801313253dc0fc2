/** The languages an audience may ask for: BCP 47 primary subtags of what is spoken and read in France. */

export const LANGUAGES: readonly string[] =
  // French and its neighbours, then the regional languages, then those of the largest communities and of visitors.
  (
    'fr en de es it pt nl lb ca ' +
    'br co eu oc gsw frp gcf gcr rcf swb buc ' +
    'ar ber kab tr pl ro ru uk zh vi ta fa ps ku so am ti bn hi ur pa sq sr hr bs bg hu cs sk el ja ko th wo bm ff ln sw mg hy ka he da sv no fi'
  ).split(' ');

const known = new Set(LANGUAGES);

const TAG = /^([a-z]{2,3})(?:-[a-z0-9]{2,8})*$/;

/** The primary subtag of a tag ("fr" of "fr-FR"), if it is one we know. */
export function primaryLanguage(tag: string): string | undefined {
  const primary = TAG.exec(tag.trim().toLowerCase())?.[1];
  return primary !== undefined && known.has(primary) ? primary : undefined;
}

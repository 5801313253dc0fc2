/**
 * Telephone numbers that are read aloud: digits written as words, or with words between ("01 puis 99 puis …", "zéro un,
 * quatre-vingt-dix-neuf"). They can be dialled as well as others, so free text must not hold them (requirement R1).
 */

/** French and English, without accents; the tens of French are words of their own, so "quatre-vingt-dix" is three. */
const DIGIT_WORDS: Readonly<Record<string, number>> = {
  ...{ zero: 1, oh: 1, un: 1, une: 1, deux: 1, trois: 1, quatre: 1, cinq: 1, six: 1, sept: 1, huit: 1, neuf: 1 },
  ...{ dix: 2, onze: 2, douze: 2, treize: 2, quatorze: 2, quinze: 2, seize: 2, vingt: 2, trente: 2, quarante: 2 },
  ...{ cinquante: 2, soixante: 2, septante: 2, huitante: 2, nonante: 2 },
  ...{ one: 1, two: 1, three: 1, four: 1, five: 1, seven: 1, eight: 1, nine: 1, ten: 2, eleven: 2, twelve: 2 },
  ...{ thirteen: 2, fourteen: 2, fifteen: 2, sixteen: 2, seventeen: 2, eighteen: 2, nineteen: 2, twenty: 2 },
  ...{ thirty: 2, forty: 2, fifty: 2, sixty: 2, seventy: 2, eighty: 2, ninety: 2 },
};
/** What people say between the parts of a number. */
const FILLERS = ['et', 'puis', 'ensuite', 'suivi', 'de', 'point', 'tiret', 'espace', 'virgule', 'double', 'triple'];
const ENGLISH_FILLERS = ['and', 'then', 'dot', 'dash', 'space', 'hyphen', 'followed', 'by'];

const WORD = `(?:${Object.keys(DIGIT_WORDS)
  .sort((a, b) => b.length - a.length)
  .join('|')})`;
const FILLER = `(?:${[...FILLERS, ...ENGLISH_FILLERS].join('|')})`;
/** As in "01 99"; a comma too, since people read so, but see `isList`. */
const GAP = '[\\s.,;:()_–—-]{1,3}';
const PART = `(?<![a-z])${WORD}(?![a-z])|(?<![a-z])\\d+(?![a-z])`;
const RUN = new RegExp(`(?:${PART})(?:${GAP}(?:${FILLER}${GAP}){0,2}(?:${PART}))+`, 'g');
const PARTS = new RegExp(PART, 'g');
const SPOKEN = new RegExp(`(?<![a-z])${WORD}(?![a-z])`);
const FILLED = new RegExp(`(?<![a-z])${FILLER}(?![a-z])`);

/** As many digits as a French number has, without its zero; fewer are counts, dates and the like. */
const MIN_DIGITS = 9;
/** Nobody counts so far in words without "cent" or "mille": whatever it begins with, it is read digit by digit. */
const SURE_DIGITS = 11;
/** No département has these numbers, so that a list of them with commas is none of départements. */
const NO_DEPARTEMENT = /^(?:00|9[6-9])$/;

/** UTF-16 places in `plain`, which has ASCII digits and spaces only. */
export interface SpokenRun {
  readonly at: number;
  readonly length: number;
}

/** `plain` is text as phone-in-text.ts folds it. */
export function findSpokenNumbers(plain: string): SpokenRun[] {
  const text = withoutAccents(plain);
  const found: SpokenRun[] = [];
  for (const { 0: run, index } of text.matchAll(RUN)) {
    const parts = run.match(PARTS) ?? [];
    const digits = parts.reduce((sum, part) => sum + (DIGIT_WORDS[part] ?? part.length), 0);
    const like = SPOKEN.test(run)
      ? digits >= SURE_DIGITS || (digits >= MIN_DIGITS && startsLikeANumber(parts))
      : digits >= MIN_DIGITS && startsLikeANumber(parts) && !isList(run, parts);
    if (like) found.push({ at: index, length: run.length });
  }
  return found;
}

/** French numbers begin with a zero; nobody counts from there. */
function startsLikeANumber([first = '']: readonly string[]): boolean {
  return first.startsWith('0') || first === 'zero' || first === 'oh' || first === '33';
}

/** Départements, as in "01, 03, 38, 42 et 69", or what has no words between and so is the other search's. */
function isList(run: string, parts: readonly string[]): boolean {
  if (!/[,;]/.test(run)) return !FILLED.test(run);
  return !parts.some((part) => NO_DEPARTEMENT.test(part));
}

/** Each unit keeps its place. */
function withoutAccents(text: string): string {
  return Array.from({ length: text.length }, (_, i) => {
    const char = text.charAt(i);
    return char <= '\x7f' ? char : (char.normalize('NFD')[0] ?? char);
  })
    .join('')
    .toLowerCase();
}

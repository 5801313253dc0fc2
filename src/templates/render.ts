/**
 * Fills a wording in, for one region and one audience language: the exact characters that an authority approves and that
 * leave unchanged (R10). Transliterates here, never later; refuses text that cannot be carried, a service without a
 * number, and numbers from anywhere but the directory.
 */
import { createHash } from 'node:crypto';
import { TocsinError } from '../errors.ts';
import { findPhoneNumbers } from '../sms/phone-in-text.ts';
import { segment } from '../sms/segments.ts';
import { type Change, transliterate } from '../sms/transliteration.ts';
import { isRightToLeft, leftToRight } from './direction.ts';
import { printMoment, readMoment } from './moments.ts';
import { chooseNumbers, printDeafNumber, printNumbers, printServices } from './numbers.ts';
import { parameterProblems, textProblems, valueFor } from './parameters.ts';
import { type Problem, refuseProblems } from './problem.ts';
import type { PrintedNumber, RenderInput, Rendering, WordingUsed } from './rendering.ts';
import { compiled, FALLBACK_LANGUAGE, type Wording } from './template.ts';
import { findWording, MOST_SEGMENTS, reviewOf, segmentsAllowed, wordingOrFallback } from './wordings.ts';

const SOURCE_MAX_LENGTH = 60;

/** Throws `invalid` with every fault found: missing_number, phone_number_in_text, text_not_sendable, text_too_long, … */
export function render(input: RenderInput): Rendering {
  const { template, region, language, source } = input;
  const { printed, missing } = chooseNumbers(input);
  refuseProblems('The text cannot be written', [
    ...parameterProblems(template, input.parameters),
    ...(source === undefined ? [] : textProblems(source, SOURCE_MAX_LENGTH, '/source')),
    ...missing.map((service): Problem => {
      const message = `the directory has no number in force for service ${service} in ${region.name}`;
      return { code: 'missing_number', at: `region ${region.code}, service ${service}`, message };
    }),
  ]);

  const wordings = wordingsFor(input);
  const [first] = wordings;
  if (!first) throw new TocsinError('invalid', 'unknown_wording', `Template ${template.id} has no wording to use`);
  const where = `region ${region.code}, language ${language}`;
  const paragraphs = wordings.map((wording) => carry(fillIn(input, wording, printed), wording, where));
  const text = paragraphs.map((paragraph) => paragraph.text).join('\n');
  refuseStrangeNumbers(text, printed, where);
  const allowed = wordings.reduce((sum, wording) => sum + segmentsAllowed(template, wording), 0);
  const { encoding, units, segments } = cut(text, Math.min(MOST_SEGMENTS, allowed), where);
  return {
    region: region.code,
    language,
    wording: first.language,
    wordings: wordings.map(usedOf),
    text,
    encoding,
    units,
    segments,
    sha256: createHash('sha256').update(text, 'utf8').digest('hex'),
    numbers: printed,
    transliterated: inWholeText(paragraphs),
  };
}

/** The wording of the text, and those of the paragraphs that follow it. */
function wordingsFor({ template, region, language, appended = [] }: RenderInput): Wording[] {
  const wording = wordingOrFallback(template, region, language);
  if (!wording) return [];
  // Whoever asked for a language gets it alone; the fallback is for those of whom nobody may know what they read.
  const more = wording.language === FALLBACK_LANGUAGE ? appended : [];
  return [wording, ...more.flatMap((tag) => findWording(template, region, tag) ?? [])];
}

function usedOf(wording: Wording): WordingUsed {
  const review = reviewOf(wording);
  return { language: wording.language, file: wording.file, ...(review ? { review } : {}) };
}

/** The wording filled in, with all characters as meant. */
function fillIn(input: RenderInput, wording: Wording, printed: readonly PrintedNumber[]): string {
  const { template, region, status } = input;
  const values: Record<string, string> = {
    source: input.source ?? wording.source,
    region: region.name,
    of_region: region.ofName,
    code: region.code,
    time: printMoment(wording.moment, input.atMs, region.zone),
    services: printServices(input.services),
    numbers: printNumbers(printed),
    deaf: printDeafNumber(printed),
  };
  for (const { name, kind } of template.parameters) {
    const value = valueFor(name, wording.language, input.parameters);
    const ms = kind === 'moment' ? readMoment(value) : undefined;
    values[name] = ms === undefined ? value : printMoment(wording.moment, ms, region.zone);
  }
  const kept = isRightToLeft(wording.text)
    ? Object.fromEntries(Object.entries(values).map(([name, value]) => [name, leftToRight(value)]))
    : values;
  const body = String(compiled(wording).format(kept));
  const prefixed = status === 'Actual' ? body : `${wording.prefixes[status]} ${body}`;
  // A parameter left out leaves two spaces behind.
  return prefixed.replace(/ {2,}/g, ' ').trim();
}

interface Paragraph {
  readonly text: string;
  readonly changes: Change[];
  /** UTF-16 units before the changes. */
  readonly length: number;
}

/** The text as the wording's alphabet carries it. */
function carry(written: string, wording: Wording, where: string): Paragraph {
  const { length } = written.normalize('NFC');
  if (wording.alphabet === 'ucs2') return { text: written.normalize('NFC'), changes: [], length };
  const { text, changes, refused } = transliterate(written);
  const problems = refused.map(({ char, codePoint, at }): Problem => {
    const around = written.normalize('NFC').slice(Math.max(0, at - 10), at);
    return {
      code: 'text_not_sendable',
      at: where,
      message: `${codePoint} "${char}" after "${around}" has no plain form`,
    };
  });
  refuseProblems('The text has characters that cannot be sent', problems);
  return { text, changes, length };
}

/** The changes with their places in the paragraphs as they were before, joined. */
function inWholeText(paragraphs: readonly Paragraph[]): Change[] {
  let before = 0;
  return paragraphs.flatMap(({ changes, length }) => {
    const start = before;
    before += length + 1;
    return changes.map((change) => ({ ...change, at: change.at + start }));
  });
}

/** R1, of the whole: values harmless one by one may join to a number, so only what the directory gave may be left. */
function refuseStrangeNumbers(text: string, printed: readonly PrintedNumber[], where: string): void {
  const displays = [...new Set(printed.map(({ display }) => display))].sort((a, b) => b.length - a.length);
  const rest = displays.reduce((left, display) => left.replaceAll(display, '#'), text);
  const problems = findPhoneNumbers(rest).map(({ match }): Problem => {
    const message = `the text has ${match.length} characters like a phone number that is not in the directory`;
    return { code: 'phone_number_in_text', at: where, message };
  });
  refuseProblems('The text has a number that is not from the directory', problems);
}

function cut(text: string, maxSegments: number, where: string) {
  try {
    const { encoding, units, segments } = segment(text, { maxSegments });
    return { encoding, units, segments: segments.length };
  } catch (error) {
    if (!(error instanceof TocsinError)) throw error;
    throw new TocsinError('invalid', error.code, error.message, { faults: [{ at: where, message: error.message }] });
  }
}

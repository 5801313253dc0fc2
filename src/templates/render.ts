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
import { printMoment, readMoment } from './moments.ts';
import { chooseNumbers, printDeafNumber, printNumbers } from './numbers.ts';
import { parameterProblems, textProblems } from './parameters.ts';
import { type Problem, refuseProblems } from './problem.ts';
import type { PrintedNumber, RenderInput, Rendering } from './rendering.ts';
import { compiled, FALLBACK_LANGUAGE, type Language, type Template, type Wording } from './template.ts';

const SOURCE_MAX_LENGTH = 60;

/** Throws `invalid` with every fault found: missing_number, phone_number_in_text, text_not_sendable, text_too_long, … */
export function render(input: RenderInput): Rendering {
  const { template, region, language, status, source } = input;
  const { printed, missing } = chooseNumbers(input);
  refuseProblems('The text cannot be written', [
    ...parameterProblems(template, input.parameters),
    ...(source === undefined ? [] : textProblems(source, SOURCE_MAX_LENGTH, '/source')),
    ...missing.map((service): Problem => {
      const message = `the directory has no number in force for service ${service} in ${region.name}`;
      return { code: 'missing_number', at: `region ${region.code}, service ${service}`, message };
    }),
  ]);

  const wording = wordingFor(template, language);
  const values: Record<string, string> = {
    source: source ?? wording.source,
    region: region.name,
    of_region: region.ofName,
    code: region.code,
    time: printMoment(wording.moment, input.atMs, region.zone),
    services: input.services.join('/'),
    numbers: printNumbers(printed),
    deaf: printDeafNumber(printed),
  };
  for (const { name, kind } of template.parameters) {
    const value = Object.hasOwn(input.parameters, name) ? (input.parameters[name] ?? '').trim() : '';
    const ms = kind === 'moment' ? readMoment(value) : undefined;
    values[name] = ms === undefined ? value : printMoment(wording.moment, ms, region.zone);
  }

  const body = String(compiled(wording).format(values));
  const prefixed = status === 'Actual' ? body : `${wording.prefixes[status]} ${body}`;
  // A parameter left out leaves two spaces behind.
  const written = prefixed.replace(/ {2,}/g, ' ').trim();
  const where = `region ${region.code}, language ${language}`;
  const { text, changes } = carry(written, wording, where);
  refuseStrangeNumbers(text, printed, where);
  const { encoding, units, segments } = cut(text, template.maxSegments, where);
  return {
    region: region.code,
    language,
    wording: wording.language,
    text,
    encoding,
    units,
    segments,
    sha256: createHash('sha256').update(text, 'utf8').digest('hex'),
    numbers: printed,
    transliterated: changes,
  };
}

/** The wording in a language, in its base language (`fr-CA` → `fr`), or in the fallback that every template has. */
function wordingFor(template: Template, language: Language): Wording {
  const { wordings } = template;
  const wording = own(wordings, language) ?? own(wordings, language.split('-')[0] ?? '') ?? wordings[FALLBACK_LANGUAGE];
  if (wording) return wording;
  throw new TocsinError('invalid', 'unknown_wording', `Template ${template.id} has no wording in ${FALLBACK_LANGUAGE}`);
}

function own(wordings: Template['wordings'], language: Language): Wording | undefined {
  return Object.hasOwn(wordings, language) ? wordings[language] : undefined;
}

/** The text as the wording's alphabet carries it. */
function carry(written: string, wording: Wording, where: string): { text: string; changes: Change[] } {
  if (wording.alphabet === 'ucs2') return { text: written.normalize('NFC'), changes: [] };
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
  return { text, changes };
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

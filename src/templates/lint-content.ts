/** What a wording must say, and in which letters: each rule by its own function, each finding with its line. */
import { isGsm7 } from '../sms/gsm7.ts';
import { transliterate } from '../sms/transliteration.ts';
import { isRightToLeft } from './direction.ts';
import type { LintFinding, LintRule } from './lint-finding.ts';
import { parseMessage } from './placeholders.ts';
import { BUILT_IN_PLACEHOLDERS, type Template, type Wording } from './template.ts';
import { reviewOf, wordingDigest } from './wordings.ts';

const HEAD_LINE = 1;

export function contentFindings(template: Template, wording: Wording): LintFinding[] {
  return [
    ...placeholderFindings(template, wording),
    ...timeFindings(template, wording),
    ...prefixFindings(wording),
    ...alphabetFindings(wording),
    ...directionFindings(wording),
  ];
}

type Severity = LintFinding['severity'];

const finding = (
  { file, line }: Pick<Wording, 'file' | 'line'>,
  rule: LintRule,
  message: string,
  severity: Severity = 'error',
): LintFinding => ({ at: `${file}:${line}`, rule, message, severity });

const inHead = ({ file }: Wording) => ({ file, line: HEAD_LINE });

function placeholderFindings(template: Template, wording: Wording): LintFinding[] {
  const used = new Set(parseMessage(wording.text, wording.language).placeholders.keys());
  const findings: LintFinding[] = [];
  const error = (rule: LintRule, message: string) => findings.push(finding(wording, rule, message));
  if (!used.has('source')) error('source', 'must say who speaks: {source}');
  if (!used.has('region') && !used.has('of_region')) error('place', 'must name the place: {region} or {of_region}');
  if (!used.has('time')) error('time', 'must name the time: {time}');
  if (!asRead(wording.text).includes(asRead(wording.guidance))) {
    error('guidance', `must say what to do; its guidance "${wording.guidance}" is not in the text`);
  }
  if (template.numbers === 'required' && !used.has('numbers')) error('number', 'must name the number: {numbers}');
  if (template.numbers === 'none' && used.has('numbers')) error('number', 'this template has no numbers to name');
  if (template.numbers === 'none' && !used.has('services')) {
    error('number', 'must name the numbers that answer again: {services}');
  }
  if (!used.has('deaf')) error('114', 'must name the way for deaf and hard of hearing people: {deaf}');
  for (const { name } of template.parameters.filter((parameter) => !used.has(parameter.name))) {
    error('parameter', `parameter {${name}} is declared but not in the text`);
  }
  const known = new Set<string>([...BUILT_IN_PLACEHOLDERS, ...template.parameters.map(({ name }) => name)]);
  for (const name of used) {
    if (!known.has(name)) error('parameter', `{${name}} is neither a parameter nor filled in by Tocsin`);
  }
  return findings;
}

/** ICU's doubled apostrophe and a broken line are how a text is written, not how it reads. */
function asRead(text: string): string {
  return text.replaceAll('\n', ' ').replaceAll("''", "'");
}

/** A time that is not the text's own must be seen to be that of another SMS. */
function timeFindings(template: Template, wording: Wording): LintFinding[] {
  if (template.time === 'own') return [];
  const sentence = asRead(wording.text)
    .split(/[.!?؟](?:\s|$)/)
    .find((one) => one.includes('{time}'));
  if (sentence === undefined || sentence.includes('SMS')) return [];
  return [finding(wording, 'time', '{time} is that of the SMS before: the sentence must have the word SMS')];
}

/** R6: an exercise must be seen to be one, in every language. */
function prefixFindings(wording: Wording): LintFinding[] {
  const { prefixes } = wording;
  const findings: LintFinding[] = [];
  const error = (message: string) => findings.push(finding(inHead(wording), 'prefix', message));
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
  const { prefixes, source, moment, text, file, line } = wording;
  const fields = [prefixes.Exercise, prefixes.Test, source, moment];
  if (wording.alphabet === 'ucs2') {
    if (![text, ...fields].every(isGsm7)) return [];
    const message = 'GSM 7-bit carries all of it: without "alphabet: ucs2" a segment has 160 characters instead of 70';
    return [finding(inHead(wording), 'alphabet', message, 'warning')];
  }
  const lettersOf = (written: string, lineAt: (at: number) => number): LintFinding[] => {
    const { changes, refused } = transliterate(written);
    return [
      ...changes.map(({ from, to, at }) => {
        const message = `"${from}" is not in GSM 7-bit, "${to}" will be sent: write what you mean`;
        return finding({ file, line: lineAt(at) }, 'alphabet', message, 'warning');
      }),
      ...refused.map(({ char, codePoint, at }) => {
        const message = `${codePoint} "${char}" cannot be sent in GSM 7-bit, and has no plain form`;
        return finding({ file, line: lineAt(at) }, 'alphabet', message);
      }),
    ];
  };
  const lineInText = (at: number) => line + text.normalize('NFC').slice(0, at).split('\n').length - 1;
  return [...lettersOf(text, lineInText), ...fields.flatMap((field) => lettersOf(field, () => HEAD_LINE))];
}

/** Telephones take the direction of a text from its first letter (UAX #9, rule P2): that is the source's or the prefix's. */
function directionFindings(wording: Wording): LintFinding[] {
  const { text, source, prefixes } = wording;
  if (!isRightToLeft(text)) return [];
  const starts = [prefixes.Exercise, prefixes.Test, text.startsWith('{source}') ? source : text];
  return starts
    .filter((start) => !isRightToLeft(/\p{L}/u.exec(start)?.[0] ?? ''))
    .map((start) => {
      const message = `must begin with a letter of its own script, or telephones turn the text around: "${start.slice(0, 20)}"`;
      return finding(wording, 'direction', message);
    });
}

export function reviewFindings(wording: Wording): LintFinding[] {
  const { reviewedBy, reviewedAt, reviewedText } = wording;
  if (reviewOf(wording)) return [];
  const at = inHead(wording);
  if (!reviewedBy && !reviewedAt && !reviewedText) {
    const message = 'nobody who speaks the language has read it: refused for Actual notices unless waived';
    return [finding(at, 'review', message, 'warning')];
  }
  const digest = wordingDigest(wording);
  if (reviewedBy && reviewedAt && reviewedText) {
    const message = `was changed since ${reviewedBy} read it: have it read again, then write reviewed_text: ${digest}`;
    return [finding(at, 'review', message)];
  }
  return [finding(at, 'review', `a review is reviewed_by, reviewed_at and reviewed_text: ${digest}`)];
}

/**
 * Reads one file of a wording: its head, its text, and whatever in them could not be rendered. Refuses a telephone number
 * in the text, since it would reach every region whatever the directory says (R1).
 */
import { z } from 'zod';
import type { Fault } from '../errors.ts';
import { findPhoneNumbers } from '../sms/phone-in-text.ts';
import { readYaml, splitFrontMatter } from './front-matter.ts';
import { parseMessage } from './placeholders.ts';
import { compiled, type Language, type Wording } from './template.ts';

/** Which rule a file breaks that cannot be loaded: names for the lint. */
export const LOAD_RULES = ['file', 'head', 'icu', 'placeholder', 'phone number'] as const;

export interface LoadFault extends Fault {
  readonly rule: (typeof LOAD_RULES)[number];
}

const NUMBER_IN_WORDING = 'has a phone number: numbers come from the directory only, by {numbers}';

/** One line of text of a head. */
export const line = (max: number) => z.string().trim().min(1).max(max);

const WordingFields = z.strictObject({
  language: z.string(),
  title: line(160),
  source: line(40),
  guidance: line(60),
  moment: z
    .string()
    .regex(/\{hour\}.*\{minute\}/, 'must have {hour} and {minute}')
    .regex(/\{day\}.*\{month\}|\{month\}.*\{day\}/, 'must have {day} and {month}'),
  alphabet: z.enum(['gsm7', 'ucs2']).default('gsm7'),
  prefix_exercise: line(20),
  prefix_test: line(20),
  reviewed_by: line(100).nullish(),
  reviewed_at: z.iso.date().nullish(),
  reviewed_text: z
    .string()
    .regex(/^sha256:[0-9a-f]{12}$/, 'must be as tocsin templates lint says it')
    .nullish(),
});

interface Place {
  /** For findings: `<template>/<language>.txt`. */
  readonly file: string;
  readonly language: Language;
  /** Placeholders that will be filled in. */
  readonly known: ReadonlySet<string>;
  readonly authority?: string | undefined;
}

/** Undefined where the file cannot be used; why is added to `faults`. */
export function readWording(content: string, place: Place, faults: LoadFault[]): Wording | undefined {
  const { file, language, known, authority } = place;
  const split = splitFrontMatter(content);
  if (!split) {
    faults.push({ at: `${file}:1`, rule: 'head', message: 'must begin with front matter between two lines of ---' });
    return undefined;
  }
  const fields = readYaml(WordingFields, split.yaml, file, split.yamlLine);
  faults.push(...fields.faults.map((fault) => ({ ...fault, rule: 'head' as const })));
  const inText = textFaults(split.text, language, known).map(({ offset, ...fault }) => ({
    ...fault,
    at: `${file}:${split.textLine + split.text.slice(0, offset).split('\n').length - 1}`,
  }));
  faults.push(...inText);
  if (!fields.value) return undefined;
  if (fields.value.language !== language) {
    const message = `language: must be ${language}, as the file is named`;
    faults.push({ at: `${file}:${split.yamlLine}`, rule: 'head', message });
  }
  const { title, source, prefix_exercise: exercise, prefix_test: test } = fields.value;
  for (const [name, value] of Object.entries({ title, source, prefix_exercise: exercise, prefix_test: test })) {
    if (findPhoneNumbers(value).length === 0) continue;
    faults.push({ at: `${file}:${split.yamlLine}`, rule: 'phone number', message: `${name}: ${NUMBER_IN_WORDING}` });
  }
  if (inText.length > 0) return undefined;

  const { prefix_exercise: Exercise, prefix_test: Test, ...others } = fields.value;
  const { reviewed_by: by, reviewed_at: at, reviewed_text: text, ...rest } = others;
  const wording: Wording = {
    ...rest,
    file,
    line: split.textLine,
    prefixes: { Exercise, Test },
    ...(authority ? { authority } : {}),
    ...(by ? { reviewedBy: by } : {}),
    ...(at ? { reviewedAt: at } : {}),
    ...(text ? { reviewedText: text } : {}),
    text: split.text,
  };
  compiled(wording);
  return wording;
}

type TextFault = Omit<LoadFault, 'at'> & { offset: number };

function textFaults(text: string, language: Language, known: ReadonlySet<string>): TextFault[] {
  const parsed = parseMessage(text, language);
  const faults: TextFault[] = [
    ...parsed.faults.map((fault) => ({ ...fault, rule: 'icu' as const })),
    ...[...parsed.placeholders]
      .filter(([name]) => !known.has(name))
      .map(([name, offset]) => {
        const message = `{${name}} is neither a parameter nor filled in by Tocsin`;
        return { rule: 'placeholder' as const, message, offset };
      }),
    ...findPhoneNumbers(text).map(({ at }) => ({
      rule: 'phone number' as const,
      message: NUMBER_IN_WORDING,
      offset: at,
    })),
  ];
  return text === '' ? [...faults, { rule: 'head', message: 'has no text', offset: 0 }] : faults;
}

/**
 * Checks the values that an author gives for a template's parameters. Refuses anything a reader could dial: alternative
 * numbers come from the directory alone, since a national alert once sent everybody to a newspaper's line (R1).
 */
import { findPhoneNumbers } from '../sms/phone-in-text.ts';
import { readMoment } from './moments.ts';
import type { Problem } from './problem.ts';
import type { Template } from './template.ts';

/** Controls, and overrides of direction, which would show other words than those approved. */
const UNPRINTABLE = /[\p{Cc}\u202d\u202e]/u;

/** `advice.de`: a text for those who read German. Without one they get the text as it stands under `advice`. */
const TRANSLATED = /^([a-z_]+)\.([a-z]{2,3})$/;

/** What an author gave for a parameter in a language, else in none; empty when nothing. */
export function valueFor(name: string, language: string, values: Readonly<Record<string, string>>): string {
  const base = language.split('-')[0] ?? '';
  const key = [`${name}.${language}`, `${name}.${base}`, name].find((one) => Object.hasOwn(values, one));
  return key === undefined ? '' : (values[key] ?? '').trim();
}

/** Every fault of the values, at `<at>/<name>`. */
export function parameterProblems(
  template: Template,
  values: Readonly<Record<string, string>>,
  at = '/parameters',
): Problem[] {
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (template.parameters.some((spec) => spec.name === name)) continue;
    const base = TRANSLATED.exec(name)?.[1];
    const spec = template.parameters.find((one) => one.name === base && one.kind === 'text');
    if (spec) {
      problems.push(...textProblems(value, spec.maxLength, `${at}/${name}`));
      continue;
    }
    const names = template.parameters.map((spec) => spec.name).join(', ') || 'none';
    const message = `template ${template.id} has no parameter ${name}; its parameters: ${names}`;
    problems.push({ code: 'unknown_parameter', at: `${at}/${name}`, message });
  }
  for (const spec of template.parameters) {
    const value = Object.hasOwn(values, spec.name) ? values[spec.name] : undefined;
    const place = `${at}/${spec.name}`;
    if (value === undefined || value.trim() === '') {
      if (spec.required) {
        problems.push({ code: 'missing_parameter', at: place, message: `is needed: ${spec.description}` });
      }
      continue;
    }
    if (spec.kind === 'moment') {
      if (readMoment(value) === undefined) {
        const message = 'must be an RFC 3339 time with an offset, such as 2026-06-02T18:00:00+02:00';
        problems.push({ code: 'invalid_parameter', at: place, message });
      }
      continue;
    }
    problems.push(...textProblems(value, spec.maxLength, place));
  }
  return problems;
}

/** Faults of any free text that ends up in a message. */
export function textProblems(value: string, maxLength: number, at: string): Problem[] {
  const problems: Problem[] = [];
  for (const found of findPhoneNumbers(value)) {
    const message = `has a phone number at character ${found.at + 1}: numbers come from the directory only`;
    problems.push({ code: 'phone_number_in_text', at, message });
  }
  if (value.length > maxLength) {
    const message = `has ${value.length} characters, ${maxLength} are allowed`;
    problems.push({ code: 'invalid_parameter', at, message });
  }
  if (UNPRINTABLE.test(value)) {
    problems.push({ code: 'invalid_parameter', at, message: 'must have no control characters' });
  }
  return problems;
}

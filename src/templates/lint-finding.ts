/** What the lint says, and by which rule. */
import { LOAD_RULES } from './wording-file.ts';

export const LINT_RULES = [
  'source',
  'place',
  'time',
  'guidance',
  'number',
  '114',
  'parameter',
  'prefix',
  'alphabet',
  'direction',
  'language',
  'segments',
  'review',
  ...LOAD_RULES,
] as const;
export type LintRule = (typeof LINT_RULES)[number];

export interface LintFinding {
  /** `<template>/<language>.txt:<line>`. */
  readonly at: string;
  readonly rule: LintRule;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

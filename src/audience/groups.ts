/** Groups by number: region × 128 + language, so that a line's region and language fit in a few bits. */
import { REGIONS } from '../directory/regions.ts';
import { LANGUAGES } from './languages.ts';

const LANGUAGES_PER_REGION = 128;

/** Above every group's number: 14 bits. */
export const GROUPS = 16_384;

export const groupOf = (region: number, language: number): number => region * LANGUAGES_PER_REGION + language;

export const groupName = (group: number): { region: string; language: string } => ({
  region: REGIONS[Math.trunc(group / LANGUAGES_PER_REGION)]!.code,
  language: LANGUAGES[group % LANGUAGES_PER_REGION]!,
});

/** What an audience is to everybody else: an immutable, counted set of recipients by region and language. */

/** The recipients of one region who are told in one language. */
export interface AudienceGroup {
  /** INSEE code. */
  readonly region: string;
  readonly language: string;
  readonly recipients: number;
  readonly blocks: number;
}

export interface AudienceSnapshot {
  readonly name: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly recipients: number;
  /** Sorted by region, then language. */
  readonly groups: readonly AudienceGroup[];
  /** Recipients in ranges reserved for fiction, and under country code 999: for exercises only (requirement R22). */
  readonly fictional: number;
  readonly unassigned: number;
  /** Lines of the file, without the header and empty ones: recipients + duplicates + rejected. */
  readonly lines: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly rejectedByReason: Readonly<Record<string, number>>;
  /** The same people in the same groups give the same digest: SHA-256 over each group's header and SHA-256 of its sorted numbers, 8 bytes each. */
  readonly digest: string;
  /** Its recipients' time is over: they are being removed since the one, and are gone since the other. */
  readonly purgingSince?: string;
  readonly purgedAt?: string;
}

/** Why a line is no recipient. The order is that of their codes in an import (fields.ts). */
export const REJECTIONS = [
  'wrong_number_of_columns',
  'unknown_region',
  'unknown_language',
  'not_a_number',
  'too_short',
  'too_long',
  'no_such_french_number',
] as const;
export type Rejection = (typeof REJECTIONS)[number];

/** How far an import has come: `receiving` reads and sorts as well. `fraction` of the phase, where it is known. */
export interface ImportProgress {
  readonly phase: 'receiving' | 'writing';
  readonly bytes?: number;
  readonly lines?: number;
  readonly recipients?: number;
  readonly fraction?: number;
}

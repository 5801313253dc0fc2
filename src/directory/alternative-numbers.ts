/**
 * The registry of alternative numbers: which number to dial instead of a service, in a region, and who verified it by a
 * test call. The only source of numbers in a text (requirement R1).
 */

/** The region code of entries that hold for the whole country, used where a region has none of its own. */
export const NATIONAL = 'FR';

export interface AlternativeNumber {
  /** INSEE code, or `FR`. */
  readonly region: string;
  readonly service: string;
  /** E.164 digits. */
  readonly number: string;
  /** As printed: "02 61 91 00 35". */
  readonly display: string;
  readonly owner: string;
  /** RFC 3339; in force from the one, up to but not including the other. */
  readonly validFrom?: string;
  readonly validUntil?: string;
  readonly enteredBy: string;
  readonly enteredAt: string;
  readonly verification?: Verification;
  readonly version: number;
}

/** A test call made by somebody else than who entered the number. */
export interface Verification {
  readonly by: string;
  readonly at: string;
  readonly note?: string;
}

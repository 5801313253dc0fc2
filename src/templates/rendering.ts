/** The final text for one region and one language: the shape that notices freeze, authorities approve and lanes send. */
import type { AlternativeNumber } from '../directory/alternative-numbers.ts';
import type { Level } from '../directory/places.ts';
import type { Region } from '../directory/regions.ts';
import type { Language, Template } from './template.ts';
import type { Review } from './wordings.ts';

export type NoticeStatus = 'Actual' | 'Exercise' | 'Test';

export interface RenderInput {
  readonly template: Template;
  readonly region: Region;
  /** Language of the audience group. */
  readonly language: Language;
  readonly status: NoticeStatus;
  /** Affected services by short number. */
  readonly services: readonly string[];
  /** What the directory has for this region and these services; nothing else is ever printed as a number. */
  readonly numbers: readonly AlternativeNumber[];
  readonly parameters: Readonly<Record<string, string>>;
  /** The time printed, in the region's own zone. */
  readonly atMs: number;
  /** Who speaks; without it the wording's own source. */
  readonly source?: string;
  /** Languages that are put behind a text in the fallback language, each in a paragraph of its own. */
  readonly appended?: readonly Language[];
}

/** Where a text, or a paragraph of it, came from. */
export interface WordingUsed {
  readonly language: Language;
  /** `emergency-numbers-hard-to-reach/fr.txt`. */
  readonly file: string;
  /** Absent where nobody who speaks the language has read it. */
  readonly review?: Review;
}

/** A number as it stands in a text, with the place of the directory it came from: "35", "R53" or "FR". */
export interface PrintedNumber {
  readonly service: string;
  /** E.164 digits. */
  readonly number: string;
  /** As printed. */
  readonly display: string;
  readonly region: string;
  readonly from: Level;
  /** RFC 3339; when the last test call was made. */
  readonly verifiedAt?: string;
}

export interface Rendering {
  readonly region: string;
  /** Language of the audience group. */
  readonly language: Language;
  /** Language of the text: the fallback where the group's own has no wording. */
  readonly wording: Language;
  /** In the order of the text; absent in texts that were frozen before it was kept. */
  readonly wordings?: readonly WordingUsed[];
  readonly text: string;
  readonly encoding: 'gsm7' | 'ucs2';
  readonly units: number;
  readonly segments: number;
  /** Hex, of the UTF-8 text. */
  readonly sha256: string;
  readonly numbers: readonly PrintedNumber[];
  /** What GSM 7-bit lacks and what stands for it; `at` is a UTF-16 index in the text before the change. */
  readonly transliterated: readonly { readonly from: string; readonly to: string; readonly at: number }[];
}

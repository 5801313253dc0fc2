/** The final text for one region and one language: the shape that notices freeze, authorities approve and lanes send. */
import type { AlternativeNumber } from '../directory/alternative-numbers.ts';
import type { Region } from '../directory/regions.ts';
import type { Language, Template } from './template.ts';

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
}

/** A number as it stands in a text, with the region of the directory it came from (`FR` when nation-wide). */
export interface PrintedNumber {
  readonly service: string;
  /** E.164 digits. */
  readonly number: string;
  /** As printed. */
  readonly display: string;
  readonly region: string;
}

export interface Rendering {
  readonly region: string;
  /** Language of the audience group. */
  readonly language: Language;
  /** Language of the text: the fallback where the group's own has no wording. */
  readonly wording: Language;
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

/**
 * What a template is: one kind of notice, worded in several languages, as read from the top-level folder `templates/`.
 * Owns the shapes and the compiled messages; reading is in load.ts, filling in is in render.ts. Plain data throughout,
 * so that a template can be shown as JSON.
 */
import { IntlMessageFormat } from 'intl-messageformat';

/** BCP 47: `fr`, `en`. */
export type Language = string;

/** A value the author of a notice gives. `text` is free text, `moment` an RFC 3339 time, printed in the region's zone. */
interface ParameterSpec {
  readonly name: string;
  readonly kind: 'text' | 'moment';
  readonly description: string;
  readonly required: boolean;
  /** UTF-16 units, of a text. */
  readonly maxLength: number;
}

/** The text of a template in one language: ICU MessageFormat and what its front matter says. */
export interface Wording {
  readonly language: Language;
  /** `emergency-numbers-hard-to-reach/fr.txt`, for findings. */
  readonly file: string;
  /** Line of the file on which the text begins, 1-based. */
  readonly line: number;
  /** Headline of the CAP message. */
  readonly title: string;
  /** Who speaks, where the notice names nobody else: `Préfecture`. */
  readonly source: string;
  /** The words of the text that say what to do; lint looks for them. */
  readonly guidance: string;
  /** How a time is printed, of {day} {month} {hour} {minute}. */
  readonly moment: string;
  /** `ucs2` for languages that GSM 7-bit cannot write: nothing is transliterated then. */
  readonly alphabet: 'gsm7' | 'ucs2';
  /** Put before the text when the notice is no Actual one. */
  readonly prefixes: { readonly Exercise: string; readonly Test: string };
  /** Id of the authority whose own wording it is; none: the common one. */
  readonly authority?: string;
  /** A native reader, by name. */
  readonly reviewedBy?: string;
  /** YYYY-MM-DD. */
  readonly reviewedAt?: string;
  /** Digest of what was read (wordings.ts): a change of the wording ends its review. */
  readonly reviewedText?: string;
  /** As in the file; its line breaks are printed as spaces. */
  readonly text: string;
}

export interface Template {
  readonly id: string;
  readonly title: string;
  /** CAP event in French, as people read it. */
  readonly event: string;
  /** OASIS event code (CAP Event Terms List), e.g. `OET-074`. */
  readonly eventCode: string;
  readonly category: 'Infra';
  /** Whether every affected service must have an alternative number in every region. */
  readonly numbers: 'required' | 'none';
  /** What {time} prints: the notice's own time, or that of the notice it follows, whose SMS the text then names. */
  readonly time: 'own' | 'followed';
  /** Segments of GSM 7-bit. */
  readonly maxSegments: number;
  readonly parameters: readonly ParameterSpec[];
  /** The common wordings. */
  readonly wordings: Wordings;
  /** Wordings of an authority's own, by its id, used in its regions before the common ones. */
  readonly authorities: Readonly<Record<string, Wordings>>;
}

export type Wordings = Readonly<Record<Language, Wording>>;

/** The language every template is worded in, used where an audience's own language has no wording. */
export const FALLBACK_LANGUAGE = 'fr';

/** Placeholders that Tocsin fills in itself; every other one is a parameter of the template. */
export const BUILT_IN_PLACEHOLDERS = [
  'source',
  'region',
  'of_region',
  'code',
  'time',
  'services',
  'numbers',
  'deaf',
] as const;

const compiledMessages = new WeakMap<Wording, IntlMessageFormat>();

/** The compiled message of a wording, made once: compiling costs a hundred times what filling in does. */
export function compiled(wording: Wording): IntlMessageFormat {
  let message = compiledMessages.get(wording);
  if (message === undefined) {
    // Lines are broken for whoever edits the file; on a telephone the text runs on.
    const text = wording.text.replaceAll('\n', ' ');
    message = new IntlMessageFormat(text, wording.language, undefined, { ignoreTag: true });
    compiledMessages.set(wording, message);
  }
  return message;
}

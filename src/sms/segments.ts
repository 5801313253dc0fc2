/**
 * Cuts a text into segments: 160 septets or 70 units alone, 153 or 67 behind the concatenation header (3GPP TS 23.040
 * §9.2.3.24.1). Owns the limits and the choice of encoding; refuses empty texts and texts of too many segments.
 * Changes no character: the segments joined are the text.
 */
import { TocsinError } from '../errors.ts';
import { isGsm7, septetsOf } from './gsm7.ts';
import { refuseLoneSurrogates } from './ucs2.ts';

export type Encoding = 'gsm7' | 'ucs2';

/** A text cut for the air. */
export interface Segmented {
  encoding: Encoding;
  /** Septets or 16-bit units of the whole text, headers and unused room not counted. */
  units: number;
  segments: string[];
  /** Room of each segment: the limit of one alone or of one in a concatenation. */
  unitsPerSegment: number;
  /** Units still free in the last segment. */
  remaining: number;
}

/** 140 octets of user data; the header takes 6 of them, and one fill bit in GSM 7-bit. */
export const SEGMENT_LIMITS = {
  gsm7: { alone: 160, concatenated: 153 },
  ucs2: { alone: 70, concatenated: 67 },
} as const satisfies Record<Encoding, { alone: number; concatenated: number }>;

const DEFAULT_MAX_SEGMENTS = 8;

const graphemes = new Intl.Segmenter('fr', { granularity: 'grapheme' });

/**
 * Cuts a text into segments: in the encoding given, else in GSM 7-bit when all of it is in that alphabet, else in UCS-2.
 * No extension pair or surrogate pair is cut; a letter and its combining marks only where more segments would be needed.
 * Throws `invalid/empty_text`, `invalid/text_too_long`, `invalid/lone_surrogate`.
 */
export function segment(text: string, options: { maxSegments?: number; encoding?: 'ucs2' } = {}): Segmented {
  const { maxSegments = DEFAULT_MAX_SEGMENTS } = options;
  if (text === '') throw new TocsinError('invalid', 'empty_text', 'the text is empty');

  const encoding: Encoding = options.encoding ?? (isGsm7(text) ? 'gsm7' : 'ucs2');
  if (encoding === 'ucs2') refuseLoneSurrogates(text);

  const limits = SEGMENT_LIMITS[encoding];
  const units = unitsOf(text, encoding);
  const unitsPerSegment = units <= limits.alone ? limits.alone : limits.concatenated;
  const segments = cut(text, encoding, unitsPerSegment);

  if (segments.length > maxSegments) {
    const at = segments.slice(0, maxSegments).join('').length;
    const message = `the text takes ${segments.length} segments, ${maxSegments} are allowed`;
    const faults = [{ at: `index ${at}`, message: 'here the allowed segments are full' }];
    throw new TocsinError('invalid', 'text_too_long', message, { faults });
  }
  return {
    encoding,
    units,
    segments,
    unitsPerSegment,
    remaining: unitsPerSegment - unitsOf(segments.at(-1)!, encoding),
  };
}

/** Units of a text in an encoding it is known to fit. */
function unitsOf(text: string, encoding: Encoding): number {
  if (encoding === 'ucs2') return text.length;
  let septets = 0;
  for (const char of text) septets += septetsOf(char);
  return septets;
}

function cut(text: string, encoding: Encoding, limit: number): string[] {
  const byCharacter = fill([...text], encoding, limit);
  if (encoding === 'gsm7') return byCharacter;

  // Each segment is one more message on the air for everyone, and handsets join segments before they draw them:
  // whole graphemes are worth having, but not worth a segment.
  const wholeGraphemes = [...graphemes.segment(text)].flatMap(({ segment: grapheme }) =>
    grapheme.length <= limit ? [grapheme] : [...grapheme],
  );
  const byGrapheme = fill(wholeGraphemes, encoding, limit);
  return byGrapheme.length === byCharacter.length ? byGrapheme : byCharacter;
}

/** Fills segments greedily with pieces that are never cut. */
function fill(pieces: readonly string[], encoding: Encoding, limit: number): string[] {
  const segments: string[] = [];
  let current = '';
  let used = 0;
  for (const piece of pieces) {
    const width = unitsOf(piece, encoding);
    if (used + width > limit) {
      segments.push(current);
      current = '';
      used = 0;
    }
    current += piece;
    used += width;
  }
  segments.push(current);
  return segments;
}

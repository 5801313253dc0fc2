/**
 * What an approved text becomes on a route: how many segments, in which alphabet, in which octets. The characters are
 * those that were approved, or the route is refused; it never replaces one (R10).
 */
import { type Fault, TocsinError } from '../errors.ts';
import { charactersLacking } from '../sms/alphabets.ts';
import { encodeSegments } from '../sms/encode.ts';
import { codePointName, isGsm7 } from '../sms/gsm7.ts';
import { type Segmented, segment } from '../sms/segments.ts';
import type { Rendering } from '../templates/rendering.ts';
import type { Route } from './routes.ts';

type Writing = Pick<Route, 'alphabet' | 'dataCoding'>;

/** The text cut for the route's alphabet. Throws `invalid/text_too_long` where that takes more segments than allowed. */
function cut(text: string, { alphabet }: Writing): Segmented {
  return segment(text, alphabet === 'ucs2' ? { encoding: 'ucs2' } : {});
}

/** data_coding and the octets of each segment, without header. Throws `invalid` where the route cannot carry the text. */
export function wireText(text: string, route: Writing): { dataCoding: number; payloads: Uint8Array[] } {
  const { alphabet } = route;
  const segmented = cut(text, route);
  const { dataCoding, payloads } = encodeSegments(segmented, alphabet === 'ucs2' ? 'gsm7' : alphabet);
  const own = segmented.encoding === 'gsm7' ? route.dataCoding : undefined;
  return { dataCoding: own ?? dataCoding, payloads };
}

/** Renderings are immutable, and few. */
const counted = new WeakMap<Pick<Rendering, 'text'>, number>();

/** Segments of a rendering on the air when the route carries it: the approved number, or more where all goes as UCS-2. */
export function segmentsOnWire(rendering: Pick<Rendering, 'text' | 'encoding' | 'segments'>, route: Writing): number {
  if (route.alphabet !== 'ucs2' || rendering.encoding === 'ucs2') return rendering.segments;
  const known = counted.get(rendering);
  if (known !== undefined) return known;
  const segments = cut(rendering.text, route).segments.length;
  counted.set(rendering, segments);
  return segments;
}

/** Why a route cannot carry a rendering as it was approved; undefined when it can. */
export function whyNotCarried(
  rendering: Pick<Rendering, 'region' | 'language' | 'text'>,
  route: Writing & Pick<Route, 'id'>,
): Fault | undefined {
  const { region, language, text } = rendering;
  const at = `/renderings/${region}/${language}`;
  const { alphabet, id } = route;
  if (alphabet === 'ucs2') {
    try {
      cut(text, route);
    } catch (error) {
      if (!(error instanceof TocsinError)) throw error;
      return { at, message: `route "${id}" sends all as UCS-2, and ${error.message}` };
    }
    return undefined;
  }
  const lacking = isGsm7(text) ? charactersLacking(text, alphabet) : [];
  if (lacking.length === 0) return undefined;
  const named = lacking.map(({ char }) => codePointName(char)).join(', ');
  return { at, message: `route "${id}" has ${alphabet} for its alphabet, which lacks ${named}` };
}

/** Throws `invalid` / `text_not_carried` with a fault for every rendering that the route cannot carry as approved. */
export function requireCarried(
  renderings: readonly Pick<Rendering, 'region' | 'language' | 'text'>[],
  route: Writing & Pick<Route, 'id'>,
): void {
  const faults = renderings.flatMap((rendering) => whyNotCarried(rendering, route) ?? []);
  if (faults.length === 0) return;
  const message = `The route "${route.id}" cannot carry ${faults.length === 1 ? 'a text' : `${faults.length} texts`}`;
  throw new TocsinError('invalid', 'text_not_carried', message, { faults });
}

/**
 * Days without an hour, as people write them into a table: "valid until 2026-12-31" holds all that day long, where the
 * number is for. Turns them into moments when they are entered, so that nothing else has to know of them.
 */
import { departementsOf } from './places.ts';
import { findRegion } from './regions.ts';

const DAY = /^\d{4}-\d\d-\d\d$/;
const DAY_MS = 86_400_000;
/** Of entries for the whole country, and of places that there are not. */
const COUNTRY_ZONE = 'Europe/Paris';

interface Span {
  readonly validFrom?: string | undefined;
  readonly validUntil?: string | undefined;
}

/** `validFrom` a day: from its first moment on; `validUntil` a day: up to the first moment of the next. Times stay as they are. */
export function inMoments<I extends Span & { readonly region: string }>(input: I): I {
  const { region, validFrom, validUntil } = input;
  return {
    ...input,
    ...(validFrom === undefined ? {} : { validFrom: startMoment(validFrom, region) }),
    ...(validUntil === undefined ? {} : { validUntil: endMoment(validUntil, region) }),
  };
}

/** RFC 3339 of a real day, or of what has an hour already. */
export function startMoment(text: string, place: string): string {
  return DAY.test(text) ? midnight(text, zoneOf(place)) : text;
}

export function endMoment(text: string, place: string): string {
  if (!DAY.test(text)) return text;
  const next = new Date(Date.parse(`${text}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
  return midnight(next, zoneOf(place));
}

function zoneOf(place: string): string {
  const [first = ''] = departementsOf(place);
  return findRegion(first)?.zone ?? COUNTRY_ZONE;
}

function midnight(day: string, zone: string): string {
  // Clocks change at 01:00 UTC, in Europe alone: the offset of the place's midnight is that of UTC's.
  return `${day}T00:00:00${offsetAt(Date.parse(`${day}T00:00:00Z`), zone)}`;
}

/** "+01:00". */
function offsetAt(atMs: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(atMs);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return name.replace('GMT', '') || '+00:00';
}

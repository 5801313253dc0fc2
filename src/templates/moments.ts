/** Times as texts print them: in the region's own zone (Réunion is not Paris), by the pattern of the wording. */

const formats = new Map<string, Intl.DateTimeFormat>();
/** The last time printed in each zone: all texts of a notice print the same, and taking it apart is slow. */
const lastParts = new Map<string, { readonly atMs: number; readonly parts: ReadonlyMap<string, string> }>();

/** `pattern` has {day} {month} {hour} {minute}; each becomes two digits. */
export function printMoment(pattern: string, atMs: number, zone: string): string {
  const parts = partsOf(atMs, zone);
  return pattern.replace(/\{(day|month|hour|minute)\}/g, (_, name: string) => parts.get(name) ?? '');
}

function partsOf(atMs: number, zone: string): ReadonlyMap<string, string> {
  const last = lastParts.get(zone);
  if (last?.atMs === atMs) return last.parts;
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      day: '2-digit',
      month: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type as string, value]));
  lastParts.set(zone, { atMs, parts });
  return parts;
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** ms since epoch of an RFC 3339 time with an offset; undefined when it is none. */
export function readMoment(text: string): number | undefined {
  const ms = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

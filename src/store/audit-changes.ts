/**
 * What an act changed in a record: the fields by their place, as they were and as they are. Long values are told by
 * their hash, so that an entry stays small and no text is in the log twice; hidden fields only by the fact.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import canonicalize from 'canonicalize';

/** A record's change. Places are JSON pointers; one that was not there before, or is not any more, stands on one side only. */
export interface RecordChange {
  /** `notice/<id>`. */
  readonly record: string;
  /** The version that it made. */
  readonly version: number;
  /** Absent for a new record. */
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
}

/** Characters of a value's JSON; longer ones become `sha256:<hex of RFC 8785 JSON>`. */
const LONGEST = 160;
/** Where more places differ, larger parts are told as one. */
const MOST_PLACES = 24;
const HIDDEN = 'hidden';

interface Difference {
  readonly at: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** `before` undefined: a new record. `hidden`: fields of the record whose values nobody may read. */
export function recordChange(
  name: { readonly record: string; readonly version: number },
  before: unknown,
  after: unknown,
  hidden: readonly string[] = [],
): RecordChange {
  const places = hidden.map((field) => pointerTo('', field));
  const side = (of: 'before' | 'after') =>
    Object.fromEntries(
      found
        .filter((difference) => difference[of] !== undefined)
        .map(({ at, [of]: value }) => [at, places.includes(at) ? HIDDEN : told(value)]),
    );
  const found = before === undefined ? differences({}, after, 1, places) : fewEnough(before, after, places);
  return { ...name, ...(before === undefined ? {} : { before: side('before') }), after: side('after') };
}

function fewEnough(before: unknown, after: unknown, hidden: readonly string[]): Difference[] {
  for (const depth of [8, 3, 2]) {
    const found = differences(before, after, depth, hidden);
    if (found.length <= MOST_PLACES) return found;
  }
  return differences(before, after, 1, hidden);
}

function differences(before: unknown, after: unknown, depth: number, whole: readonly string[], at = ''): Difference[] {
  // Both sides were read from JSON. A country's texts are half a megabyte: they are compared, not written out again.
  if (isDeepStrictEqual(before, after)) return [];
  if (depth === 0 || whole.includes(at) || !alike(before, after)) return [{ at, before, after }];
  const [old, now] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const fields = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...fields].flatMap((field) => differences(old[field], now[field], depth - 1, whole, pointerTo(at, field)));
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const alike = (a: unknown, b: unknown): boolean => isObject(a) && isObject(b) && Array.isArray(a) === Array.isArray(b);

/** RFC 6901. */
const pointerTo = (at: string, field: string): string => `${at}/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;

function told(value: unknown): unknown {
  const json = canonicalize(value) ?? '';
  return json.length <= LONGEST ? value : `sha256:${createHash('sha256').update(json).digest('hex')}`;
}

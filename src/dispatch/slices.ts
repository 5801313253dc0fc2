/**
 * A claim may hold segments of several moments, since few claims cost less than many: it is written in slices, each at its
 * own moment, so that what is claimed together does not leave in a bunch.
 */
import type { Due } from './dues.ts';

/** Segments of one rate, oldest first, and how to wait for the moment of so many of them. */
export interface Timeline {
  readonly dues: readonly Due[];
  /** The function returned waits until they may leave; it rejects when the store refuses, and may be called again. */
  readonly moment: (at: number, segments: number) => () => Promise<void>;
}

export interface Slice {
  readonly slots: number;
  /** Waits until the slots may be written. */
  readonly moment: () => Promise<void>;
}

type Wait = Slice['moment'];

const ignore = (): void => {};

/** Slots (`each`: segments of one) that are fully due by then, of every moment. */
function boundaries(dues: readonly Due[], each: number): number[] {
  let segments = 0;
  return dues.map((due) => {
    segments += due.segments;
    return Math.floor(segments / each);
  });
}

/** Cuts `slots` of `each` segments where the moment of either timeline changes. A slot waits for its last segment. */
export function slicesOf(slots: number, each: number, route: Timeline, region?: Timeline): Slice[] {
  const timelines = region ? [route, region] : [route];
  const ends = timelines.map(({ dues }) => boundaries(dues, each));
  const cuts = [...new Set([...ends.flat(), slots])].filter((cut) => cut > 0 && cut <= slots).sort((a, b) => a - b);
  const counts = cuts.map((cut, i) => cut - (i === 0 ? 0 : cuts[i - 1]!));
  const [ofRoute, ofRegion] = timelines.map(({ dues, moment }, k) =>
    cuts.map((cut, i) => {
      const due = dues[ends[k]!.findIndex((end) => end >= cut)] ?? dues.at(-1)!;
      return moment(due.at, counts[i]! * each);
    }),
  );
  const moments = ofRegion ? together(ofRoute!, ofRegion) : ofRoute!;
  return counts.map((count, i) => ({ slots: count, moment: moments[i]! }));
}

/**
 * Waits for both moments of each slice. What is late for one by having waited for the other would be given a new moment, and
 * then be late for the other: so the route's are waited for at once, and the region's, which is scarcer, counts last.
 */
function together(ofRoute: readonly Wait[], ofRegion: readonly Wait[]): Wait[] {
  let begun: Promise<void>[] | undefined;
  const begin = () => {
    const all = ofRoute.map((wait) => wait());
    for (const each of all) each.catch(ignore); // its slice tries again
    return all;
  };
  return ofRegion.map((region, i) => async () => {
    begun ??= begin();
    await Promise.all([begun[i]!.catch(() => ofRoute[i]!()), region()]);
    await region();
  });
}

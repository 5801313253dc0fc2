/** Random moments that a seed repeats: points in the progress of a broadcast, never times of day. */
import { createHash } from 'node:crypto';

/** A number from 0 up to 1. */
export type Random = () => number;

/** Strikes come after this part of a broadcast and before that one, so that there is a before and an after to each. */
const FROM = 0.08;
const UNTIL = 0.85;

/** The same parts give the same numbers (mulberry32); a fault's moments do not depend on which other faults run. */
export function seededRandom(...parts: readonly (string | number)[]): Random {
  let state = createHash('sha256').update(parts.join('\n')).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` points in a progress of `total`, ascending: one somewhere in each of as many equal spans. */
export function momentsOf(random: Random, count: number, total: number): number[] {
  const span = ((UNTIL - FROM) * total) / count;
  return Array.from({ length: count }, (_, i) => Math.floor(FROM * total + (i + random()) * span));
}

export const between = (random: Random, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));

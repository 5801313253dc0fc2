/** What is done to octets that were right: each mutation keeps most of them, so that what follows is still reached. */
import type { Random } from './random.ts';

/** What a session takes at most; a mutation makes nothing longer. */
const MOST_OCTETS = 65_536;
const HEADER_OCTETS = 16;
const MOST_MUTATIONS = 6;

/** Values at which lengths, counts and types turn over. */
const EDGES = [0, 1, 0x0f, 0x10, 0x7f, 0x80, 0xfe, 0xff] as const;
const EDGES_16 = [0, 1, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1e, 0x0424, 0x0427] as const;
const EDGES_32 = [0, 1, 15, 16, 17, 0xffff, 0x10000, 0x10001, 0x7fffffff, 0x80000000, 0xffffffff] as const;

type Mutation = (random: Random, octets: Buffer, from: number, corpus: readonly Buffer[]) => Buffer;

const place = (random: Random, octets: Buffer, from: number): number => from + random.below(octets.length - from + 1);

function set(octets: Buffer, at: number, value: number, size: 1 | 2 | 4): Buffer {
  if (at + size > octets.length) return octets;
  const changed = Buffer.from(octets);
  changed.writeUIntBE(value, at, size);
  return changed;
}

/** A stretch of at most `most` octets. */
function stretch(random: Random, octets: Buffer, from: number, most: number): [number, number] {
  const start = place(random, octets, from);
  return [start, Math.min(octets.length, start + 1 + random.below(most))];
}

const MUTATIONS: readonly Mutation[] = [
  (random, octets, from) => set(octets, place(random, octets, from), random.below(256), 1),
  (random, octets, from) => set(octets, place(random, octets, from), random.pick(EDGES), 1),
  (random, octets, from) => set(octets, place(random, octets, from), random.pick(EDGES_16), 2),
  (random, octets, from) => set(octets, place(random, octets, from), random.pick(EDGES_32), 4),
  (random, octets, from) => {
    const at = place(random, octets, from);
    return at < octets.length ? set(octets, at, octets[at]! ^ (1 << random.below(8)), 1) : octets;
  },
  // The end is cut off.
  (random, octets, from) => octets.subarray(0, place(random, octets, from)),
  // A stretch is taken out.
  (random, octets, from) => {
    const [start, end] = stretch(random, octets, from, 20);
    return Buffer.concat([octets.subarray(0, start), octets.subarray(end)]);
  },
  // Some octets come in.
  (random, octets, from) => {
    const at = place(random, octets, from);
    const more = Buffer.from(Array.from({ length: 1 + random.below(12) }, () => random.below(256)));
    return Buffer.concat([octets.subarray(0, at), more, octets.subarray(at)]);
  },
  // A stretch comes again and again: now and then as often as a PDU can hold.
  (random, octets, from) => {
    const [start, end] = stretch(random, octets, from, 24);
    if (end <= start) return octets;
    const room = Math.floor((MOST_OCTETS - octets.length) / (end - start));
    const times = random.chance(0.02) ? room : Math.min(room, 1 + random.below(20));
    const piece = octets.subarray(start, end);
    return Buffer.concat([
      octets.subarray(0, end),
      ...Array.from({ length: times }, () => piece),
      octets.subarray(end),
    ]);
  },
  // The rest is another one's.
  (random, octets, from, corpus) => {
    const other = random.pick(corpus);
    return Buffer.concat([
      octets.subarray(0, place(random, octets, from)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
];

/** One to six mutations of one of the corpus, from octet `from` on. */
export function mutated(random: Random, corpus: readonly Buffer[], from = 0): Buffer {
  let octets = random.pick(corpus);
  for (let left = 1 + random.below(MOST_MUTATIONS); left > 0; left -= 1) {
    octets = random.pick(MUTATIONS)(random, octets, Math.min(from, octets.length), corpus);
  }
  return octets.subarray(0, MOST_OCTETS);
}

/** A PDU mutated anywhere, whose command_length is right all the same: a stream of them can be cut. */
export function framed(random: Random, corpus: readonly Buffer[], sequence: number): Buffer {
  const octets = mutated(random, corpus, random.chance(0.1) ? 4 : HEADER_OCTETS);
  const whole = Buffer.alloc(Math.max(HEADER_OCTETS, octets.length));
  octets.copy(whole);
  whole.writeUInt32BE(whole.length, 0);
  whole.writeUInt32BE(sequence, 12);
  return whole;
}

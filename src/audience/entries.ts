/**
 * Entries: a recipient's number, group and line in three 32-bit words, so that a country's are sorted and merged without
 * an object each. Sorted by number; equal numbers keep the order of their lines.
 */
import { setImmediate as turn } from 'node:timers/promises';

/** Words of an entry: number's low half; its high half (18 bits) below the group (14 bits); line. */
export const WORDS = 3;
const HIGH = 2 ** 32;
const HIGH_BITS = 18;
const HIGH_MASK = 2 ** HIGH_BITS - 1;

/** The number must be below 2^50, the group below 2^14, the line below 2^32. */
export function putEntry(entries: Uint32Array, at: number, msisdn: number, group: number, line: number): void {
  const low = msisdn >>> 0;
  entries[at] = low;
  entries[at + 1] = ((msisdn - low) / HIGH) | (group << HIGH_BITS);
  entries[at + 2] = line;
}

export const msisdnAt = (entries: Uint32Array, at: number): number =>
  (entries[at + 1]! & HIGH_MASK) * HIGH + entries[at]!;
export const groupAt = (entries: Uint32Array, at: number): number => entries[at + 1]! >>> HIGH_BITS;
export const lineAt = (entries: Uint32Array, at: number): number => entries[at + 2]!;

const DIGIT_BITS = 11;
const DIGIT_VALUES = 2 ** DIGIT_BITS;
/** 50 bits in digits of 11. */
const DIGITS = 5;

const digit0 = (low: number): number => low & 0x7ff;
const digit1 = (low: number): number => (low >>> 11) & 0x7ff;
const digit2 = (low: number, high: number): number => (low >>> 22) | ((high & 1) << 10);
const digit3 = (high: number): number => (high >>> 1) & 0x7ff;
const digit4 = (high: number): number => (high & HIGH_MASK) >>> 12;

/**
 * Sorts the first `count` entries (radix, from the lowest digit: stable, the same time for every file) and returns the
 * one of the two arrays that holds them. Gives way between passes, for the process has others to serve.
 */
export async function sortEntries(entries: Uint32Array, other: Uint32Array, count: number): Promise<Uint32Array> {
  const histograms = countDigits(entries, count);
  let from = entries;
  let to = other;
  for (let digit = 0; digit < DIGITS; digit += 1) {
    const places = histograms[digit]!;
    if (places.includes(count)) continue;
    let sum = 0;
    for (let value = 0; value < DIGIT_VALUES; value += 1) {
      const here = places[value]!;
      places[value] = sum * WORDS;
      sum += here;
    }
    await turn();
    deal(from, to, count, places, digit);
    [from, to] = [to, from];
  }
  return from;
}

function countDigits(entries: Uint32Array, count: number): Uint32Array[] {
  const histograms = Array.from({ length: DIGITS }, () => new Uint32Array(DIGIT_VALUES));
  const [h0, h1, h2, h3, h4] = histograms as [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  for (let at = 0; at < count * WORDS; at += WORDS) {
    const low = entries[at]!;
    const high = entries[at + 1]!;
    h0[digit0(low)]! += 1;
    h1[digit1(low)]! += 1;
    h2[digit2(low, high)]! += 1;
    h3[digit3(high)]! += 1;
    h4[digit4(high)]! += 1;
  }
  return histograms;
}

/** One pass: every entry to the place its digit has come to. */
function deal(from: Uint32Array, to: Uint32Array, count: number, places: Uint32Array, digit: number): void {
  for (let at = 0; at < count * WORDS; at += WORDS) {
    const low = from[at]!;
    const high = from[at + 1]!;
    let value = 0;
    if (digit === 0) value = digit0(low);
    else if (digit === 1) value = digit1(low);
    else if (digit === 2) value = digit2(low, high);
    else if (digit === 3) value = digit3(high);
    else value = digit4(high);
    const place = places[value]!;
    places[value] = place + WORDS;
    to[place] = low;
    to[place + 1] = high;
    to[place + 2] = from[at + 2]!;
  }
}

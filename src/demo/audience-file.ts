/**
 * The people of the demo: a CSV file that is the same for the same seed. Their numbers belong to nobody: ARCEP's mobile
 * range for fiction (06 39 98) for the first ten thousand, country code 999 beyond.
 */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Region } from '../directory/regions.ts';

/** 06 39 98 00 00 to 06 39 98 99 99. */
const FICTION_FIRST = 33_639_980_000;
const FICTION_COUNT = 10_000;
/** +999 and nine digits. */
const UNASSIGNED_FIRST = 999_000_000_000;
const UNASSIGNED_COUNT = 1_000_000_000;
/** Coprime with ten, so that steps of it walk through all nine-digit numbers before one comes again. */
const UNASSIGNED_STEP = 7_368_787;
/** One in 25 reads English: 4 %. */
const ENGLISH_EVERY = 25;
const LINES_AT_ONCE = 2_000;

export interface AudiencePlan {
  readonly recipients: number;
  readonly regions: readonly Region[];
  readonly seed: number;
}

/** How many of `recipients` live in each region: one each, the rest by population (largest remainder). */
export function spread(recipients: number, regions: readonly Region[]): number[] {
  const population = regions.reduce((sum, { expectedAudience }) => sum + expectedAudience, 0);
  const rest = recipients - regions.length;
  const shares = regions.map(({ expectedAudience }) => (rest * expectedAudience) / population);
  const counts = shares.map((share) => 1 + Math.floor(share));
  const left = recipients - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = shares.map((share, i) => [share - Math.floor(share), i] as const).sort(([a], [b]) => b - a);
  for (const [, i] of byRemainder.slice(0, left)) counts[i]! += 1;
  return counts;
}

/** Number of the person at `i`: distinct for every i below a thousand million. */
export function numberOf(i: number, seed: number): string {
  if (i < FICTION_COUNT) return `+${FICTION_FIRST + i}`;
  return `+${UNASSIGNED_FIRST + ((i * UNASSIGNED_STEP + seed * 1_299_709) % UNASSIGNED_COUNT)}`;
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** A step that shuffles 0…count-1: coprime with it, and near the golden section of it. */
export function shufflingStep(count: number): number {
  let step = Math.max(1, Math.round(count * 0.618));
  while (greatestDivisor(step, count) !== 1) step += 1;
  return step;
}

/** The file in chunks of lines, in an order as if people had come from everywhere at once. */
export function* audienceLines({ recipients, regions, seed }: AudiencePlan): Generator<string> {
  const ends = runningSums(spread(recipients, regions));
  const step = shufflingStep(recipients);
  let chunk = 'msisdn,region,language\n';
  let place = seed % recipients;
  for (let i = 0; i < recipients; i += 1) {
    const region = regions[firstAbove(ends, place)]!;
    const language = place % ENGLISH_EVERY === 0 ? 'en' : 'fr';
    chunk += `${numberOf(i, seed)},${region.code},${language}\n`;
    place += step;
    if (place >= recipients) place -= recipients;
    if (i % LINES_AT_ONCE === 0) {
      yield chunk;
      chunk = '';
    }
  }
  yield chunk;
}

export async function writeAudience(file: string, plan: AudiencePlan, signal: AbortSignal): Promise<void> {
  await pipeline(Readable.from(audienceLines(plan)), createWriteStream(file), { signal });
}

function runningSums(counts: readonly number[]): number[] {
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum;
  });
}

/** Position of the first end above `place`. */
function firstAbove(ends: readonly number[], place: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle]! > place) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How long submissions stood still, seen from the SMSC: its record is sampled, and each sample tells when the last came. */
import type { Bed } from './bed.ts';

const EVERY_MS = 20;

export interface Sample {
  /** When it was taken, ms since the epoch. */
  readonly at: number;
  readonly submits: number;
  /** When the last submission before it came, ms since the epoch. */
  readonly lastSubmitAt: number;
}

export class Sampler {
  readonly #bed: Bed;
  readonly #samples: Sample[] = [];
  #going = true;
  #ended: Promise<void> = Promise.resolve();

  constructor(bed: Bed) {
    this.#bed = bed;
  }

  /** Begins to sample; the list grows as it goes. */
  start(): readonly Sample[] {
    this.#ended = this.#sample();
    return this.#samples;
  }

  async stop(): Promise<void> {
    this.#going = false;
    await this.#ended;
  }

  async #sample(): Promise<void> {
    while (this.#going && !this.#bed.signal.aborted) {
      const { submits, lastSubmitAt } = await this.#bed.smsc.record();
      this.#samples.push({ at: Date.now(), submits, lastSubmitAt: lastSubmitAt ?? 0 });
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }
}

/**
 * The longest span without a submission that touches [from, to], in ms. A span longer than a sampling step holds a sample:
 * it began with the last submission before that sample and ended before the first sample that counts more. So it is told
 * too long by up to a step, never too short.
 */
export function longestPause(samples: readonly Sample[], from: number, to: number): number {
  let longest = 0;
  for (const [i, sample] of samples.entries()) {
    if (sample.at < from || sample.at > to || sample.submits === 0) continue;
    const next = samples[i + 1];
    if (next === undefined) break;
    longest = Math.max(longest, next.at - sample.lastSubmitAt);
  }
  return longest;
}

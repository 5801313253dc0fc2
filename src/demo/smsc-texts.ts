/** What the simulated SMSC saw of one notice: when its first message came, and how many people it reached. */
import type { SmscRecord } from './figures.ts';

/** A part of a text as the SMSC's record tells it. */
interface SeenPart {
  readonly part: number;
  readonly count: number;
  /** ms since the epoch. */
  readonly firstAt: number;
  /** What a handset shows of it. */
  readonly sample: string;
}

export interface Seen {
  /** Recipients: each has one first part. */
  readonly recipients: number;
  /** ms since the epoch; undefined before the first. */
  readonly firstAt: number | undefined;
}

export class SmscTexts {
  readonly #simulator: string;

  constructor(simulator: string) {
    this.#simulator = simulator;
  }

  async record(): Promise<SmscRecord> {
    return (await (await fetch(`${this.#simulator}/record`)).json()) as SmscRecord;
  }

  /** Of all messages with one of these texts. */
  async seen(texts: readonly string[]): Promise<Seen> {
    const parts = (await (await fetch(`${this.#simulator}/record/texts?limit=5000`)).json()) as SeenPart[];
    const own = parts.filter(({ part, sample }) => part === 1 && texts.some((text) => text.startsWith(sample)));
    return {
      recipients: own.reduce((sum, { count }) => sum + count, 0),
      firstAt: own.length === 0 ? undefined : Math.min(...own.map(({ firstAt }) => firstAt)),
    };
  }
}

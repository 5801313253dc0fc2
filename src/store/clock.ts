/**
 * The time that expiry and deadlines are held against. A machine's clock can jump by an hour, and nobody must be lapsed
 * for it: of three witnesses (the store's clock, this machine's, and the last answer carried on by monotonic time) the
 * one in the middle counts, so no single one that is wrong is ever believed.
 */
import type { Store } from './connection.ts';

/** How often the witnesses are heard. */
const EVERY_MS = 2_000;
/** An answer of the store that took longer says too little about when it was given. */
const SLOW_MS = 500;
/** Clocks that differ by more than this are worth a line. */
const APART_MS = 2_000;

/** What a program says of it in its log. */
export const CLOCKS_APART = 'clocks differ by seconds: set the one that is wrong';

/** How far a clock is ahead of the time that counts, in ms. */
export interface Disagreement {
  readonly storeAheadMs: number;
  readonly machineAheadMs: number;
}

export interface StoreClockDeps {
  readonly store: Store;
  /** Clocks have come apart; told once, until they agree again. */
  readonly onDisagreement: (disagreement: Disagreement) => void;
  /** This machine's clock; ms since the epoch. */
  readonly machine?: () => number;
  readonly monotonic?: () => number;
}

export class StoreClock {
  readonly #deps: StoreClockDeps;
  readonly #machine: () => number;
  readonly #monotonic: () => number;
  /** ms since the epoch when the monotonic clock was at zero. */
  #origin: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #apart = false;

  constructor(deps: StoreClockDeps) {
    this.#deps = deps;
    this.#machine = deps.machine ?? Date.now;
    this.#monotonic = deps.monotonic ?? (() => performance.now());
  }

  /** Asks the store once, and then every 2 s until `stop`; resolves with `now`. Rejects when the store refuses. */
  async start(): Promise<() => number> {
    await this.ask();
    let asking = false;
    this.#timer = setInterval(() => {
      if (asking) return;
      asking = true;
      this.ask()
        .catch(() => {}) // time goes on by itself
        .finally(() => {
          asking = false;
        });
    }, EVERY_MS);
    this.#timer.unref();
    return this.now;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** ms since the epoch. Before the first answer it is this machine's clock. */
  readonly now = (): number => (this.#origin === undefined ? this.#machine() : this.#origin + this.#monotonic());

  /** Hears all witnesses. At first there are only two: then the store's word counts, since all processes share it. */
  async ask(): Promise<void> {
    const asked = this.#monotonic();
    const [seconds, micros] = await this.#deps.store.redis.time();
    const answered = this.#monotonic();
    if (this.#origin !== undefined && answered - asked > SLOW_MS) return;
    const store = Number(seconds) * 1_000 + Number(micros) / 1_000 + (answered - asked) / 2;
    const machine = this.#machine();
    const time = this.#origin === undefined ? store : median(store, machine, this.now());
    this.#origin = time - answered;
    this.#tell({ storeAheadMs: Math.round(store - time), machineAheadMs: Math.round(machine - time) });
  }

  #tell(disagreement: Disagreement): void {
    const { storeAheadMs, machineAheadMs } = disagreement;
    const apart = Math.max(Math.abs(storeAheadMs), Math.abs(machineAheadMs)) > APART_MS;
    if (apart && !this.#apart) this.#deps.onDisagreement(disagreement);
    this.#apart = apart;
  }
}

const median = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/** Follows the simulator's record while a broadcast runs: it says when a moment has come, and keeps what was accepted when. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Sample } from './recovery.ts';
import type { Stage } from './stage.ts';

const POLL_MS = 25;
/** Nothing accepted for so long, with no fault on: the broadcast has come to a stand. */
const STANDSTILL_MS = 60_000;

export class Watch {
  readonly samples: Sample[] = [];
  readonly #stage: Stage;
  readonly #onSample: (accepted: number) => void;
  #stopped = false;
  #loop: Promise<void> | undefined;

  constructor(stage: Stage, onSample: (accepted: number) => void = () => {}) {
    this.#stage = stage;
    this.#onSample = onSample;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#stopped && !this.#stage.signal.aborted) {
      // A simulator that is frozen answers when it is thawed; what it says then is of then.
      const record = await this.#stage.smsc.record().catch(() => undefined);
      if (record) {
        this.samples.push({ at: Date.now(), accepted: record.accepted });
        this.#onSample(record.accepted);
      }
      await pause(POLL_MS);
    }
  }

  get accepted(): number {
    return this.samples.at(-1)?.accepted ?? 0;
  }

  /** Resolves when so many were accepted. Throws when that comes to a stand before. */
  async reach(accepted: number): Promise<void> {
    let moved = { accepted: this.accepted, at: performance.now() };
    while (this.accepted < accepted) {
      this.#stage.signal.throwIfAborted();
      this.#stage.requireRunning();
      if (this.accepted > moved.accepted) moved = { accepted: this.accepted, at: performance.now() };
      if (performance.now() - moved.at > STANDSTILL_MS) {
        throw new Error(`the broadcast stands still at ${moved.accepted} accepted, before ${accepted}`);
      }
      await pause(POLL_MS);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop;
  }
}

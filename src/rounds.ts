/** Runs one act at a time: asked for while it runs, it runs once more after that. */
export class Rounds {
  readonly #act: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #running: Promise<void> | undefined;
  #again = false;
  #ended = false;

  constructor(act: () => Promise<void>, onError: (error: unknown) => void) {
    this.#act = act;
    this.#onError = onError;
  }

  ask(): void {
    if (this.#ended) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = this.#act()
      .catch(this.#onError)
      .finally(() => {
        this.#running = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.ask();
      });
  }

  /** Starts no other round; resolves when the last one is over. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#running;
  }
}

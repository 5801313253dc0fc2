/** Progress on standard error: one line that changes on a terminal, a line every few seconds elsewhere. */

const PLAIN_EVERY_MS = 5_000;

export class Screen {
  readonly #out: NodeJS.WriteStream;
  #lastPlainMs = Number.NEGATIVE_INFINITY;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** What is going on right now; may come often. */
  progress(line: string): void {
    if (this.#out.isTTY) {
      this.#out.write(`\r\x1b[2K${line}`);
    } else if (performance.now() - this.#lastPlainMs > PLAIN_EVERY_MS) {
      this.#lastPlainMs = performance.now();
      this.#out.write(`${line}\n`);
    }
  }

  /** A line that stays. */
  say(line: string): void {
    this.#out.write(this.#out.isTTY ? `\r\x1b[2K${line}\n` : `${line}\n`);
  }
}

export const count = (value: number): string => Math.round(value).toLocaleString('en-GB');

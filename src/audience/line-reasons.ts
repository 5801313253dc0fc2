/**
 * Why lines are no recipients, a byte a line, kept only for the stretches of a file that have such lines: so a file may be
 * wrong from end to end and still fit in memory. Knows lines, never numbers.
 */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { REJECTIONS } from './snapshot.ts';

const STRETCH = 2 ** 20;
const NAMES = [...REJECTIONS, 'duplicate'] as const;
const DUPLICATE = NAMES.length;
const TEXT_AT_ONCE = 65_536;

export class LineReasons {
  readonly #stretches: (Uint8Array | undefined)[] = [];
  readonly #counts = new Float64Array(NAMES.length + 1);

  /** `code` is a rejection's (see fields.ts). */
  rejected(code: number, line: number): void {
    const stretch = Math.trunc(line / STRETCH);
    let bytes = this.#stretches[stretch];
    if (bytes === undefined) {
      bytes = new Uint8Array(STRETCH);
      this.#stretches[stretch] = bytes;
    }
    bytes[line % STRETCH] = code;
    this.#counts[code]! += 1;
  }

  duplicate(line: number): void {
    this.rejected(DUPLICATE, line);
  }

  get duplicates(): number {
    return this.#counts[DUPLICATE]!;
  }

  /** Duplicates are no rejections: nothing is wrong with them. */
  rejectedByReason(): Record<string, number> {
    const counts = REJECTIONS.map((reason, i) => [reason, this.#counts[i + 1]!] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  /** Writes `line,reason` of every line that is no recipient, by line. */
  async write(file: string): Promise<void> {
    await pipeline(Readable.from(this.#text()), createWriteStream(file, { mode: 0o600 }));
  }

  *#text(): Generator<string> {
    let text = 'line,reason\n';
    for (const [stretch, bytes] of this.#stretches.entries()) {
      if (bytes === undefined) continue;
      for (let i = 0; i < STRETCH; i += 1) {
        const code = bytes[i]!;
        if (code === 0) continue;
        text += `${stretch * STRETCH + i},${NAMES[code - 1]}\n`;
        if (text.length < TEXT_AT_ONCE) continue;
        yield text;
        text = '';
      }
    }
    yield text;
  }
}

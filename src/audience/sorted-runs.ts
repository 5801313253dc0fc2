/**
 * Sorts more entries than memory holds: runs of a million are sorted and put on disk, then merged. The file holds
 * recipients' numbers, so its folder is the import's and goes when that ends.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { TocsinError } from '../errors.ts';
import { msisdnAt, putEntry, sortEntries, WORDS } from './entries.ts';

const ENTRIES_PER_RUN = 2 ** 20;
const BYTES = WORDS * 4;
/** Shared by all runs while they are merged. */
const MERGE_MEMORY = 48 * 2 ** 20;
const LEAST_READ = 1_024;
const MOST_READ = 32_768;
/** Entries handed on at once. */
const BATCH = 8_192;
const MOST_LINES = 2 ** 32;

interface Run {
  readonly count: number;
  /** In entries, from the start of the file. */
  readonly from: number;
}

export class SortedRuns {
  readonly #file: FileHandle;
  readonly #runs: Run[] = [];
  readonly #perRun: number;
  #entries: Uint32Array;
  #other: Uint32Array;
  #filled = 0;
  #written = 0;

  private constructor(file: FileHandle, perRun: number) {
    this.#file = file;
    this.#perRun = perRun;
    this.#entries = new Uint32Array(perRun * WORDS);
    this.#other = new Uint32Array(perRun * WORDS);
  }

  /** `perRun` entries are held in memory, twice. */
  static async open(path: string, perRun = ENTRIES_PER_RUN): Promise<SortedRuns> {
    return new SortedRuns(await open(path, 'w+', 0o600), perRun);
  }

  /** Call `makeRoom` before. Lines must come in their order. */
  add(msisdn: number, group: number, line: number): void {
    if (this.#filled === this.#perRun || line >= MOST_LINES) throw new RangeError('the run has no room for this entry');
    putEntry(this.#entries, this.#filled * WORDS, msisdn, group, line);
    this.#filled += 1;
  }

  /** Makes sure that so many more can be added, at most `perRun`. */
  async makeRoom(entries: number): Promise<void> {
    if (this.#filled + entries > this.#perRun) await this.#endRun();
  }

  /** Every entry by number, then by line: word arrays that hold good until the next is asked for. */
  async *merged(): AsyncGenerator<{ entries: Uint32Array; count: number }> {
    if (this.#filled > 0) await this.#endRun();
    this.#entries = this.#other = new Uint32Array(0);
    const atOnce = Math.max(LEAST_READ, Math.min(MOST_READ, Math.trunc(MERGE_MEMORY / BYTES / this.#runs.length)));
    const readers = this.#runs.map((run) => new RunReader(this.#file, run, atOnce));
    const tree = await MergeTree.over(readers);
    const entries = new Uint32Array(BATCH * WORDS);
    for (;;) {
      const count = await fill(entries, tree, readers);
      if (count === 0) return;
      yield { entries, count };
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #endRun(): Promise<void> {
    const count = this.#filled;
    const sorted = await sortEntries(this.#entries, this.#other, count);
    const bytes = Buffer.from(sorted.buffer, 0, count * BYTES);
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#written * BYTES + done);
      done += bytesWritten;
    }
    this.#runs.push({ count, from: this.#written });
    this.#written += count;
    this.#filled = 0;
  }
}

async function fill(entries: Uint32Array, tree: MergeTree, readers: readonly RunReader[]): Promise<number> {
  let at = 0;
  while (at < entries.length) {
    const first = tree.first;
    const reader = readers[first];
    if (reader === undefined || tree.exhausted) break;
    const { words, place } = reader;
    entries[at] = words[place]!;
    entries[at + 1] = words[place + 1]!;
    entries[at + 2] = words[place + 2]!;
    at += WORDS;
    reader.place = place + WORDS;
    if (reader.place === reader.end && !(await reader.more())) tree.replace(Number.POSITIVE_INFINITY);
    else tree.replace(msisdnAt(reader.words, reader.place));
  }
  return at / WORDS;
}

/** A run being read back, `atOnce` entries in memory. */
class RunReader {
  readonly words: Uint32Array;
  place = 0;
  end = 0;
  readonly #file: FileHandle;
  #next: number;
  #left: number;

  constructor(file: FileHandle, { from, count }: Run, atOnce: number) {
    this.#file = file;
    this.#next = from;
    this.#left = count;
    this.words = new Uint32Array(Math.min(atOnce, count) * WORDS);
  }

  /** Whether there was more. */
  async more(): Promise<boolean> {
    const count = Math.min(this.#left, this.words.length / WORDS);
    const bytes = Buffer.from(this.words.buffer, 0, count * BYTES);
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await this.#file.read(bytes, done, bytes.length - done, this.#next * BYTES + done);
      if (bytesRead === 0)
        throw new TocsinError('unavailable', 'work_file_cut', "The import's own file has lost its end");
      done += bytesRead;
    }
    this.#next += count;
    this.#left -= count;
    this.place = 0;
    this.end = count * WORDS;
    return count > 0;
  }
}

/** A tournament: each node holds the run with the lower number below it, the earlier run where numbers are equal. */
class MergeTree {
  readonly #leaves: number;
  readonly #winners: Int32Array;
  readonly #numbers: Float64Array;

  private constructor(runs: number) {
    this.#leaves = 2 ** Math.max(1, Math.ceil(Math.log2(runs)));
    this.#winners = new Int32Array(2 * this.#leaves);
    this.#numbers = new Float64Array(this.#leaves).fill(Number.POSITIVE_INFINITY);
  }

  static async over(readers: readonly RunReader[]): Promise<MergeTree> {
    const tree = new MergeTree(readers.length);
    for (const [i, reader] of readers.entries()) {
      if (await reader.more()) tree.#numbers[i] = msisdnAt(reader.words, reader.place);
    }
    for (let i = 0; i < tree.#leaves; i += 1) tree.#winners[tree.#leaves + i] = i;
    for (let node = tree.#leaves - 1; node > 0; node -= 1) tree.#play(node);
    return tree;
  }

  get first(): number {
    return this.#winners[1]!;
  }

  get exhausted(): boolean {
    return this.#numbers[this.first] === Number.POSITIVE_INFINITY;
  }

  /** The first run's next number; infinity when it has none. */
  replace(number: number): void {
    const run = this.first;
    this.#numbers[run] = number;
    for (let node = (this.#leaves + run) >>> 1; node > 0; node >>>= 1) this.#play(node);
  }

  #play(node: number): void {
    const left = this.#winners[2 * node]!;
    const right = this.#winners[2 * node + 1]!;
    this.#winners[node] = this.#numbers[left]! <= this.#numbers[right]! ? left : right;
  }
}

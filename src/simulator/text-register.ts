/**
 * Which texts came, byte for byte, and how often: what a test compares with the texts that were approved. A text is
 * the octets of one part without its user data header, with data_coding, part and total. It keeps 5,000 at most.
 */
import { createHash } from 'node:crypto';
import { SlidingSecond } from './sliding-second.ts';
import { type DefaultAlphabet, decodeSample } from './text-sample.ts';

const TEXT_LIMIT = 5000;

export interface TextCount {
  /** Of the octets as they came, without user data header. */
  sha256: string;
  dataCoding: number;
  part: number;
  parts: number;
  octets: number;
  count: number;
  /** Milliseconds since the epoch, with fractions. */
  firstAt: number;
  lastAt: number;
  /** Most in any second. */
  maxInSlidingSecond: number;
  sample: string;
}

/** One part of a message, as offsets: the octets without header, and its place in the whole. */
export interface PartView {
  buf: Buffer;
  start: number;
  end: number;
  dataCoding: number;
  part: number;
  parts: number;
}

interface Entry extends Omit<TextCount, 'maxInSlidingSecond'> {
  low: number;
  high: number;
  readonly perSecond: SlidingSecond;
}

export class TextRegister {
  /** What data_coding 0 stands for in the samples of texts yet to come. */
  alphabet: DefaultAlphabet = 'gsm7';
  /** Texts beyond the limit, counted together. */
  overflow = 0;

  readonly #byContent = new Map<number, Entry>();
  #last: Entry | undefined;
  #low = 0;
  #high = 0;

  /** Counts a text; returns its content hash (32 bits), which stands for it in the SeenTable. */
  note(view: PartView, nowMs: number): number {
    this.#hash(view);
    const last = this.#last;
    if (last !== undefined && last.low === this.#low && last.high === this.#high) {
      count(last, nowMs);
      return this.#low;
    }
    const entry = this.#byContent.get(this.#low) ?? this.#enter(view, nowMs);
    // Two texts with one 32-bit hash: the second is not kept apart, but seen.
    if (entry === undefined || entry.high !== this.#high) {
      this.overflow++;
    } else {
      count(entry, nowMs);
      this.#last = entry;
    }
    return this.#low;
  }

  /** The beginning of a text that was noted, as people read it. */
  sample(content: number): string {
    const last = this.#last;
    return last?.low === content ? last.sample : (this.#byContent.get(content)?.sample ?? '');
  }

  find(content: number): TextCount | undefined {
    const entry = this.#byContent.get(content);
    return entry && publicPart(entry);
  }

  list(): TextCount[] {
    return [...this.#byContent.values()].map(publicPart).sort((a, b) => b.count - a.count);
  }

  clear(): void {
    this.#byContent.clear();
    this.#last = undefined;
    this.overflow = 0;
  }

  #enter(view: PartView, nowMs: number): Entry | undefined {
    if (this.#byContent.size >= TEXT_LIMIT) return undefined;
    const octets = view.buf.subarray(view.start, view.end);
    const entry: Entry = {
      sha256: createHash('sha256').update(octets).digest('hex'),
      dataCoding: view.dataCoding,
      part: view.part,
      parts: view.parts,
      octets: octets.length,
      count: 0,
      firstAt: nowMs,
      lastAt: nowMs,
      perSecond: new SlidingSecond(),
      sample: decodeSample(octets, view.dataCoding, this.alphabet),
      low: this.#low,
      high: this.#high,
    };
    this.#byContent.set(this.#low, entry);
    return entry;
  }

  /** Two 32-bit hashes in one pass: enough against chance, which is all that a simulator meets. */
  #hash(view: PartView): void {
    const { buf, end } = view;
    let low = 0x811c9dc5 ^ ((view.dataCoding << 16) | (view.part << 8) | view.parts);
    let high = 0x9e3779b1 ^ low;
    for (let at = view.start; at < end; at++) {
      const octet = buf[at]!;
      low = Math.imul(low ^ octet, 0x01000193);
      high = Math.imul(high, 31) + octet;
    }
    low = Math.imul(low ^ (low >>> 15), 0x85ebca6b);
    this.#low = (low ^ (low >>> 13)) >>> 0;
    this.#high = high | 0;
  }
}

function count(entry: Entry, nowMs: number): void {
  entry.count++;
  entry.lastAt = nowMs;
  entry.perSecond.add(nowMs, 1);
}

function publicPart({ low: _low, high: _high, perSecond, ...text }: Entry): TextCount {
  return { ...text, maxInSlidingSecond: perSecond.peak };
}

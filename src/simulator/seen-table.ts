/**
 * Counts of (destination, content) pairs for ten million recipients: open addressing over typed arrays, 14 octets a
 * place. A destination is a positive safe integer, a content a 32-bit hash. Nothing is ever removed but all at once.
 */

const START_PLACES = 1 << 14;
const COUNT_LIMIT = 0xffff;

export interface Seen {
  destination: number;
  content: number;
  times: number;
}

export class SeenTable {
  /** Distinct destinations. */
  recipients = 0;
  /** Destinations to whom some content came more than once. */
  duplicates = 0;

  #destinations = new Float64Array(START_PLACES);
  #contents = new Uint32Array(START_PLACES);
  #times = new Uint16Array(START_PLACES);
  #used = 0;

  /** Counts one more of `content` for `destination`; returns how often it has come now (65,535 at most). */
  add(destination: number, content: number): number {
    if (this.#used >= this.#destinations.length * 0.6) this.#grow();
    const mask = this.#destinations.length - 1;
    let place = home(destination) & mask;
    let isNewRecipient = true;
    for (;;) {
      const there = this.#destinations[place]!;
      if (there === 0) break;
      if (there === destination) {
        if (this.#contents[place] === content >>> 0) return this.#again(place, destination);
        isNewRecipient = false;
      }
      place = (place + 1) & mask;
    }
    this.#destinations[place] = destination;
    this.#contents[place] = content;
    this.#times[place] = 1;
    this.#used++;
    if (isNewRecipient) this.recipients++;
    return 1;
  }

  /** What came to one destination. */
  of(destination: number): Seen[] {
    const found: Seen[] = [];
    const mask = this.#destinations.length - 1;
    for (let place = home(destination) & mask; this.#destinations[place] !== 0; place = (place + 1) & mask) {
      if (this.#destinations[place] === destination) found.push(this.#entry(place));
    }
    return found;
  }

  /** Up to `limit` destinations to whom some content came at least `min` times, in no order. */
  atLeast(min: number, limit: number): number[] {
    const found = new Set<number>();
    for (let place = 0; place < this.#times.length && found.size < limit; place++) {
      if (this.#times[place]! >= min && this.#destinations[place] !== 0) found.add(this.#destinations[place]!);
    }
    return [...found];
  }

  clear(): void {
    this.#destinations = new Float64Array(START_PLACES);
    this.#contents = new Uint32Array(START_PLACES);
    this.#times = new Uint16Array(START_PLACES);
    this.#used = 0;
    this.recipients = 0;
    this.duplicates = 0;
  }

  #again(place: number, destination: number): number {
    const times = this.#times[place]!;
    if (times === 1 && !this.of(destination).some((seen) => seen.times > 1)) this.duplicates++;
    if (times < COUNT_LIMIT) this.#times[place] = times + 1;
    return this.#times[place]!;
  }

  #entry(place: number): Seen {
    return {
      destination: this.#destinations[place]!,
      content: this.#contents[place]!,
      times: this.#times[place]!,
    };
  }

  #grow(): void {
    const [destinations, contents, times] = [this.#destinations, this.#contents, this.#times];
    const size = destinations.length * 2;
    const mask = size - 1;
    this.#destinations = new Float64Array(size);
    this.#contents = new Uint32Array(size);
    this.#times = new Uint16Array(size);
    for (let old = 0; old < destinations.length; old++) {
      const destination = destinations[old]!;
      if (destination === 0) continue;
      let place = home(destination) & mask;
      while (this.#destinations[place] !== 0) place = (place + 1) & mask;
      this.#destinations[place] = destination;
      this.#contents[place] = contents[old]!;
      this.#times[place] = times[old]!;
    }
  }
}

/** Numbers of one range follow each other: mixing keeps them from forming one long run. */
function home(destination: number): number {
  let h = (destination % 4_294_967_296) ^ Math.imul((destination / 4_294_967_296) | 0, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

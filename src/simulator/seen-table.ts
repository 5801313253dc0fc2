/**
 * Counts of (destination, content) pairs for ten million recipients: open addressing over typed arrays, 14 octets a
 * place. A destination is a positive safe integer, a content a 32-bit hash. Nothing is ever removed but all at once.
 * It grows a little with every addition, never in one go: the SMSC's clock must not stand still for half a second.
 */

const START_PLACES = 1 << 14;
const COUNT_LIMIT = 0xffff;
const MOST_USED = 0.6;
/** Places moved with each addition: all are moved long before the larger table is full. */
const MOVED_AT_ONCE = 8;

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

  readonly #startPlaces: number;
  #places: Places;
  /** The smaller table that is being moved out of, from its beginning on. */
  #old: Places | undefined;
  #moved = 0;

  /** `startPlaces` is a power of two, 4 or more: there must always be a free place. */
  constructor(startPlaces = START_PLACES) {
    this.#startPlaces = startPlaces;
    this.#places = new Places(startPlaces);
  }

  /** Counts one more of `content` for `destination`; returns how often it has come now (65,535 at most). */
  add(destination: number, content: number): number {
    if (this.#old !== undefined) this.#moveSome(this.#old);
    else if (this.#places.used >= this.#places.size * MOST_USED) this.#grow();
    const places = this.#places;
    const place = places.find(destination, content);
    if (place >= 0) return this.#again(places, place);
    let isNewRecipient = !places.metDestination;
    const old = this.#old;
    if (old !== undefined) {
      // What was moved already is found above, so whatever is found here is still to be moved, with its count.
      const oldPlace = old.find(destination, content);
      if (oldPlace >= 0) return this.#again(old, oldPlace);
      isNewRecipient &&= !old.metDestination;
    }
    places.put(~place, destination, content, 1);
    if (isNewRecipient) this.recipients++;
    return 1;
  }

  /** What came to one destination. */
  of(destination: number): Seen[] {
    const found = this.#places.of(destination, 0);
    return this.#old === undefined ? found : [...found, ...this.#old.of(destination, this.#moved)];
  }

  /** Up to `limit` destinations to whom some content came at least `min` times, in no order. */
  atLeast(min: number, limit: number): number[] {
    const found = new Set<number>();
    this.#places.collect(min, limit, found);
    this.#old?.collect(min, limit, found);
    return [...found];
  }

  clear(): void {
    this.#places = new Places(this.#startPlaces);
    this.#old = undefined;
    this.recipients = 0;
    this.duplicates = 0;
  }

  #again(places: Places, place: number): number {
    const times = places.times[place]!;
    const destination = places.destinations[place]!;
    if (times === 1 && !this.of(destination).some((seen) => seen.times > 1)) this.duplicates++;
    if (times < COUNT_LIMIT) places.times[place] = times + 1;
    return places.times[place]!;
  }

  #grow(): void {
    this.#old = this.#places;
    this.#places = new Places(this.#old.size * 2);
    this.#moved = 0;
    this.#moveSome(this.#old);
  }

  #moveSome(old: Places): void {
    const end = Math.min(old.size, this.#moved + MOVED_AT_ONCE);
    for (let at = this.#moved; at < end; at++) {
      const destination = old.destinations[at]!;
      if (destination === 0) continue;
      const content = old.contents[at]!;
      this.#places.put(~this.#places.find(destination, content), destination, content, old.times[at]!);
    }
    this.#moved = end;
    if (end === old.size) this.#old = undefined;
  }
}

/** One table of fixed size; a destination of 0 is a free place. */
class Places {
  readonly size: number;
  readonly destinations: Float64Array;
  readonly contents: Uint32Array;
  readonly times: Uint16Array;
  used = 0;
  /** Whether the last `find` met its destination, with whatever content. */
  metDestination = false;

  constructor(size: number) {
    this.size = size;
    this.destinations = new Float64Array(size);
    this.contents = new Uint32Array(size);
    this.times = new Uint16Array(size);
  }

  /** The place of a pair; where there is none, the bitwise NOT of the free place for it, which is below 0. */
  find(destination: number, content: number): number {
    const { destinations, contents } = this;
    const mask = destinations.length - 1;
    let met = false;
    let place = home(destination) & mask;
    for (;;) {
      const there = destinations[place]!;
      if (there === 0 || (there === destination && contents[place] === content >>> 0)) {
        this.metDestination = met;
        return there === 0 ? ~place : place;
      }
      if (there === destination) met = true;
      place = (place + 1) & mask;
    }
  }

  put(place: number, destination: number, content: number, times: number): void {
    this.destinations[place] = destination;
    this.contents[place] = content;
    this.times[place] = times;
    this.used++;
  }

  /** What came to one destination, at places not before `from`. */
  of(destination: number, from: number): Seen[] {
    const found: Seen[] = [];
    const mask = this.size - 1;
    for (let place = home(destination) & mask; this.destinations[place] !== 0; place = (place + 1) & mask) {
      if (this.destinations[place] !== destination || place < from) continue;
      found.push({ destination, content: this.contents[place]!, times: this.times[place]! });
    }
    return found;
  }

  collect(min: number, limit: number, found: Set<number>): void {
    for (let place = 0; place < this.size && found.size < limit; place++) {
      if (this.times[place]! >= min && this.destinations[place] !== 0) found.add(this.destinations[place]!);
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

/**
 * The accepted messages that the SMSC still has something to say about, as columns of numbers: no object a message, so
 * a million cost 60 MB and no garbage. It owns the places; what happens to a message is decided in receipts.ts.
 */

const START_PLACES = 1024;

/** What is to be sent next about a message. */
export const STEP = { enroute: 0, final: 1, enrouteAfterFinal: 2, repeat: 3, done: 4 } as const;

export class HeldMessages {
  serial = new Float64Array(START_PLACES);
  destination = new Float64Array(START_PLACES);
  acceptedAt = new Float64Array(START_PLACES);
  finalAt = new Float64Array(START_PLACES);
  sender = new Int32Array(START_PLACES);
  content = new Uint32Array(START_PLACES);
  account = new Int32Array(START_PLACES);
  link = new Int32Array(START_PLACES);
  /** Index into OUTCOMES. */
  outcome = new Uint8Array(START_PLACES);
  step = new Uint8Array(START_PLACES);
  repeatsLeft = new Uint8Array(START_PLACES);
  /** The low bits of registered_delivery: 0 nothing, 1 any final state, 2 failures only. */
  asks = new Uint8Array(START_PLACES);
  hasLateEnroute = new Uint8Array(START_PLACES);
  /** How often the receipt of this step was sent. */
  attempts = new Uint16Array(START_PLACES);
  destinationTon = new Uint8Array(START_PLACES);
  destinationNpi = new Uint8Array(START_PLACES);
  /** The next in the queue that the message waits in; next free place. */
  next = new Int32Array(START_PLACES);

  #free = -1;
  #places = 0;
  /** Places by serial, modulo its size: serials follow each other, so this beats a Map by far. */
  #bySerial = new Int32Array(2 * START_PLACES).fill(-1);
  #size = 0;
  /** Entries that a younger message took while the older was still held. */
  #displaced = 0;

  get size(): number {
    return this.#size;
  }

  /** A place for the message of this serial; the caller fills the columns. */
  hold(serial: number): number {
    let place = this.#free;
    if (place >= 0) this.#free = this.next[place]!;
    else {
      if (this.#places === this.serial.length) this.#grow();
      place = this.#places++;
    }
    this.serial[place] = serial;
    this.attempts[place] = 0;
    this.next[place] = -1;
    this.#enter(serial, place);
    this.#size++;
    return place;
  }

  release(place: number): void {
    this.serial[place] = -1;
    if (--this.#size === 0) this.#displaced = 0;
    this.next[place] = this.#free;
    this.#free = place;
  }

  /** The place of a message that is still held, or -1. */
  find(serial: number): number {
    const place = this.#bySerial[serial % this.#bySerial.length]!;
    if (place >= 0 && this.serial[place] === serial) return place;
    if (this.#displaced === 0) return -1;
    // A message held for longer than a turn of the ring has lost its entry to a younger one.
    return this.serial.subarray(0, this.#places).indexOf(serial);
  }

  #enter(serial: number, place: number): void {
    const entry = serial % this.#bySerial.length;
    const older = this.#bySerial[entry]!;
    if (older >= 0 && older !== place && this.serial[older]! % this.#bySerial.length === entry) this.#displaced++;
    this.#bySerial[entry] = place;
  }

  #grow(): void {
    const size = this.serial.length * 2;
    this.serial = wider(this.serial, new Float64Array(size));
    this.destination = wider(this.destination, new Float64Array(size));
    this.acceptedAt = wider(this.acceptedAt, new Float64Array(size));
    this.finalAt = wider(this.finalAt, new Float64Array(size));
    this.sender = wider(this.sender, new Int32Array(size));
    this.content = wider(this.content, new Uint32Array(size));
    this.account = wider(this.account, new Int32Array(size));
    this.link = wider(this.link, new Int32Array(size));
    this.outcome = wider(this.outcome, new Uint8Array(size));
    this.step = wider(this.step, new Uint8Array(size));
    this.repeatsLeft = wider(this.repeatsLeft, new Uint8Array(size));
    this.asks = wider(this.asks, new Uint8Array(size));
    this.hasLateEnroute = wider(this.hasLateEnroute, new Uint8Array(size));
    this.attempts = wider(this.attempts, new Uint16Array(size));
    this.destinationTon = wider(this.destinationTon, new Uint8Array(size));
    this.destinationNpi = wider(this.destinationNpi, new Uint8Array(size));
    this.next = wider(this.next, new Int32Array(size));
    this.#bySerial = new Int32Array(2 * size).fill(-1);
    for (let place = 0; place < this.#places; place++) {
      const serial = this.serial[place]!;
      if (serial >= 0) this.#enter(serial, place);
    }
  }
}

function wider<T extends Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

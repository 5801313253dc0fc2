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
  readonly #bySerial = new Map<number, number>();

  get size(): number {
    return this.#bySerial.size;
  }

  /** A place for the message of this serial; the caller fills the columns. */
  hold(serial: number): number {
    let place = this.#free;
    if (place >= 0) this.#free = this.next[place]!;
    else {
      place = this.#places++;
      if (place >= this.serial.length) this.#grow();
    }
    this.serial[place] = serial;
    this.attempts[place] = 0;
    this.next[place] = -1;
    this.#bySerial.set(serial, place);
    return place;
  }

  release(place: number): void {
    this.#bySerial.delete(this.serial[place]!);
    this.next[place] = this.#free;
    this.#free = place;
  }

  /** The place of a message that is still held, or -1. */
  find(serial: number): number {
    return this.#bySerial.get(serial) ?? -1;
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
  }
}

function wider<T extends Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

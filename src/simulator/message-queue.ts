/** A first-in, first-out queue of held messages, threaded through their `next` column: nothing is allocated. */
import type { HeldMessages } from './held-messages.ts';

export class MessageQueue {
  length = 0;
  readonly #held: HeldMessages;
  #head = -1;
  #tail = -1;

  constructor(held: HeldMessages) {
    this.#held = held;
  }

  /** The place at the front, or -1. */
  get first(): number {
    return this.#head;
  }

  push(place: number): void {
    this.#held.next[place] = -1;
    if (this.#tail < 0) this.#head = place;
    else this.#held.next[this.#tail] = place;
    this.#tail = place;
    this.length++;
  }

  /** Takes the front off; the queue must not be empty. */
  shift(): number {
    const place = this.#head;
    this.#head = this.#held.next[place]!;
    if (this.#head < 0) this.#tail = -1;
    this.length--;
    return place;
  }
}

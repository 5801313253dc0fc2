/** Which parts of each text of a batch were accepted, where texts have several; and which texts are decided before the last. */

/** All parts of a slot count as told, since one of them has decided: until it is claimed again. */
const DECIDED = 0xffff;

export class TextParts {
  readonly #all: number;
  /** A bit for each part that was accepted, by slot. Nothing where every text has one part. */
  readonly #accepted: Uint16Array | undefined;

  constructor(slots: number, parts: number) {
    this.#all = (1 << parts) - 1;
    this.#accepted = parts > 1 ? new Uint16Array(slots) : undefined;
  }

  /** A part was accepted; true when that was the slot's last one: once, though copies of a part may be accepted too. */
  accept(slot: number, part: number): boolean {
    if (!this.#accepted) return true;
    const before = this.#accepted[slot]!;
    if ((before & (1 << part)) !== 0) return false;
    this.#accepted[slot] = before | (1 << part);
    return this.#accepted[slot] === this.#all;
  }

  /** Whatever comes of other parts of the slot counts no more. False when that was so already. */
  decide(slot: number): boolean {
    if (!this.#accepted) return true;
    if (this.#accepted[slot] === DECIDED) return false;
    this.#accepted[slot] = DECIDED;
    return true;
  }

  /** The slot is claimed anew. */
  begin(slot: number): void {
    if (this.#accepted) this.#accepted[slot] = 0;
  }
}

/** Sender addresses as small numbers, with counts: there are few of them and millions of messages. */

const ALPHANUMERIC_TON = 5;

export class SenderRegister {
  readonly #names: string[] = [];
  readonly #tons: number[] = [];
  readonly #npis: number[] = [];
  readonly #counts: number[] = [];
  readonly #byName = new Map<string, number>();
  #last = -1;

  /** The number of a sender; `buf[start, end)` is its address. */
  intern(buf: Buffer, start: number, end: number, ton: number, npi: number): number {
    const last = this.#last;
    if (last >= 0 && this.#tons[last] === ton && this.#npis[last] === npi && this.#isNamed(last, buf, start, end)) {
      return last;
    }
    const name = buf.toString('latin1', start, end);
    const key = `${ton}/${npi}/${name}`;
    let sender = this.#byName.get(key);
    if (sender === undefined) {
      sender = this.#names.length;
      this.#byName.set(key, sender);
      this.#names.push(name);
      this.#tons.push(ton);
      this.#npis.push(npi);
      this.#counts.push(0);
    }
    this.#last = sender;
    return sender;
  }

  name(sender: number): string {
    return this.#names[sender]!;
  }

  ton(sender: number): number {
    return this.#tons[sender]!;
  }

  npi(sender: number): number {
    return this.#npis[sender]!;
  }

  /** Whether an address that is no number says so by its TON. */
  hasFittingTon(sender: number): boolean {
    return /^\d*$/.test(this.#names[sender]!) || this.#tons[sender] === ALPHANUMERIC_TON;
  }

  count(sender: number): void {
    this.#counts[sender]!++;
  }

  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const [sender, name] of this.#names.entries()) {
      const count = this.#counts[sender]!;
      if (count > 0) counts[name] = (counts[name] ?? 0) + count;
    }
    return counts;
  }

  /** Forgets the counts; the numbers of senders stay, since messages under way carry them. */
  clear(): void {
    this.#counts.fill(0);
  }

  #isNamed(sender: number, buf: Buffer, start: number, end: number): boolean {
    const name = this.#names[sender]!;
    if (name.length !== end - start) return false;
    for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== buf[start + i]) return false;
    return true;
  }
}

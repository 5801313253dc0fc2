/**
 * Events on slots, gathered until the next group commit and packed for the script. Neighbouring slots with the same event
 * become one run, so a batch that is answered in order costs a few bytes, and receipts in any order a few each.
 */
import { MAX_SLOTS } from './address.ts';
import type { Batch } from './keys.ts';
import { eventCode, type SlotEvent } from './states.ts';

/** lane (u32), size (u16), parts (u8), epoch (u32, 0: none), lowest and highest slot (u16 each). */
const HEADER_BYTES = 15;
/** first slot (u16), last slot (u16), event, part. */
const RUN_BYTES = 6;
/** first, last, event code, part. */
const NUMBERS = 4;
/** More than the runs of a group. */
const RUNS_ROOM = 2 ** 20;

/** How many events each slot of a batch already has, while its runs are divided. */
const depths = new Uint32Array(MAX_SLOTS);

class Runs {
  readonly batch: Batch;
  readonly numbers: number[] = [];

  constructor(batch: Batch) {
    this.batch = batch;
  }

  add(first: number, last: number, code: number, part: number): void {
    const { numbers } = this;
    const end = numbers.length;
    if (end > 0 && numbers[end - 3] === first - 1 && numbers[end - 2] === code && numbers[end - 1] === part) {
      numbers[end - 3] = last;
    } else {
      numbers.push(first, last, code, part);
    }
  }

  /**
   * The runs in portions in which no two overlap: the second event of a slot is in the second portion, and so on, so what
   * happens to one slot happens in its order.
   */
  *portions(): Generator<Buffer> {
    const { numbers } = this;
    const portions: number[][] = [];
    depths.fill(0, 0, this.batch.size);
    for (let at = 0; at < numbers.length; at += NUMBERS) {
      const [first, last] = [numbers[at]!, numbers[at + 1]!];
      let depth = 0;
      for (let slot = first; slot <= last; slot += 1) depth = Math.max(depth, depths[slot]!);
      depths.fill(depth + 1, first, last + 1);
      const portion = portions[depth];
      if (portion) portion.push(at);
      else portions[depth] = [at];
    }
    for (const portion of portions) yield this.#pack(portion);
  }

  /** In the order of the slots; neighbours that came apart become one run. */
  #pack(portion: readonly number[]): Buffer {
    const { batch, numbers } = this;
    const order = new Float64Array(portion.length);
    portion.forEach((at, i) => {
      order[i] = numbers[at]! * RUNS_ROOM + at / NUMBERS;
    });
    order.sort();
    const packed = Buffer.allocUnsafe(HEADER_BYTES + portion.length * RUN_BYTES);
    let to = HEADER_BYTES - RUN_BYTES;
    let [last, code, part] = [-1, -1, -1];
    for (const key of order) {
      const at = (key % RUNS_ROOM) * NUMBERS;
      const first = numbers[at]!;
      if (first !== last + 1 || numbers[at + 2] !== code || numbers[at + 3] !== part) {
        to += RUN_BYTES;
        packed.writeUInt16BE(first, to);
        code = packed[to + 4] = numbers[at + 2]!;
        part = packed[to + 5] = numbers[at + 3]!;
      }
      last = numbers[at + 1]!;
      packed.writeUInt16BE(last, to + 2);
    }
    packed.writeUInt32BE(batch.lane, 0);
    packed.writeUInt16BE(batch.size, 4);
    packed[6] = batch.parts;
    packed.writeUInt32BE(batch.epoch ?? 0, 7);
    packed.writeUInt16BE(packed.readUInt16BE(HEADER_BYTES), 11);
    packed.writeUInt16BE(last, 13);
    return packed.subarray(0, to + RUN_BYTES);
  }
}

export interface BatchChanges {
  readonly batch: Batch;
  readonly packed: Buffer;
}

export class SlotChanges {
  readonly #byBatch = new Map<Batch, Runs>();

  get empty(): boolean {
    return this.#byBatch.size === 0;
  }

  add(batch: Batch, slot: number, event: SlotEvent, part = 0): void {
    this.addRun(batch, slot, slot, event, part);
  }

  addRun(batch: Batch, first: number, last: number, event: SlotEvent, part = 0): void {
    this.addCode(batch, first, last, eventCode(event), part);
  }

  addCode(batch: Batch, first: number, last: number, code: number, part: number): void {
    let runs = this.#byBatch.get(batch);
    if (runs === undefined) {
      runs = new Runs(batch);
      this.#byBatch.set(batch, runs);
    }
    runs.add(first, last, code, part);
  }

  /** The changes that one script call can make: those of one broadcast in one shard. */
  *calls(): Generator<BatchChanges[]> {
    const groups = new Map<string, BatchChanges[]>();
    for (const runs of this.#byBatch.values()) {
      const { batch } = runs;
      const group = `${batch.broadcastNo}:${batch.shard}`;
      const list = groups.get(group) ?? [];
      if (list.length === 0) groups.set(group, list);
      for (const packed of runs.portions()) list.push({ batch, packed });
    }
    yield* groups.values();
  }
}

/**
 * Events on slots, gathered until the next group commit. Neighbouring slots with the same event become one run, so a
 * batch that is answered in order costs a few bytes.
 */
import type { Batch } from './keys.ts';
import { eventCode, type SlotEvent } from './states.ts';

const RUN_BYTES = 6;

class Runs {
  readonly batch: Batch;
  /** first, last, event code, part: four numbers a run. */
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

  pack(): Buffer {
    const { numbers } = this;
    const packed = Buffer.allocUnsafe((numbers.length / 4) * RUN_BYTES);
    for (let from = 0, to = 0; from < numbers.length; from += 4, to += RUN_BYTES) {
      packed.writeUInt16BE(numbers[from]!, to);
      packed.writeUInt16BE(numbers[from + 1]!, to + 2);
      packed[to + 4] = numbers[from + 2]!;
      packed[to + 5] = numbers[from + 3]!;
    }
    return packed;
  }
}

export interface BatchChanges {
  readonly batch: Batch;
  readonly runs: Buffer;
}

export class SlotChanges {
  readonly #byBatch = new Map<number, Runs>();

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
    let runs = this.#byBatch.get(batch.batchNo);
    if (runs === undefined) {
      runs = new Runs(batch);
      this.#byBatch.set(batch.batchNo, runs);
    }
    runs.add(first, last, code, part);
  }

  /** The changes that one script call can make: those of one broadcast in one shard. */
  *calls(): Generator<BatchChanges[]> {
    const groups = new Map<string, BatchChanges[]>();
    for (const runs of this.#byBatch.values()) {
      const { batch } = runs;
      const group = `${batch.broadcastNo}:${batch.shard}`;
      const list = groups.get(group);
      const changes = { batch, runs: runs.pack() };
      if (list) list.push(changes);
      else groups.set(group, [changes]);
    }
    yield* groups.values();
  }
}

/**
 * One batch in this process: which of its slots are still to be submitted, which wait to be tried again, and which are out.
 * The route's pump asks it for work and tells it what came of it. It is over when nothing is out and nothing left, or stopped.
 */
import { unpackBlock } from '../audience/blocks.ts';
import { BATCH_SIZE, type Broadcast, type Lane } from '../broadcasts/broadcast.ts';
import { baseAddress, offsetOf } from '../ledger/address.ts';
import type { Batch } from '../ledger/keys.ts';
import { stateOf } from '../ledger/states.ts';
import type { SubmitTemplate } from '../smpp/submit-template.ts';
import { TextParts } from './text-parts.ts';

/**
 * Why a run ended. `stopped`: what is left stays pending, for a later job. `lost`: somebody else took the batch.
 * `resting`: all that is left waits for long.
 */
export type RunEnd = 'done' | 'stopped' | 'lost' | 'resting';

/** Slots to claim (`claim`), or one part of a slot that is claimed already and was refused for now (`part`). */
export type Work =
  | { readonly kind: 'claim'; readonly first: number; readonly last: number }
  | { readonly kind: 'part'; readonly slot: number; readonly part: number };

interface Later {
  readonly at: number;
  readonly slot: number;
  /** The part to submit again, or -1 where the slot is pending and has to be claimed. */
  readonly part: number;
}

/** A turn: this part of the lane, but not too few slots, since small claims cost more for each message. */
const TURN = { part: 0.02, least: 20 } as const;

export interface BatchRunInput {
  readonly batch: Batch;
  readonly broadcast: Broadcast;
  readonly lane: Lane;
  readonly rank: number;
  /** Packed recipients of the batch. */
  readonly block: Buffer;
  readonly epoch: number;
  /** The slots as they were taken. */
  readonly slots: Buffer;
  /** One a segment. */
  readonly templates: readonly SubmitTemplate[];
  /** How often, at least, each slot that is left was refused in earlier runs. */
  readonly refused?: number | undefined;
}

export class BatchRun {
  readonly batch: Batch;
  readonly broadcast: Broadcast;
  readonly lane: Lane;
  readonly rank: number;
  /** Most slots in one turn: no lane leaps ahead of the others. */
  readonly turn: number;
  readonly epoch: number;
  readonly templates: readonly SubmitTemplate[];
  readonly msisdns: Float64Array;
  /** For each part, the address of every slot. */
  readonly addresses: readonly Float64Array[];
  /** Slots that an earlier taker claimed; a living one may still record their outcome. See `adopt`. */
  readonly inherited: readonly number[];
  readonly ended: Promise<RunEnd>;

  #end!: (end: RunEnd) => void;
  /** Pending ranges, first and last alternating; consumed from the end. */
  readonly #ranges: number[] = [];
  #later: Later[] = [];
  readonly #attempts = new Map<number, number>();
  readonly #refusedBefore: number;
  readonly #parts: TextParts;
  /** Slots claimed by this run and not settled. */
  #out = 0;
  #unadopted: number;
  #left = 0;
  #stop: RunEnd | undefined;
  #stopping = false;
  #partsOver = false;
  #over = false;

  constructor(input: BatchRunInput) {
    const { batch, block, slots, templates } = input;
    this.batch = { ...batch, epoch: input.epoch };
    this.broadcast = input.broadcast;
    this.lane = input.lane;
    this.rank = input.rank;
    this.turn = Math.max(TURN.least, Math.ceil(input.lane.recipients * TURN.part));
    this.epoch = input.epoch;
    this.templates = templates;
    this.#refusedBefore = input.refused ?? 0;
    this.msisdns = unpackBlock(block);
    const base = baseAddress(batch.batchNo);
    this.addresses = templates.map((_, part) =>
      Float64Array.from({ length: batch.size }, (_unused, slot) => base + offsetOf(slot, part)),
    );
    this.#parts = new TextParts(batch.size, templates.length);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.inherited = this.#sort(slots);
    this.#unadopted = this.inherited.length;
    this.#check();
  }

  /** Fills the ranges with what is pending, last first; returns what is sending. */
  #sort(slots: Buffer): number[] {
    const sending: number[] = [];
    let last = -1;
    for (let slot = this.batch.size - 1; slot >= -1; slot -= 1) {
      const state = slot >= 0 ? stateOf(slots[slot]!) : undefined;
      if (state === 'sending') sending.push(slot);
      if (state === 'pending') {
        if (last < 0) last = slot;
        this.#left += 1;
      } else if (last >= 0) {
        this.#ranges.push(slot + 1, last);
        last = -1;
      }
    }
    return sending;
  }

  /** How far its lane is when this run is as far as it is now: 0 to 1. */
  get progress(): number {
    const before = (this.batch.batch - this.lane.firstBatch) * BATCH_SIZE;
    return (before + this.batch.size - this.#left) / this.lane.recipients;
  }

  /** Slots that are still to be submitted. */
  get left(): number {
    return this.#left;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Whether there is something to submit now. */
  hasWork(nowMs: number): boolean {
    if (this.#over || this.#partsOver) return false;
    const due = (this.#later[0]?.at ?? Number.POSITIVE_INFINITY) <= nowMs;
    if (this.#stop) return due && this.#later.some(({ at, part }) => at <= nowMs && part >= 0);
    return this.#ranges.length > 0 || due;
  }

  /** When the next slot that waits is due. */
  get nextDue(): number | undefined {
    return this.#partsOver ? undefined : this.#later[0]?.at;
  }

  /** The next piece of work, at most `max` slots; what is claimed counts as out until it is settled. */
  take(max: number, nowMs: number): Work | undefined {
    const later = this.#partsOver ? undefined : this.#takeLater(nowMs);
    if (later) return later;
    if (this.#stop || this.#ranges.length === 0) return undefined;
    const end = this.#ranges.length;
    const first = this.#ranges[end - 2]!;
    const last = Math.min(this.#ranges[end - 1]!, first + max - 1);
    if (last === this.#ranges[end - 1]) this.#ranges.length = end - 2;
    else this.#ranges[end - 2] = last + 1;
    this.#left -= last - first + 1;
    this.#out += last - first + 1;
    return { kind: 'claim', first, last };
  }

  #takeLater(nowMs: number): Work | undefined {
    const i = this.#later.findIndex(({ at, part }) => at <= nowMs && (part >= 0 || !this.#stop));
    if (i < 0) return undefined;
    const [{ slot, part }] = this.#later.splice(i, 1) as [Later];
    if (part >= 0) return { kind: 'part', slot, part };
    this.#parts.begin(slot);
    this.#left -= 1;
    this.#out += 1;
    return { kind: 'claim', first: slot, last: slot };
  }

  /** A part was accepted; true when that was the slot's last one. */
  partAccepted(slot: number, part: number): boolean {
    return this.#parts.accept(slot, part);
  }

  /**
   * A slot's submission is refused or in doubt. False when that was decided already: where a text has several parts in
   * flight, the first refusal or silence decides for all of them.
   */
  decide(slot: number): boolean {
    if (!this.#parts.decide(slot)) return false;
    if (this.templates.length > 1) this.#later = this.#later.filter((later) => later.slot !== slot);
    return true;
  }

  /** Counts one more refusal of a slot and returns how many there were. */
  refusals(slot: number): number {
    const count = (this.#attempts.get(slot) ?? this.#refusedBefore) + 1;
    this.#attempts.set(slot, count);
    return count;
  }

  /** Takes an inherited slot as one of its own, whose outcome is in doubt; false when the run does not want it any more. */
  adopt(): boolean {
    if (this.#over || this.#stop) return false;
    this.#unadopted -= 1;
    this.#out += 1;
    return true;
  }

  /** Slots are final for this run: accepted, refused, or somebody else's. */
  settle(count = 1): void {
    this.#out -= count;
    this.#check();
  }

  /** A slot that is pending again, durably: to be claimed again at `at`. */
  again(slot: number, at: number): void {
    this.#out -= 1;
    this.#left += 1;
    this.#wait({ at, slot, part: -1 });
    this.#check();
  }

  /** Claimed slots that were never written, released durably: back to what is left. */
  giveBack(first: number, last: number): void {
    this.#ranges.push(first, last);
    this.#left += last - first + 1;
    this.#out -= last - first + 1;
    this.#check();
  }

  /** A part that was refused for now; its slot stays claimed, since other parts are at the SMSC. */
  partAgain(slot: number, part: number, at: number): void {
    this.#wait({ at, slot, part });
  }

  /** Parts that did not leave with the first ones, since the window is smaller than the text. */
  partsLater(first: number, last: number, fromPart: number, at: number): void {
    for (let slot = first; slot <= last; slot += 1) {
      for (let part = fromPart; part < this.templates.length; part += 1) this.partAgain(slot, part, at);
    }
  }

  #wait(later: Later): void {
    const i = this.#later.findIndex(({ at }) => at > later.at);
    this.#later.splice(i < 0 ? this.#later.length : i, 0, later);
  }

  /** Claims nothing new from here on; ends when what is out is settled. Only where it is `given back`, what is claimed leaves. */
  stop(end: 'stopped' | 'lost' | 'given back'): void {
    this.#stop ??= end === 'lost' ? end : 'stopped';
    this.#stopping ||= end !== 'given back';
    this.#check();
  }

  /** The slots of texts that were begun and whose other parts still wait; no part leaves from here on. */
  giveUpParts(): number[] {
    this.#partsOver = true;
    return [...new Set(this.#later.filter(({ part }) => part >= 0).map(({ slot }) => slot))];
  }

  /** Parts of texts that were begun may leave no more. */
  get partsOver(): boolean {
    return this.#partsOver;
  }

  /** Ends with submissions still out: their slots stay `sending`, for whoever takes the batch next. */
  abandon(): void {
    this.#over = true;
    this.#end('stopped');
  }

  /** Ends a run of which nothing is left but slots that wait beyond `untilMs`, so that it holds up no other batch. */
  rest(untilMs: number): void {
    const waits = this.#out === 0 && this.#unadopted === 0 && this.#ranges.length === 0 && this.#later.length > 0;
    if (this.#over || this.#stop || !waits || this.#later[0]!.at <= untilMs) return;
    this.#over = true;
    this.#end('resting');
  }

  /** Of what is left: how often each slot was refused, at least. */
  get refused(): number {
    return Math.min(...this.#later.map(({ slot }) => this.#attempts.get(slot) ?? this.#refusedBefore));
  }

  get ending(): boolean {
    return this.#stop !== undefined;
  }

  /** What is claimed may leave no more. */
  get stopping(): boolean {
    return this.#stopping;
  }

  #check(): void {
    if (this.#over || this.#out > 0) return;
    const end = this.#left > 0 || this.#unadopted > 0 ? this.#stop : 'done';
    if (end === undefined) return;
    this.#over = true;
    this.#end(end);
  }
}

/**
 * Makes what comes from the links durable, in groups: one flush at a time, and everything that arrives meanwhile goes
 * into the next. Only after a group is durable are its places in the windows free (ledger rule 2) and its deliver_sm
 * answered (rule 3). When the store refuses or is gone, the same group is tried again until it takes.
 */
import { batchNumberOf, broadcastNoOf, slotOf } from '../ledger/address.ts';
import type { Batch } from '../ledger/keys.ts';
import type { MessageIds, Unparked } from '../ledger/message-ids.ts';
import { SlotChanges } from '../ledger/slot-changes.ts';
import type { Slots } from '../ledger/slots.ts';
import type { SlotEvent } from '../ledger/states.ts';
import type { BroadcastIndex } from './broadcast-index.ts';
import type { ReceiptPolicy } from './receipt-policy.ts';

/** Called when the effect is durable. */
export type Durable = () => void;

/** A receipt's answer to its link, once its effect is durable, or could not be made so. */
export interface Answer {
  respond(taken: boolean): void;
}

export interface RecorderDeps {
  readonly slots: Slots;
  readonly ids: MessageIds;
  readonly index: BroadcastIndex;
  /** What receipts do on this route. */
  readonly policy: ReceiptPolicy;
  /** Whether ids and slots may stand on different servers. */
  readonly spread: boolean;
  /** Whether the store can be reached at all. */
  readonly storeUp: () => boolean;
  /** The store refused a group or is gone; the group is tried again. */
  readonly onStoreFault: (error: Error) => void;
  readonly onReceipts: (outcome: { joined: number; parked: number; overflow: number }) => void;
}

/** Receipts that wait for the store; more are answered with a temporary error, so memory stays bounded. */
const MAX_WAITING_RECEIPTS = 50_000;
/** A group that takes longer than this means that the store is down, whatever its connection says. */
const SLOW_FLUSH_MS = 3_000;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;

class Group {
  readonly changes = new SlotChanges();
  readonly durable: Durable[] = [];
  readonly ids: string[] = [];
  readonly addresses: number[] = [];
  readonly receiptIds: string[] = [];
  readonly receiptEvents: number[] = [];
  readonly answers: Answer[] = [];

  get empty(): boolean {
    return this.durable.length === 0 && this.ids.length === 0 && this.answers.length === 0 && this.changes.empty;
  }
}

/** Receipts that are joined: their effect goes into the next round, and then they are answered. */
interface Carried {
  readonly changes: SlotChanges;
  readonly answers: Answer[];
  readonly unpark: string[];
}

export class Recorder {
  readonly #deps: RecorderDeps;
  #group = new Group();
  #carried: Carried | undefined;
  #flushing: Promise<void> | undefined;
  #refused = false;
  #flushStarted = 0;

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
  }

  /** Whether the store takes groups right now. */
  get storeDown(): boolean {
    if (this.#refused || !this.#deps.storeUp()) return true;
    return this.#flushing !== undefined && performance.now() - this.#flushStarted > SLOW_FLUSH_MS;
  }

  /** ESME_ROK with an id. `event` is what it does to the slot: nothing while other segments are unanswered. */
  accepted(batch: Batch, address: number, messageId: string, event: SlotEvent | undefined, durable: Durable): void {
    this.#group.ids.push(messageId);
    this.#group.addresses.push(address);
    if (event) this.#group.changes.add(batch, slotOf(address), event);
    this.#group.durable.push(durable);
    this.#start();
  }

  /** Any other event of one slot. */
  event(batch: Batch, slot: number, event: SlotEvent, durable: Durable): void {
    this.#group.changes.add(batch, slot, event);
    this.#group.durable.push(durable);
    this.#start();
  }

  /** A receipt, by its normalised message id and the code of its event. */
  receipt(messageId: string, eventCode: number, answer: Answer): void {
    if (this.storeDown || this.#group.answers.length >= MAX_WAITING_RECEIPTS) {
      answer.respond(false);
      return;
    }
    this.#group.receiptIds.push(messageId);
    this.#group.receiptEvents.push(eventCode);
    this.#group.answers.push(answer);
    this.#start();
  }

  /** Resolves when everything given so far is durable. */
  async settled(): Promise<void> {
    while (this.#flushing) await this.#flushing;
  }

  #start(): void {
    if (this.#flushing) return;
    this.#flushStarted = performance.now();
    this.#flushing = this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
  }

  async #flushAll(): Promise<void> {
    // What else arrives in this turn of the loop goes into the same group.
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.#group.empty || this.#carried) await this.#flush();
  }

  async #flush(): Promise<void> {
    this.#flushStarted = performance.now();
    const group = this.#group;
    const carried = this.#carried;
    this.#group = new Group();
    this.#carried = undefined;
    const { slots, ids, spread } = this.#deps;
    const [unparked, joined] = await this.#untilDurable(() => {
      const mapped = ids.map(group.ids, group.addresses);
      return Promise.all([
        mapped,
        ids.join(group.receiptIds, group.receiptEvents),
        // An id is durable before the slot it belongs to is accepted: by their order on one connection, or awaited.
        spread ? mapped.then(() => slots.apply(group.changes)) : slots.apply(group.changes),
        carried ? slots.apply(carried.changes) : 0,
      ]);
    });
    for (const done of group.durable) done();
    for (const answer of carried?.answers ?? []) answer.respond(true);
    if (carried && carried.unpark.length > 0) await this.#untilDurable(() => ids.unpark(carried.unpark));
    if (unparked.length > 0 || group.answers.length > 0) await this.#carry(group, unparked, joined);
  }

  async #carry(
    group: Group,
    unparked: readonly Unparked[],
    joined: readonly (number | 'parked' | 'overflow')[],
  ): Promise<void> {
    const carried: Carried = { changes: new SlotChanges(), answers: [], unpark: [] };
    const outcome = { joined: 0, parked: 0, overflow: 0 };
    await this.#loadBroadcasts([...joined, ...unparked.map(({ address }) => address)]);
    joined.forEach((address, i) => {
      const answer = group.answers[i]!;
      if (typeof address !== 'number') {
        // Durable where it is: parked, or dropped for good since there are too many.
        outcome[address] += 1;
        answer.respond(true);
        return;
      }
      outcome.joined += 1;
      this.#addReceipt(carried.changes, address, group.receiptEvents[i]!);
      carried.answers.push(answer);
    });
    for (const { id, address, events } of unparked) {
      for (const code of events) this.#addReceipt(carried.changes, address, code);
      carried.unpark.push(id);
    }
    this.#deps.onReceipts(outcome);
    if (carried.answers.length > 0 || carried.unpark.length > 0) this.#carried = carried;
  }

  #addReceipt(changes: SlotChanges, address: number, code: number): void {
    const batch = this.#deps.index.batch(batchNumberOf(address));
    if (!batch) return; // its broadcast was purged: answered, with no slot to change
    this.#deps.policy.add(changes, batch, address, code);
  }

  async #loadBroadcasts(addresses: readonly (number | string)[]): Promise<void> {
    const missing = new Set<number>();
    for (const address of addresses) {
      if (typeof address !== 'number') continue;
      const no = broadcastNoOf(batchNumberOf(address));
      if (!this.#deps.index.peek(no)) missing.add(no);
    }
    if (missing.size === 0) return;
    await this.#untilDurable(() => Promise.all([...missing].map((no) => this.#deps.index.load(no))));
  }

  /** Every step of a group may be repeated as a whole: the ledger's changes are idempotent (rule 4). */
  async #untilDurable<T>(step: () => Promise<T>): Promise<T> {
    for (let pause = RETRY_MIN_MS; ; pause = Math.min(2 * pause, RETRY_MAX_MS)) {
      try {
        const result = await step();
        this.#refused = false;
        return result;
      } catch (error) {
        this.#refused = true;
        this.#deps.onStoreFault(error as Error);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  /** Receipts parked by a process that died before it applied them. */
  async reconcile(): Promise<{ applied: number; orphans: number }> {
    const { unparked, orphans } = await this.#deps.ids.reconcile();
    if (unparked.length === 0) return { applied: 0, orphans };
    await this.#loadBroadcasts(unparked.map(({ address }) => address));
    const changes = new SlotChanges();
    for (const { address, events } of unparked) for (const code of events) this.#addReceipt(changes, address, code);
    await this.#deps.slots.apply(changes);
    await this.#deps.ids.unpark(unparked.map(({ id }) => id));
    return { applied: unparked.length, orphans };
  }
}

/**
 * What this process knows of broadcasts: their records, kept fresh, and their plans, which never change. Receipts name
 * batches of any broadcast, also long closed ones, so these are found too.
 */
import {
  type Broadcast,
  type BroadcastPlan,
  broadcastId,
  broadcastRecords,
  laneOfBatch,
  ledgerBatch,
  planRecords,
} from '../broadcasts/broadcast.ts';
import { readHalt } from '../broadcasts/halt.ts';
import { routeIds } from '../broadcasts/route-choice.ts';
import { batchOf, broadcastNoOf } from '../ledger/address.ts';
import type { Batch } from '../ledger/keys.ts';
import type { Store } from '../store/connection.ts';

export interface Known {
  broadcast: Broadcast;
  /** When it was asked for, by performance.now(). */
  askedAt: number;
  readonly plan: BroadcastPlan;
  /** For each route that batches wait for, all the routes that may carry them. */
  readonly routes: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Batches kept at hand; more and the oldest are made anew when needed. */
const MAX_BATCHES_KEPT = 200_000;

export class BroadcastIndex {
  readonly #store: Store;
  readonly #known = new Map<number, Known>();
  readonly #batches = new Map<number, Batch>();
  #halted = false;
  #haltAskedAt = Number.NEGATIVE_INFINITY;
  /** When all that is in force was last read, by performance.now(). */
  lookedAt = Number.NEGATIVE_INFINITY;

  constructor({ store }: { store: Store }) {
    this.#store = store;
  }

  /** Whether nothing may be submitted at all. */
  get halted(): boolean {
    return this.#halted;
  }

  /**
   * Takes in what was asked at `askedAt`. What was asked earlier than what is known may come later, after a stall of the
   * store: it changes nothing, or a halt would be lifted by an old answer.
   */
  heed(halted: boolean, askedAt: number): void {
    if (askedAt < this.#haltAskedAt) return;
    this.#haltAskedAt = askedAt;
    this.#halted = halted;
  }

  /** The broadcast as last read; undefined before `load`. */
  peek(no: number): Known | undefined {
    return this.#known.get(no);
  }

  /** Reads the broadcast once; undefined when there is none (purged). */
  async load(no: number): Promise<Known | undefined> {
    const known = this.#known.get(no);
    if (known) return known;
    const id = broadcastId(no);
    const [broadcast, plan] = await Promise.all([
      broadcastRecords(this.#store).find(id),
      planRecords(this.#store).find(id),
    ]);
    if (!broadcast || !plan) return undefined;
    return this.#keep(broadcast.value, plan.value);
  }

  #keep(broadcast: Broadcast, plan: BroadcastPlan): Known {
    const known = { broadcast, askedAt: Number.NEGATIVE_INFINITY, plan, routes: routesByHome(plan) };
    this.#known.set(broadcast.no, known);
    return known;
  }

  /** Reads a broadcast that is loaded again; undefined when it was purged. */
  async reload(no: number): Promise<Broadcast | undefined> {
    const askedAt = performance.now();
    const stored = await broadcastRecords(this.#store).find(broadcastId(no));
    if (stored) this.refresh(stored.value, askedAt);
    return stored?.value;
  }

  /** Asks the store whether nothing may be submitted at all. */
  async reloadHalt(): Promise<void> {
    const askedAt = performance.now();
    this.heed((await readHalt(this.#store)).halted, askedAt);
  }

  /** The routes that may carry what waits for a route, of broadcasts that are not closed. */
  routesBeside(route: string): string[] {
    const beside = new Set<string>();
    for (const { broadcast, routes } of this.#known.values()) {
      if (broadcast.state !== 'closed') for (const id of routes.get(route) ?? []) beside.add(id);
    }
    return [...beside];
  }

  /** Takes in a record that was asked for at `askedAt`, unless a later one is known. */
  refresh(broadcast: Broadcast, askedAt: number): void {
    const known = this.#known.get(broadcast.no);
    if (!known || askedAt < known.askedAt) return;
    known.broadcast = broadcast;
    known.askedAt = askedAt;
  }

  /** The batch behind the upper bits of an address; undefined when its broadcast is not loaded or has no such batch. */
  batch(batchNo: number): Batch | undefined {
    const kept = this.#batches.get(batchNo);
    if (kept) return kept;
    const no = broadcastNoOf(batchNo);
    const known = this.#known.get(no);
    const position = batchOf(batchNo);
    const last = known?.plan.lanes.at(-1);
    if (!known || !last || position >= last.firstBatch + last.batches) return undefined;
    const batch = ledgerBatch(this.#store, no, laneOfBatch(known.plan, position), position);
    if (this.#batches.size >= MAX_BATCHES_KEPT) this.#batches.clear();
    this.#batches.set(batchNo, batch);
    return batch;
  }
}

function routesByHome(plan: BroadcastPlan): Map<string, Set<string>> {
  const byHome = new Map<string, Set<string>>();
  for (const { routes } of plan.lanes) {
    // Where its home is in no routes file any more, a batch waits for the next of its routes.
    for (const home of routeIds(routes)) {
      const all = byHome.get(home) ?? new Set();
      for (const id of routeIds(routes)) all.add(id);
      byHome.set(home, all);
    }
  }
  return byHome;
}

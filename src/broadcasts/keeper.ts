/**
 * Keeps every open broadcast going: releases lanes as approvals come, adds jobs for whatever is pending and has none,
 * cancels and lapses what will not be sent, and closes what is final. One process at a time does it; any may take over,
 * since each step can be repeated.
 */
import type { Batch } from '../ledger/keys.ts';
import { SlotChanges } from '../ledger/slot-changes.ts';
import { type LaneCounts, Slots } from '../ledger/slots.ts';
import { isFinal, SLOT_STATES, type SlotEvent, stateOf } from '../ledger/states.ts';
import type { Logger } from '../log.ts';
import type { Notice } from '../notices/notice.ts';
import { approvedRegions, cancelled, closed as noticeClosed } from '../notices/stages.ts';
import type { Store } from '../store/connection.ts';
import { commit, RECORDS_TAG, type Records, type Stored } from '../store/records.ts';
import { confirmed } from '../store/replicas.ts';
import {
  type Broadcast,
  type BroadcastPlan,
  broadcastRecords,
  type Lane,
  ledgerBatches,
  OpenBroadcasts,
  planRecords,
} from './broadcast.ts';
import { Lock } from './lock.ts';
import { enqueue, type QueueOf } from './plan.ts';

export interface KeeperDeps {
  readonly store: Store;
  readonly notices: Records<Notice>;
  readonly queueOf: QueueOf;
  /** Name of this process, for the lock. */
  readonly process: string;
  readonly log: Logger;
  readonly now: () => number;
}

const LOCK_MS = 2_000;
/** Pending slots that nobody moved for this long get their jobs again; doubles while it does not help. */
const STALL_MIN_MS = 3_000;
const STALL_MAX_MS = 60_000;
const SWEEP_BATCHES = 256;
/** Longer than any response is waited for. */
const AIRBORNE_MS = 60_000;

/** What this process remembers of a broadcast between ticks. */
interface Watched {
  readonly plan: BroadcastPlan;
  /** Regions whose jobs this process has added. */
  readonly enqueued: Set<string>;
  /** How many slots are in the air while nothing may be submitted any more, and since when it is that many. */
  airborne: { readonly sending: number; readonly since: number };
  moving: { readonly settled: number; readonly since: number; readonly patienceMs: number };
}

export class Keeper {
  readonly #deps: KeeperDeps;
  readonly #slots: Slots;
  readonly #open: OpenBroadcasts;
  readonly #lock: Lock;
  readonly #watched = new Map<string, Watched>();

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
    this.#slots = new Slots({ store: deps.store });
    this.#open = new OpenBroadcasts(deps.store);
    this.#lock = new Lock({ store: deps.store, name: 'keeper', holder: deps.process, ms: LOCK_MS });
  }

  /**
   * One round over all open broadcasts, if this process holds or gets the lock; says whether it does. While `halted` it
   * adds no jobs, and goes on with all the rest.
   */
  async tick(halted = false): Promise<boolean> {
    if (!(await this.#lock.hold())) {
      this.#watched.clear();
      return false;
    }
    const open = await this.#open.read();
    for (const id of this.#watched.keys()) if (!open.some((broadcast) => broadcast.id === id)) this.#watched.delete(id);
    for (const broadcast of open) {
      try {
        await this.#keep(broadcast, halted);
      } catch (error) {
        this.#deps.log.error({ err: error, broadcast: broadcast.id }, 'broadcast could not be kept');
      }
    }
    return true;
  }

  /** Lets another process have the lock at once. */
  leave(): Promise<void> {
    return this.#lock.leave();
  }

  async #keep(current: Stored<Broadcast>, halted: boolean): Promise<void> {
    const released = current.value.state === 'running' ? await this.#release(current) : current;
    const broadcast = released.value;
    const watched = await this.#watch(released.id);
    // While it pauses its jobs run out; they are added anew when it goes on.
    const feeds = broadcast.state === 'running' && !halted;
    if (!feeds) watched.enqueued.clear();
    const kept = await this.#slots.counts(
      broadcast.no,
      watched.plan.lanes.map(({ recipients }) => recipients),
    );
    const pending = sum(kept, (lane) => lane.states.pending);
    const sending = sum(kept, (lane) => lane.states.sending);
    const now = this.#deps.now();
    const over = broadcast.state === 'cancelled' || now >= Date.parse(broadcast.expires);
    if (now >= Date.parse(broadcast.receiptDeadline)) {
      await this.#sweep(broadcast, watched, ['lapse', 'giveUp', 'giveUpInDoubt']);
    } else if (pending > 0 && broadcast.state === 'cancelled') {
      await this.#sweep(broadcast, watched, ['cancel']);
    } else if (pending > 0 && over) {
      await this.#sweep(broadcast, watched, ['lapse']);
    } else if (sending > 0 && over) {
      await this.#giveUpAirborne(broadcast, watched, sending, now);
    } else if (pending + sending > 0 && feeds) {
      // Also for what is only in the air: the process that sent it may be dead, and its job lost.
      await this.#feed(broadcast, watched, kept);
    }
    const open = sum(kept, (lane) => SLOT_STATES.reduce((n, s) => (isFinal(s) ? n : n + lane.states[s]), 0));
    if (open === 0) {
      await this.#slots.certain();
      await this.#close(released);
    }
  }

  /** Nobody submits any more, so a slot that stays in the air belongs to a process that died: its outcome is not known. */
  async #giveUpAirborne(broadcast: Broadcast, watched: Watched, sending: number, now: number): Promise<void> {
    if (sending !== watched.airborne.sending) watched.airborne = { sending, since: now };
    else if (now - watched.airborne.since >= AIRBORNE_MS) await this.#sweep(broadcast, watched, ['giveUpInDoubt']);
  }

  async #watch(id: string): Promise<Watched> {
    const held = this.#watched.get(id);
    if (held) return held;
    const { value: plan } = await planRecords(this.#deps.store).get(id);
    // Nobody is sent a text for a launch that could be lost yet: in a Cluster its slots stand on other servers.
    await confirmed(this.#deps.store, RECORDS_TAG, async () => {});
    const moving = { settled: -1, since: this.#deps.now(), patienceMs: STALL_MIN_MS };
    const airborne = { sending: 0, since: this.#deps.now() };
    const watched: Watched = { plan, enqueued: new Set(), moving, airborne };
    this.#watched.set(id, watched);
    return watched;
  }

  /** Lanes of regions that approved since the launch may run. */
  async #release(current: Stored<Broadcast>): Promise<Stored<Broadcast>> {
    const { store, notices } = this.#deps;
    const broadcast = current.value;
    const { value: notice } = await notices.get(broadcast.notice);
    const approved = approvedRegions(notice);
    if (approved.every((region) => broadcast.released.includes(region))) return current;
    const released = [...new Set([...broadcast.released, ...approved])];
    const added = released.slice(broadcast.released.length);
    const act = {
      actor: 'system',
      action: 'broadcast.release',
      subject: `broadcast/${current.id}`,
      detail: { regions: added },
    };
    return broadcastRecords(store).update(current, { ...broadcast, released }, act);
  }

  /** Adds jobs: for newly released lanes at once, for all where nothing has moved for a while. */
  async #feed(broadcast: Broadcast, watched: Watched, kept: readonly LaneCounts[]): Promise<void> {
    const released = watched.plan.lanes.filter(({ region }) => broadcast.released.includes(region));
    const fresh = released.filter(({ region }) => !watched.enqueued.has(region));
    if (fresh.length > 0) {
      const jobs = await this.#enqueue(broadcast, fresh, kept);
      for (const { region } of fresh) watched.enqueued.add(region);
      this.#deps.log.info({ broadcast: broadcast.no, lanes: fresh.length, batches: jobs }, 'batches planned');
    }
    const settled = sum(kept, (lane) => SLOT_STATES.reduce((n, s) => (s === 'pending' ? n : n + lane.states[s]), 0));
    const now = this.#deps.now();
    const { moving } = watched;
    if (settled !== moving.settled || fresh.length > 0) {
      watched.moving = { settled, since: now, patienceMs: STALL_MIN_MS };
    } else if (now - moving.since >= moving.patienceMs) {
      await Promise.all(broadcast.routes.map((route) => this.#deps.queueOf(route)?.recall()));
      await this.#enqueue(broadcast, released, kept);
      watched.moving = { settled, since: now, patienceMs: Math.min(2 * moving.patienceMs, STALL_MAX_MS) };
    }
  }

  /** Adds the jobs of all batches that have something pending or in the air; those that have a job keep it. */
  async #enqueue(broadcast: Broadcast, lanes: readonly Lane[], kept: readonly LaneCounts[]): Promise<number> {
    const untouched = new Set(lanes.filter((lane) => kept[lane.no]!.states.pending === lane.recipients));
    const wanted = new Set<number>();
    for (const lane of lanes) {
      if (untouched.has(lane)) continue;
      await this.#eachChunk(broadcast, lane, async (batches) => {
        const slots = await this.#slots.read(batches);
        batches.forEach((batch, i) => {
          if (slots[i]!.some((byte) => !isSettled(byte))) wanted.add(batch.batch);
        });
      });
    }
    const known = new Set([...untouched].map(({ no }) => no));
    return enqueue(this.#deps.queueOf, broadcast, lanes, (batch, lane) => known.has(lane.no) || wanted.has(batch));
  }

  async #eachChunk(
    broadcast: Broadcast,
    lane: Lane,
    visit: (batches: readonly Batch[]) => Promise<void>,
  ): Promise<void> {
    const batches = [...ledgerBatches(this.#deps.store, broadcast.no, lane)];
    for (let from = 0; from < batches.length; from += SWEEP_BATCHES) {
      await visit(batches.slice(from, from + SWEEP_BATCHES));
    }
  }

  /** Gives every slot of the broadcast these events; the table of states says whom they concern. */
  async #sweep(broadcast: Broadcast, watched: Watched, events: readonly SlotEvent[]): Promise<void> {
    for (const lane of watched.plan.lanes) {
      await this.#eachChunk(broadcast, lane, async (batches) => {
        const changes = new SlotChanges();
        for (const batch of batches) for (const event of events) changes.addRun(batch, 0, batch.size - 1, event);
        await this.#slots.apply(changes);
      });
    }
  }

  async #close(current: Stored<Broadcast>): Promise<void> {
    const { store, notices, now, log } = this.#deps;
    const broadcast = current.value;
    const notice = await notices.get(broadcast.notice);
    const at = new Date(now()).toISOString();
    const closed: Broadcast = { ...broadcast, state: 'closed', closedAt: at };
    const ended = (broadcast.state === 'cancelled' ? cancelled : noticeClosed)(notice.value, at);
    const act = { actor: 'system', action: 'broadcast.closed', subject: `broadcast/${current.id}` };
    await commit(store, act, [broadcastRecords(store).put(current, closed), notices.put(notice, ended)]);
    log.info({ broadcast: current.id }, 'broadcast closed');
  }
}

/** Whether no dispatcher has anything to do for a slot any more, but wait for its receipt. */
function isSettled(byte: number): boolean {
  const state = stateOf(byte);
  return state !== 'pending' && state !== 'sending';
}

const sum = (lanes: readonly LaneCounts[], of: (lane: LaneCounts) => number): number =>
  lanes.reduce((total, lane) => total + of(lane), 0);

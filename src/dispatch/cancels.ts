/**
 * Calls back what the SMSC may still hold of a cancelled broadcast (R12): cancel_sm for every submission that it accepted
 * and has not told the end of. One process at a time does a broadcast on a route. It keeps no place: whoever takes over
 * begins again, since what is called back is final and is not asked for twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readMsisdn } from '../audience/blocks.ts';
import { type Broadcast, laneOfBatch } from '../broadcasts/broadcast.ts';
import { Lock } from '../broadcasts/lock.ts';
import type { Route } from '../broadcasts/routes.ts';
import { batchNumberOf, batchOf, slotOf } from '../ledger/address.ts';
import type { Batch } from '../ledger/keys.ts';
import { MessageIds } from '../ledger/message-ids.ts';
import { SlotChanges } from '../ledger/slot-changes.ts';
import type { Slots } from '../ledger/slots.ts';
import { stateOf } from '../ledger/states.ts';
import type { Logger } from '../log.ts';
import { STATUS } from '../smpp/constants.ts';
import type { Store } from '../store/connection.ts';
import type { BatchProcessorDeps } from './batch-processor.ts';
import type { BroadcastIndex } from './broadcast-index.ts';
import { partsOnWire } from './lane-texts.ts';
import type { Link } from './link.ts';
import { Pacer } from './pacer.ts';
import type { RedisClock } from './redis-clock.ts';

export interface CancelsDeps {
  readonly store: Store;
  readonly route: Route;
  readonly index: BroadcastIndex;
  readonly slots: Slots;
  readonly links: readonly Link[];
  readonly block: BatchProcessorDeps['block'];
  /** Name of this process, for the lock. */
  readonly process: string;
  readonly log: Logger;
  readonly now: () => number;
  readonly clock: RedisClock;
}

const LOCK_MS = 3_000;
const RENEW_MS = 1_000;
/** Where it was called back is remembered until the ids expire. */
const REMEMBERED_MS = 8 * 24 * 3_600_000;
const MAX_OUT = 200;
const GRANT = 50;
const NO_ROOM_MS = 20;
const ROUND_PAUSE_MS = 500;
const ROUND_PAUSE_MAX_MS = 30_000;
const MAX_BLOCKS = 2_048;

/** Asked for again in the next round. */
const NOT_NOW: ReadonlySet<number> = new Set([STATUS.ESME_RTHROTTLED, STATUS.ESME_RMSGQFUL, STATUS.ESME_RSYSERR]);

/** One submission that the SMSC may hold. */
interface Held {
  readonly id: string;
  readonly batch: Batch;
  readonly slot: number;
}

interface Round {
  recalled: number;
  /** The SMSC says that it is too late: its receipt will tell. */
  tooLate: number;
  /** Not answered, or not now. */
  open: number;
}

const ignore = (): void => {};

export class Cancels {
  readonly #deps: CancelsDeps;
  readonly #ids: MessageIds;
  /** On the rate that the route's submissions have, which it shares. */
  readonly #pacer: Pacer;
  readonly #answers = { answered: 0, accepted: 0 };
  /** Broadcasts that are called back here now, or were found to be done. */
  readonly #underWay = new Set<number>();
  readonly #done = new Set<number>();
  readonly #blocks = new Map<number, Buffer>();
  #granted = 0;
  #out = 0;
  #closing = false;

  constructor(deps: CancelsDeps) {
    this.#deps = deps;
    const { store, route, clock, now } = deps;
    this.#ids = new MessageIds({ store, route: route.id, now });
    this.#pacer = new Pacer({ store, route, answers: this.#answers, clock });
  }

  /** Begins with the broadcasts that are cancelled and not closed, where nobody else is at it. */
  follow(cancelled: readonly Broadcast[]): void {
    if (!this.#deps.route.cancelSm || this.#closing) return;
    for (const broadcast of cancelled) {
      const { no } = broadcast;
      if (this.#done.has(no) || this.#underWay.has(no) || !this.#roomiest()) continue;
      this.#underWay.add(no);
      this.#callBack(broadcast)
        .catch((error: unknown) => this.#deps.log.error({ err: error, broadcast: no }, 'calling back broke off'))
        .finally(() => this.#underWay.delete(no));
    }
  }

  close(): void {
    this.#closing = true;
  }

  async #callBack(broadcast: Broadcast): Promise<void> {
    const { store, route, process, log } = this.#deps;
    const { no } = broadcast;
    const doneKey = `${store.prefix}{rec}:called-back:${no}`;
    if (await store.redis.hexists(doneKey, route.id)) {
      this.#done.add(no);
      return;
    }
    const lock = new Lock({ store, name: `calling-back:${no}:${route.id}`, holder: process, ms: LOCK_MS });
    if (!(await lock.hold())) return;
    const renewal = setInterval(() => lock.hold().catch(ignore), RENEW_MS);
    try {
      const sum = await this.#rounds(broadcast);
      if (!sum) return;
      await store.redis.hset(doneKey, route.id, new Date().toISOString());
      await store.redis.pexpire(doneKey, REMEMBERED_MS);
      this.#done.add(no);
      log.info({ broadcast: no, ...sum }, 'called back what the SMSC held');
    } finally {
      clearInterval(renewal);
      this.#blocks.clear();
      await lock.leave();
    }
  }

  /** Until nothing is in the air and everything was answered; undefined when it ends before. */
  async #rounds(broadcast: Broadcast): Promise<Round | undefined> {
    const sum: Round = { recalled: 0, tooLate: 0, open: 0 };
    for (
      let pauseMs = ROUND_PAUSE_MS;
      this.#goesOn(broadcast.no);
      pauseMs = Math.min(2 * pauseMs, ROUND_PAUSE_MAX_MS)
    ) {
      // What was in the air at the cancel is accepted later: the last round begins when nothing is.
      const airborne = await this.#airborne(broadcast);
      const round = await this.#round(broadcast);
      sum.recalled += round.recalled;
      sum.tooLate = round.tooLate;
      sum.open = round.open;
      if (airborne === 0 && round.open === 0) return sum;
      await sleep(pauseMs);
    }
    return undefined;
  }

  #goesOn(no: number): boolean {
    return !this.#closing && this.#deps.index.peek(no)?.broadcast.state !== 'closed';
  }

  async #airborne({ no }: Broadcast): Promise<number> {
    const known = await this.#deps.index.load(no);
    const sizes = known?.plan.lanes.map(({ recipients }) => recipients) ?? [];
    const lanes = await this.#deps.slots.counts(no, sizes);
    return lanes.reduce((sum, { states }) => sum + states.sending, 0);
  }

  async #round(broadcast: Broadcast): Promise<Round> {
    const round: Round = { recalled: 0, tooLate: 0, open: 0 };
    const out = new Set<Promise<void>>();
    for await (const entries of this.#ids.walk(broadcast.no, Date.parse(broadcast.launchedAt))) {
      for (const held of await this.#held(entries)) {
        const link = await this.#place();
        if (!link) {
          round.open += 1;
          break;
        }
        const asked = this.#ask(broadcast, held, link, round).finally(() => out.delete(asked));
        out.add(asked);
      }
      if (this.#closing) break;
    }
    await Promise.all(out);
    return round;
  }

  /**
   * Those that were accepted and have no final state, as far as the ledger knows. Where a text has several segments, one
   * that is called back makes its slot final: the others are asked for all the same.
   */
  async #held(entries: readonly (readonly [id: string, address: number])[]): Promise<Held[]> {
    const { index, slots } = this.#deps;
    const batches = new Map<number, Batch>();
    for (const [, address] of entries) {
      const batch = index.batch(batchNumberOf(address));
      if (batch) batches.set(batch.batchNo, batch);
    }
    const known = [...batches.values()];
    const bytes = new Map((await slots.read(known)).map((held, i) => [known[i]!.batchNo, held]));
    return entries.flatMap(([id, address]) => {
      const batch = batches.get(batchNumberOf(address));
      const slot = slotOf(address);
      if (!batch) return [];
      const state = stateOf(bytes.get(batch.batchNo)![slot] ?? 0);
      const wanted = state === 'accepted' || state === 'enroute' || (state === 'deleted' && this.#isParted(batch));
      return wanted ? [{ id, batch, slot }] : [];
    });
  }

  #isParted({ broadcastNo, batchNo }: Batch): boolean {
    const { index, route } = this.#deps;
    return partsOnWire(laneOfBatch(index.peek(broadcastNo)!.plan, batchOf(batchNo)), route) > 1;
  }

  /** Waits for the route's rate and for a place in a window; undefined when it is time to end. */
  async #place(): Promise<Link | undefined> {
    if (this.#granted === 0) {
      const grant = await this.#pacer.take(1, GRANT);
      await this.#pacer.together(grant, grant.segments)();
      this.#granted = grant.segments;
    }
    for (;;) {
      const link = this.#out < MAX_OUT ? this.#roomiest() : undefined;
      if (link) {
        this.#granted -= 1;
        return link;
      }
      if (this.#closing) return undefined;
      await sleep(NO_ROOM_MS);
    }
  }

  #roomiest(): Link | undefined {
    let best: Link | undefined;
    for (const link of this.#deps.links) if (link.room > (best?.room ?? 0)) best = link;
    return best;
  }

  async #ask(broadcast: Broadcast, held: Held, link: Link, round: Round): Promise<void> {
    const { route } = this.#deps;
    const { batch, slot, id } = held;
    link.reserve(1);
    this.#out += 1;
    try {
      const destination = String(await this.#msisdn(broadcast, batch, slot));
      // §4.9.1: with a message_id the addresses must be those of the submission.
      const status = await link.session?.cancel({
        service_type: '',
        message_id: id,
        source_addr_ton: route.sender.ton,
        source_addr_npi: route.sender.npi,
        source_addr: route.sender.address,
        dest_addr_ton: route.destination.ton,
        dest_addr_npi: route.destination.npi,
        destination_addr: destination,
      });
      this.#answers.answered += 1;
      if (status === undefined || NOT_NOW.has(status)) round.open += 1;
      else if (status !== STATUS.ESME_ROK) round.tooLate += 1;
      else {
        this.#answers.accepted += 1;
        round.recalled += 1;
        await this.#record(batch, slot);
      }
    } catch {
      // The link is gone or the SMSC silent: the next round asks again.
      round.open += 1;
    } finally {
      link.unreserve(1);
      this.#out -= 1;
    }
  }

  /** The SMSC deleted it: it will not say so again, so this is tried until the store takes it. */
  async #record(batch: Batch, slot: number): Promise<void> {
    const changes = new SlotChanges();
    changes.add(batch, slot, 'receiptDeleted');
    for (;;) {
      try {
        await this.#deps.slots.apply(changes);
        return;
      } catch {
        if (this.#closing) return;
        await sleep(ROUND_PAUSE_MS);
      }
    }
  }

  async #msisdn({ audience, no }: Broadcast, batch: Batch, slot: number): Promise<number> {
    const { index, block } = this.#deps;
    let packed = this.#blocks.get(batch.batchNo);
    if (!packed) {
      const { plan } = index.peek(no)!;
      const position = batchOf(batch.batchNo);
      const lane = laneOfBatch(plan, position);
      packed = await block(audience, lane.region, lane.language, position - lane.firstBatch);
      if (this.#blocks.size >= MAX_BLOCKS) this.#blocks.clear();
      this.#blocks.set(batch.batchNo, packed);
    }
    return readMsisdn(packed, slot);
  }
}

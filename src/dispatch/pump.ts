/**
 * Moves submissions of a route from its batches to its links: waits for room in a window, for segments from the pacer and
 * for work, claims slots durably (ledger rule 1), and only then, when the segments are due, writes. Claims for several
 * links are under way at once.
 */
import type { Route } from '../broadcasts/routes.ts';
import { SlotChanges } from '../ledger/slot-changes.ts';
import type { Slots } from '../ledger/slots.ts';
import type { BatchRun, Work } from './batch-run.ts';
import type { Feed } from './feed.ts';
import type { Link } from './link.ts';
import type { Pacer } from './pacer.ts';
import type { RegionGates } from './region-gates.ts';
import { type Slice, slicesOf } from './slices.ts';

export interface PumpDeps {
  readonly route: Route;
  readonly slots: Slots;
  readonly feed: Feed;
  readonly pacer: Pacer;
  readonly gates: RegionGates;
  readonly links: readonly Link[];
  /** Most submissions in flight on a link, as they are now. */
  readonly window: () => number;
  readonly now: () => number;
  /** Reads anew whether a run may go on, and stops it where it may not. */
  readonly confirm: (run: BatchRun) => Promise<void>;
  /** When this process last read what is in force, by performance.now(). */
  readonly lookedAt: () => number;
  /** Submissions were written for a broadcast. */
  readonly onSubmitted: (run: BatchRun, segments: number) => void;
  readonly onStoreFault: (error: Error) => void;
}

/** A window is refilled when this part of it is free: larger groups cost less for each message. */
const REFILL_PART = 4;
/** Slots in one claim. */
const MAX_CLAIM = 500;
const IDLE_LOOK_MS = 200;
const FAULT_PAUSE_MS = 200;
/** What is known for longer than this may have been overtaken by a stop that this process has not heard of. */
const STALE_MS = 600;

export class Pump {
  readonly #deps: PumpDeps;
  #stopped = false;
  #wakeUp: (() => void) | undefined;
  /** Woken while it was not asleep: it looks once more before it sleeps. */
  #woken = false;
  #loop: Promise<void> | undefined;
  #underWay = 0;

  constructor(deps: PumpDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Something changed: room, work, or a state. */
  wake(): void {
    this.#woken = true;
    this.#wakeUp?.();
  }

  /** Writes nothing new from here on; resolves when no claim is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.wake();
    await this.#loop;
    while (this.#underWay > 0) await this.#sleep(10);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        this.#woken = false;
        if (!(await this.#step()) && !this.#woken) await this.#sleep(this.#untilDue());
      } catch (error) {
        this.#deps.onStoreFault(error as Error);
        await this.#sleep(FAULT_PAUSE_MS);
      }
    }
  }

  /** One group to one link; false when there was nothing to do. */
  async #step(): Promise<boolean> {
    const { pacer, gates, now } = this.#deps;
    const ready = this.#next();
    const link = ready && this.#roomiest();
    if (!ready || !link) return false;
    const parts = this.#atOnce(ready);
    const room = Math.floor(link.room / parts);
    if (room === 0) return false;
    const most = Math.min(room, MAX_CLAIM);
    const grant = await pacer.take(parts, most * parts);
    // The wait may have been long: ask again whose turn it is.
    const run = this.#next();
    const each = run ? this.#atOnce(run) : 1;
    const due = run ? gates.due(run.lane.region, each) : 0;
    const slots = Math.floor(Math.min(grant.segments, link.room, due) / each);
    const work = run && slots > 0 ? run.take(Math.min(slots, run.turn), now()) : undefined;
    if (!run || !work) {
      pacer.giveBack(grant);
      return false;
    }
    const count = work.kind === 'part' ? 1 : work.last - work.first + 1;
    const [size, needed] = work.kind === 'part' ? [1, 1] : [each, count * each];
    const route = { dues: pacer.use(grant, needed), moment: pacer.moment };
    const slices = slicesOf(count, size, route, gates.use(run.lane.region, needed));
    link.reserve(needed);
    this.#underWay += 1;
    const sent =
      work.kind === 'part'
        ? this.#submitPart(run, link, work, slices[0]!)
        : this.#submit(run, link, work, size, slices);
    sent
      .catch((error: unknown) => this.#deps.onStoreFault(error as Error))
      .finally(() => {
        this.#underWay -= 1;
        this.wake();
      });
    return true;
  }

  /** Whose turn it is. */
  #next(): BatchRun | undefined {
    const run = this.#deps.feed.next(this.#deps.now(), this.#mayGo, this.#want);
    if (run) this.#want(run);
    return run;
  }

  readonly #want = (run: BatchRun): void => this.#deps.gates.want(run.lane.region, this.#atOnce(run));

  /** Whether the cap of its region lets a run go now. */
  readonly #mayGo = (run: BatchRun): boolean => this.#deps.gates.due(run.lane.region, this.#atOnce(run)) > 0;

  /** Rank of the gravest work at hand that may go now; undefined when there is none. */
  gravest(): number | undefined {
    return this.#deps.feed.gravest(this.#deps.now(), this.#mayGo);
  }

  /** Parts of a text that leave together: all, but where the window is smaller than the text. */
  #atOnce(run: BatchRun): number {
    return Math.min(run.templates.length, this.#deps.window());
  }

  /** The link with the most room, if enough of its window is free. */
  #roomiest(): Link | undefined {
    let best: Link | undefined;
    for (const link of this.#deps.links) if (link.room > (best?.room ?? 0)) best = link;
    if (!best) return undefined;
    const enough = Math.max(1, Math.floor(this.#deps.window() / REFILL_PART));
    return best.room >= enough || best.inFlight < enough ? best : undefined;
  }

  async #submitPart(run: BatchRun, link: Link, { slot, part }: Part, { moment }: Slice): Promise<void> {
    try {
      await this.#untilStored(moment);
      if (isStale(this.#deps.lookedAt())) await this.#confirm(run);
      if (!link.open || run.partsOver) return run.partAgain(slot, part, this.#deps.now());
      this.#write(run, link, slot, slot, part);
      this.#deps.onSubmitted(run, 1);
    } finally {
      link.unreserve(1);
    }
  }

  /** Claims slots, and writes `parts` of their texts when they are due, which the claim has time until. */
  async #submit(run: BatchRun, link: Link, work: Claim, parts: number, slices: readonly Slice[]): Promise<void> {
    const count = work.last - work.first + 1;
    let reserved = count * parts;
    try {
      const asked = performance.now();
      const granted = await this.#claim(run, work.first, work.last);
      if (!granted) {
        run.stop('lost');
        run.settle(count);
        return;
      }
      let from = 0;
      for (const { slots, moment } of slices) {
        await this.#untilStored(moment);
        // What is known may be older than the claim: right after a stall, claims are quick again, and the news is not there yet.
        if (isStale(Math.min(asked, this.#deps.lookedAt()))) await this.#confirm(run);
        // Pause, cancel and expiry hold up to the very write.
        if (!link.open || run.stopping) {
          await this.#release(run, work.first + from, granted.subarray(from), parts);
          return;
        }
        this.#writeGranted(run, link, work.first + from, granted.subarray(from, from + slots), parts);
        from += slots;
        link.unreserve(slots * parts);
        reserved -= slots * parts;
      }
    } finally {
      link.unreserve(reserved);
    }
  }

  #writeGranted(run: BatchRun, link: Link, base: number, granted: Buffer, parts: number): void {
    let count = 0;
    forEachStretch(granted, (from, to) => {
      const [first, last] = [base + from, base + to];
      for (let part = 0; part < parts; part += 1) this.#write(run, link, first, last, part);
      if (parts < run.templates.length) run.partsLater(first, last, parts, this.#deps.now());
      count += to - from + 1;
    });
    if (count < granted.length) run.settle(granted.length - count);
    if (count > 0) this.#deps.onSubmitted(run, count * parts);
  }

  #write(run: BatchRun, link: Link, first: number, last: number, part: number): void {
    link.submit(run.templates[part]!, run.msisdns, run.addresses[part]!, first, last);
  }

  /** After a stall of the store: what comes back from it first is as old as the stall. */
  async #confirm(run: BatchRun): Promise<void> {
    for (let since = Number.NEGATIVE_INFINITY; isStale(since); ) {
      since = performance.now();
      await this.#untilStored(() => this.#deps.confirm(run));
    }
  }

  /** Tries until the store answers: a claim whose reply was lost is granted again. */
  async #claim(run: BatchRun, first: number, last: number): Promise<Buffer | null> {
    return this.#untilStored(() => this.#deps.slots.claim(run.batch, run.epoch, first, last));
  }

  async #untilStored<T>(step: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await step();
      } catch (error) {
        this.#deps.onStoreFault(error as Error);
        await new Promise((resolve) => setTimeout(resolve, FAULT_PAUSE_MS));
      }
    }
  }

  /** Claimed and surely not written: pending again. */
  async #release(run: BatchRun, base: number, granted: Buffer, parts: number): Promise<void> {
    this.#deps.pacer.unused(granted.length * parts);
    this.#deps.gates.unused(run.lane.region, granted.length * parts);
    const changes = new SlotChanges();
    const stretches: [number, number][] = [];
    forEachStretch(granted, (from, to) => {
      changes.addRun(run.batch, base + from, base + to, 'release');
      stretches.push([base + from, base + to]);
    });
    await this.#untilStored(() => this.#deps.slots.apply(changes));
    let given = 0;
    for (const [first, last] of stretches) {
      run.giveBack(first, last);
      given += last - first + 1;
    }
    if (given < granted.length) run.settle(granted.length - given);
  }

  #untilDue(): number {
    const due = this.#deps.feed.nextDue();
    if (due === undefined) return IDLE_LOOK_MS;
    return Math.max(1, Math.min(IDLE_LOOK_MS, due - this.#deps.now()));
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wakeUp?.(), ms);
      this.#wakeUp = () => {
        clearTimeout(timer);
        this.#wakeUp = undefined;
        resolve();
      };
    });
  }
}

type Claim = Extract<Work, { kind: 'claim' }>;
type Part = Extract<Work, { kind: 'part' }>;

const isStale = (since: number): boolean => performance.now() - since > STALE_MS;

/** Calls `visit` with the first and last index of each stretch of granted slots. */
function forEachStretch(granted: Buffer, visit: (from: number, to: number) => void): void {
  for (let i = 0; i < granted.length; i += 1) {
    if (granted[i] === 0) continue;
    let last = i;
    while (last + 1 < granted.length && granted[last + 1] === 1) last += 1;
    visit(i, last);
    i = last;
  }
}

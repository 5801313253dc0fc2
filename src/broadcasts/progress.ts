/** How far a broadcast is: the ledger's counts, summed by lane and region, with the rate and the forecast finish. */

import { type LaneCounts, Slots } from '../ledger/slots.ts';
import { isFinal, SLOT_STATES, type SlotState } from '../ledger/states.ts';
import { type Clock, clockOf } from '../notices/clock.ts';
import type { Store } from '../store/connection.ts';
import { type BroadcastPlan, type BroadcastState, broadcastRecords, planRecords } from './broadcast.ts';
import { type HaltState, readHalt } from './halt.ts';
import { type BroadcastTimes, carriedBy, timesOf } from './times.ts';

export type Counts = Record<SlotState, number>;

export interface LaneProgress {
  readonly region: string;
  readonly language: string;
  readonly recipients: number;
  readonly segments: number;
  readonly released: boolean;
  readonly counts: Counts;
  readonly inDoubt: number;
}

export interface RegionProgress {
  readonly region: string;
  readonly recipients: number;
  /** Recipients whose submission was answered by the SMSC. */
  readonly submitted: number;
  readonly delivered: number;
  readonly final: number;
}

export interface Progress extends BroadcastTimes {
  readonly broadcast: string;
  readonly notice: string;
  readonly state: BroadcastState;
  readonly recipients: number;
  readonly counts: Counts;
  readonly inDoubt: number;
  readonly submitted: number;
  readonly final: number;
  /** Recipients in no final state yet; 0 when the broadcast is closed. */
  readonly unaccounted: number;
  readonly messagesPerSecond: number;
  readonly segmentsPerSecond: number;
  readonly launchedAt: string;
  /** Since detection, of the minutes that there are to tell the public. */
  readonly clock: Clock;
  /** Forecast of the last submission, while it runs. */
  readonly finishAt?: string;
  readonly closedAt?: string;
  /** While a global halt keeps it from going on: since when, by whom and why. */
  readonly halt?: Omit<HaltState, 'halted'>;
  readonly lanes: readonly LaneProgress[];
  readonly regions: readonly RegionProgress[];
  /** Segments that each route carried, about a second ago. */
  readonly routes: readonly { readonly route: string; readonly segments: number }[];
}

/** Not answered by the SMSC, or never submitted. */
const UNSUBMITTED: ReadonlySet<SlotState> = new Set(['pending', 'sending', 'cancelled', 'lapsed', 'held', 'excluded']);
/** The rate is taken over this span. */
const RATE_SPAN_MS = 5_000;

export const noCounts = (): Counts => Object.fromEntries(SLOT_STATES.map((state) => [state, 0])) as Counts;

export function addCounts(into: Counts, counts: Counts): void {
  for (const state of SLOT_STATES) into[state] += counts[state];
}

const sumWhere = (counts: Counts, wanted: (state: SlotState) => boolean): number =>
  SLOT_STATES.reduce((sum, state) => (wanted(state) ? sum + counts[state] : sum), 0);

export const finalOf = (counts: Counts): number => sumWhere(counts, isFinal);
export const submittedOf = (counts: Counts): number => sumWhere(counts, (state) => !UNSUBMITTED.has(state));

export class ProgressReader {
  readonly #store: Store;
  readonly #slots: Slots;
  readonly #now: () => number;
  readonly #plans = new Map<string, BroadcastPlan>();
  /** Samples of the last seconds, for the rate: time, messages, segments. */
  readonly #samples = new Map<string, [number, number, number][]>();

  constructor({ store, now = Date.now }: { store: Store; now?: () => number }) {
    this.#store = store;
    this.#slots = new Slots({ store });
    this.#now = now;
  }

  async #plan(id: string): Promise<BroadcastPlan> {
    const held = this.#plans.get(id);
    if (held) return held;
    const { value } = await planRecords(this.#store).get(id);
    this.#plans.set(id, value);
    return value;
  }

  /** Throws `not-found` / `unknown_broadcast`. */
  async read(id: string): Promise<Progress> {
    const { value: broadcast } = await broadcastRecords(this.#store).get(id);
    const plan = await this.#plan(id);
    const sizes = plan.lanes.map(({ recipients }) => recipients);
    const [kept, times, routes, { halted, ...halt }] = await Promise.all([
      this.#slots.counts(broadcast.no, sizes),
      timesOf(this.#store, broadcast.no),
      carriedBy(this.#store, broadcast.no),
      readHalt(this.#store),
    ]);
    const lanes = laneProgress(plan, kept, new Set(broadcast.released));
    const counts = noCounts();
    for (const lane of lanes) addCounts(counts, lane.counts);
    const submitted = submittedOf(counts);
    const final = finalOf(counts);
    const segments = lanes.reduce((sum, lane) => sum + submittedOf(lane.counts) * lane.segments, 0);
    const rate = this.#rate(id, submitted, segments);
    const remaining = counts.pending + counts.sending;
    const running = broadcast.state === 'running' && !halted && remaining > 0 && rate.messages > 0;
    return {
      broadcast: id,
      notice: broadcast.notice,
      state: broadcast.state,
      recipients: broadcast.recipients,
      counts,
      inDoubt: lanes.reduce((sum, lane) => sum + lane.inDoubt, 0),
      submitted,
      final,
      unaccounted: broadcast.recipients - final,
      messagesPerSecond: Math.round(rate.messages),
      segmentsPerSecond: Math.round(rate.segments),
      launchedAt: broadcast.launchedAt,
      clock: clockOf(
        {
          detectedAt: broadcast.detectedAt,
          createdAt: broadcast.launchedAt,
          followUp: broadcast.follows !== undefined,
          stoppedAt: times.firstSubmitAt ?? broadcast.cancelledAt ?? broadcast.closedAt,
        },
        this.#now(),
      ),
      ...times,
      ...(running ? { finishAt: new Date(this.#now() + (remaining / rate.messages) * 1_000).toISOString() } : {}),
      ...(broadcast.closedAt === undefined ? {} : { closedAt: broadcast.closedAt }),
      ...(halted && broadcast.state !== 'closed' ? { halt } : {}),
      lanes,
      regions: regionProgress(lanes),
      routes,
    };
  }

  #rate(id: string, messages: number, segments: number): { messages: number; segments: number } {
    const now = this.#now();
    const samples = (this.#samples.get(id) ?? []).filter(([at]) => at > now - RATE_SPAN_MS);
    samples.push([now, messages, segments]);
    this.#samples.set(id, samples);
    const [at, firstMessages, firstSegments] = samples[0]!;
    const seconds = (now - at) / 1_000;
    if (seconds < 0.2) return { messages: 0, segments: 0 };
    return { messages: (messages - firstMessages) / seconds, segments: (segments - firstSegments) / seconds };
  }
}

function laneProgress(plan: BroadcastPlan, kept: readonly LaneCounts[], released: ReadonlySet<string>): LaneProgress[] {
  return plan.lanes.map((lane, i) => ({
    region: lane.region,
    language: lane.language,
    recipients: lane.recipients,
    segments: lane.rendering.segments,
    released: released.has(lane.region),
    counts: kept[i]!.states,
    inDoubt: kept[i]!.inDoubt,
  }));
}

function regionProgress(lanes: readonly LaneProgress[]): RegionProgress[] {
  const regions = new Map<string, { -readonly [K in keyof RegionProgress]: RegionProgress[K] }>();
  for (const { region, recipients, counts } of lanes) {
    const sum = regions.get(region) ?? { region, recipients: 0, submitted: 0, delivered: 0, final: 0 };
    sum.recipients += recipients;
    sum.submitted += submittedOf(counts);
    sum.delivered += counts.delivered;
    sum.final += finalOf(counts);
    regions.set(region, sum);
  }
  return [...regions.values()];
}

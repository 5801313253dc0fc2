/** Holds the kept counts of a broadcast against its slots (ledger rule 6): they must agree to the last recipient. */
import { type LaneCounts, laneCounts, Slots } from '../ledger/slots.ts';
import { SLOT_STATES, STATE_ROOM } from '../ledger/states.ts';
import type { Store } from '../store/connection.ts';
import { purgedLedger } from './archived.ts';
import { broadcastRecords, type Lane, ledgerBatches, planRecords } from './broadcast.ts';
import { addCounts, type Counts, noCounts } from './progress.ts';

const READ_AT_ONCE = 256;

export interface Difference {
  readonly region: string;
  readonly language: string;
  /** A state, or `inDoubt`. */
  readonly count: string;
  readonly kept: number;
  readonly recounted: number;
}

export interface Verification {
  readonly recipients: number;
  readonly counts: Counts;
  readonly inDoubt: number;
  readonly differences: readonly Difference[];
}

export async function verify(store: Store, id: string): Promise<Verification> {
  const { value: broadcast } = await broadcastRecords(store).get(id);
  const { value: plan } = await planRecords(store).get(id);
  const purged = await purgedLedger(store, id);
  const slots = new Slots({ store });
  const kept = await slots.counts(
    broadcast.no,
    plan.lanes.map(({ recipients }) => recipients),
  );
  const counts = noCounts();
  const differences: Difference[] = [];
  let inDoubt = 0;
  if (purged) {
    const { counts: archived, inDoubt: doubted, recipients } = purged.value;
    return { recipients, counts: archived, inDoubt: doubted, differences: differencesOf(kept, archived, doubted) };
  }
  for (const lane of plan.lanes) {
    const recounted = laneCounts(await recountLane(store, slots, broadcast.no, lane), lane.recipients);
    addCounts(counts, recounted.states);
    inDoubt += recounted.inDoubt;
    const { region, language } = lane;
    const held = kept[lane.no]!;
    const compare = (count: string, a: number, b: number) => {
      if (a !== b) differences.push({ region, language, count, kept: a, recounted: b });
    };
    for (const state of SLOT_STATES) compare(state, held.states[state], recounted.states[state]);
    compare('inDoubt', held.inDoubt, recounted.inDoubt);
  }
  return { recipients: broadcast.recipients, counts, inDoubt, differences };
}

/** Without slots, the kept counts are held against those that were archived. */
function differencesOf(kept: readonly LaneCounts[], archived: Counts, doubted: number): Difference[] {
  const sum = (of: (lane: LaneCounts) => number) => kept.reduce((total, lane) => total + of(lane), 0);
  const all = [
    ...SLOT_STATES.map((state) => [state, sum(({ states }) => states[state]), archived[state]] as const),
    ['inDoubt', sum(({ inDoubt }) => inDoubt), doubted] as const,
  ];
  return all
    .filter(([, now, then]) => now !== then)
    .map(([count, now, then]) => ({ region: '*', language: '*', count, kept: now, recounted: then }));
}

async function recountLane(store: Store, slots: Slots, broadcastNo: number, lane: Lane): Promise<number[]> {
  const sums = new Array<number>(STATE_ROOM).fill(0);
  const batches = [...ledgerBatches(store, broadcastNo, lane)];
  for (let from = 0; from < batches.length; from += READ_AT_ONCE) {
    for (const bytes of await slots.read(batches.slice(from, from + READ_AT_ONCE))) Slots.recount(bytes, sums);
  }
  return sums;
}

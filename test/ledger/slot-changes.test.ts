import { type Batch, batchOfLane } from '../../src/ledger/keys.ts';
import { SlotChanges } from '../../src/ledger/slot-changes.ts';
import { eventCode } from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';

const store = { prefix: 't:' } as Store;
const batchAt = (broadcastNo: number, batch: number, lane = 0): Batch =>
  batchOfLane(store, { broadcastNo, batch, lane, size: 1_000, parts: 2 });

const accept = eventCode('accept');
const doubt = eventCode('doubt');

interface Portion {
  header: { lane: number; size: number; parts: number; epoch: number; low: number; high: number };
  /** first slot, last slot, event, part. */
  runs: number[][];
}

const read = (packed: Buffer): Portion => ({
  header: {
    lane: packed.readUInt32BE(0),
    size: packed.readUInt16BE(4),
    parts: packed[6]!,
    epoch: packed.readUInt32BE(7),
    low: packed.readUInt16BE(11),
    high: packed.readUInt16BE(13),
  },
  runs: Array.from({ length: (packed.length - 15) / 6 }, (_, i) => {
    const at = 15 + 6 * i;
    return [packed.readUInt16BE(at), packed.readUInt16BE(at + 2), packed[at + 4]!, packed[at + 5]!];
  }),
});

const portionsOf = (changes: SlotChanges): Portion[] => [...changes.calls()].flat().map(({ packed }) => read(packed));
const runsOf = (changes: SlotChanges): number[][][] => portionsOf(changes).map(({ runs }) => runs);

describe('gathered changes', () => {
  const one = batchAt(1, 0);

  test('become one run where neighbours have the same event', () => {
    const changes = new SlotChanges();
    for (let slot = 254; slot <= 700; slot += 1) changes.add(one, slot, 'accept');
    expect(runsOf(changes)).toEqual([[[254, 700, accept, 0]]]);
  });

  test('join runs that follow one another', () => {
    const changes = new SlotChanges();
    changes.addRun(one, 0, 9, 'accept');
    changes.addRun(one, 10, 19, 'accept');
    expect(runsOf(changes)).toEqual([[[0, 19, accept, 0]]]);
  });

  test('are put in the order of their slots, neighbours that came apart in one run', () => {
    const changes = new SlotChanges();
    for (const slot of [9, 2, 999, 1, 0, 8, 500]) changes.add(one, slot, 'accept');
    expect(runsOf(changes)).toEqual([
      [
        [0, 2, accept, 0],
        [8, 9, accept, 0],
        [500, 500, accept, 0],
        [999, 999, accept, 0],
      ],
    ]);
  });

  test('stay apart where event or part differ', () => {
    const changes = new SlotChanges();
    changes.add(one, 6, 'accept');
    changes.add(one, 5, 'doubt');
    changes.add(one, 7, 'accept', 1);
    expect(runsOf(changes)).toEqual([
      [
        [5, 5, doubt, 0],
        [6, 6, accept, 0],
        [7, 7, accept, 1],
      ],
    ]);
  });

  test('of neighbours that come one after the other stay apart where their part differs', () => {
    const changes = new SlotChanges();
    changes.add(one, 5, 'accept', 1);
    changes.add(one, 6, 'accept', 2);
    changes.add(one, 7, 'accept', 2);
    expect(runsOf(changes)).toEqual([
      [
        [5, 5, accept, 1],
        [6, 7, accept, 2],
      ],
    ]);
  });

  test('go into a second portion, in their order, where they overlap', () => {
    const changes = new SlotChanges();
    changes.addRun(one, 0, 9, 'doubt');
    changes.addRun(one, 5, 5, 'accept', 1);
    changes.add(one, 20, 'accept');
    changes.addRun(one, 3, 6, 'accept');
    changes.add(one, 0, 'accept');
    expect(runsOf(changes)).toEqual([
      [
        [0, 9, doubt, 0],
        [20, 20, accept, 0],
      ],
      [
        [0, 0, accept, 0],
        [5, 5, accept, 1],
      ],
      [[3, 6, accept, 0]],
    ]);
  });

  test('say of their batch what the script needs: lane, size, parts, epoch, and which slots they touch', () => {
    const changes = new SlotChanges();
    const taken = { ...batchAt(1, 3, 70_000), epoch: 4_000_000_000 };
    changes.add(taken, 900, 'accept');
    changes.addRun(taken, 17, 40, 'doubt');
    changes.add(one, 3, 'accept');
    expect(portionsOf(changes).map(({ header }) => header)).toEqual([
      { lane: 70_000, size: 1_000, parts: 2, epoch: 4_000_000_000, low: 17, high: 900 },
      { lane: 0, size: 1_000, parts: 2, epoch: 0, low: 3, high: 3 },
    ]);
  });

  test('are grouped into calls by broadcast and shard', () => {
    const changes = new SlotChanges();
    for (const [no, batch] of [
      [1, 0],
      [1, 16],
      [1, 1],
      [2, 0],
    ] as const)
      changes.add(batchAt(no, batch), 0, 'accept');
    const calls = [...changes.calls()].map((call) => call.map(({ batch }) => [batch.broadcastNo, batch.batch]));
    expect(calls).toEqual([
      [
        [1, 0],
        [1, 16],
      ],
      [[1, 1]],
      [[2, 0]],
    ]);
  });

  test('know whether there are any', () => {
    const changes = new SlotChanges();
    expect(changes.empty).toBe(true);
    changes.add(one, 0, 'accept');
    expect(changes.empty).toBe(false);
  });
});

import { batchOfLane } from '../../src/ledger/keys.ts';
import { SlotChanges } from '../../src/ledger/slot-changes.ts';
import { eventCode } from '../../src/ledger/states.ts';
import type { Store } from '../../src/store/connection.ts';

const store = { prefix: 't:' } as Store;
const batchAt = (broadcastNo: number, batch: number) =>
  batchOfLane(store, { broadcastNo, batch, lane: 0, size: 1_000, parts: 1 });

const accept = eventCode('accept');
const doubt = eventCode('doubt');
const run = (first: number, last: number, code: number, part = 0) => [
  first >> 8,
  first & 255,
  last >> 8,
  last & 255,
  code,
  part,
];

const runsOf = (changes: SlotChanges): number[][] => [...changes.calls()].flat().map(({ runs }) => [...runs]);

describe('gathered changes', () => {
  test('become one run where neighbours have the same event', () => {
    const changes = new SlotChanges();
    for (let slot = 254; slot <= 700; slot += 1) changes.add(batchAt(1, 0), slot, 'accept');
    expect(runsOf(changes)).toEqual([run(254, 700, accept)]);
  });

  test('join runs that follow one another', () => {
    const changes = new SlotChanges();
    changes.addRun(batchAt(1, 0), 0, 9, 'accept');
    changes.addRun(batchAt(1, 0), 10, 19, 'accept');
    expect(runsOf(changes)).toEqual([run(0, 19, accept)]);
  });

  test('keep their order where event, part or neighbourhood differ', () => {
    const changes = new SlotChanges();
    const one = batchAt(1, 0);
    changes.add(one, 5, 'doubt');
    changes.add(one, 6, 'accept');
    changes.add(one, 7, 'accept', 1);
    changes.add(one, 9, 'accept', 1);
    changes.add(one, 9, 'accept', 1);
    changes.add(one, 8, 'accept', 1);
    expect(runsOf(changes)).toEqual([
      [
        ...run(5, 5, doubt),
        ...run(6, 6, accept),
        ...run(7, 7, accept, 1),
        ...run(9, 9, accept, 1),
        ...run(9, 9, accept, 1),
        ...run(8, 8, accept, 1),
      ],
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
    changes.add(batchAt(1, 0), 0, 'accept');
    expect(changes.empty).toBe(false);
  });
});

/** What a cap of a region holds in store: whole texts, a few leases while it is the region's turn, and nothing else. */

import { jest } from '@jest/globals';
import type { Due, Dues } from '../../src/dispatch/dues.ts';
import type { Pacer } from '../../src/dispatch/pacer.ts';
import { RegionGates } from '../../src/dispatch/region-gates.ts';
import { waitFor } from '../support/wait-for.ts';

/** Gates over a pacer that grants these leases one after the other, the first one in its time, and then nothing more. */
function gatesOf(leases: readonly (readonly Due[])[], first: Promise<void> = Promise.resolve()) {
  const asked: number[] = [];
  const faults: Error[] = [];
  const unused: number[] = [];
  const sumOf = (dues: readonly Due[]) => dues.reduce((sum, due) => sum + due.segments, 0);
  let isAway = false;
  const pacer = {
    take: async (least: number) => {
      if (isAway) throw new Error('away');
      asked.push(least);
      await first;
      const dues = leases[asked.length - 1];
      return dues ? { segments: sumOf(dues), dues } : new Promise(() => {});
    },
    moment: () => async () => {},
    forgo: (dues: Dues, keep: number) => dues.forgo(performance.now() - 10, keep),
    unused: (segments: number) => unused.push(segments),
  };
  const gates = new RegionGates({
    pacerOf: (region) => (region === '35' ? (pacer as unknown as Pacer) : undefined),
    onDue: () => {},
    onStoreFault: (error) => faults.push(error),
  });
  const away = (is: boolean) => {
    isAway = is;
  };
  return { gates, asked, faults, unused, away };
}
const leaseAt = (at: number, segments = 2): Due[] => [{ segments, at }];

describe('a cap of a region', () => {
  test('asks for nothing while it is not the turn of the region: it would take it from who has one', async () => {
    const { gates, asked } = gatesOf([leaseAt(performance.now() + 60_000)]);
    expect([gates.due('35', 1), asked]).toEqual([0, []]);
    gates.want('35', 1);
    await waitFor(() => gates.due('35', 1) === 2);
  });

  test('holds some leases in store, as the route may come to the region only now and then', async () => {
    const at = performance.now() + 60_000;
    const { gates, asked } = gatesOf(Array.from({ length: 20 }, () => leaseAt(at)));
    gates.want('35', 1);
    await waitFor(() => gates.due('35', 1) === 12);
    gates.want('35', 1);
    expect([gates.due('35', 1), asked.length]).toEqual([12, 6]);
    gates.use('35', 5);
    gates.want('35', 1);
    await waitFor(() => gates.due('35', 1) >= 12);
  });

  test('asks for no more once the region had no turn for a while, since others may have its batches now', async () => {
    const clock = jest.spyOn(performance, 'now');
    try {
      clock.mockReturnValue(1_000);
      let granted!: () => void;
      const first = new Promise<void>((resolve) => {
        granted = resolve;
      });
      const { gates, asked } = gatesOf(
        Array.from({ length: 20 }, () => leaseAt(60_000)),
        first,
      );
      gates.want('35', 1);
      clock.mockReturnValue(2_000);
      granted();
      await waitFor(() => gates.due('35', 1) > 0);
      expect(asked).toHaveLength(1);
    } finally {
      clock.mockRestore();
    }
  });

  test('asks for as many segments as a text needs', async () => {
    const { gates, asked } = gatesOf([leaseAt(performance.now() + 60_000, 1)]);
    gates.want('35', 8);
    await waitFor(() => asked.length === 2);
    // One is in store already.
    expect([asked, gates.due('35', 8), gates.due('35', 1)]).toEqual([[8, 7], 0, 1]);
  });

  test('keeps the segments of a long text together, though the first of them were due long before the last', async () => {
    const now = performance.now();
    const { gates } = gatesOf([Array.from({ length: 8 }, (_, i) => ({ segments: 1, at: now - 50 * (7 - i) }))]);
    gates.want('35', 8);
    await waitFor(() => gates.due('35', 8) === 8);
  });

  test('keeps one lease for a process that gets no room on its links: its region must have its turn', async () => {
    const old = performance.now() - 60_000;
    const { gates, asked } = gatesOf([leaseAt(old, 5), leaseAt(old, 5), leaseAt(old, 5)]);
    gates.want('35', 1);
    await waitFor(() => asked.length === 4);
    expect(gates.due('35', 1)).toBe(5);
  });

  test('gives what is used with its moments, and is told of what was not written', async () => {
    const at = performance.now() + 60_000;
    const { gates, unused } = gatesOf([leaseAt(at, 3)]);
    gates.want('35', 1);
    await waitFor(() => gates.due('35', 1) === 3);
    expect(gates.use('35', 2)?.dues).toEqual([{ segments: 2, at }]);
    gates.unused('35', 2);
    expect([gates.due('35', 1), unused]).toEqual([1, [2]]);
  });

  test('is none where none is configured', () => {
    const { gates, asked } = gatesOf([]);
    gates.want('75', 1);
    gates.unused('75', 1);
    expect([gates.due('75', 1), gates.use('75', 1), asked]).toEqual([Number.POSITIVE_INFINITY, undefined, []]);
  });

  test('asks again after the store was away', async () => {
    const { gates, faults, away } = gatesOf([leaseAt(performance.now() + 60_000)]);
    away(true);
    gates.want('35', 1);
    await waitFor(() => faults.length === 1);
    away(false);
    gates.want('35', 1);
    await waitFor(() => gates.due('35', 1) === 2);
  });
});

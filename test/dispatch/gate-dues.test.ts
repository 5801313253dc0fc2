/** What a cap of a region holds in store: whole texts, also slow ones, and no more than a moment's worth. */

import type { Due } from '../../src/dispatch/dues.ts';
import type { Pacer } from '../../src/dispatch/pacer.ts';
import { RegionGates } from '../../src/dispatch/region-gates.ts';

/** Gates over a pacer that grants these, and then nothing more; `used`: what was used of them. */
async function gatesOf(dues: readonly Due[]) {
  const used: Due[] = [];
  const segments = dues.reduce((sum, due) => sum + due.segments, 0);
  let granted = false;
  const pacer = {
    take: () => {
      if (granted) return new Promise(() => {});
      granted = true;
      return Promise.resolve({ segments, dues });
    },
    use: (grant: { dues: readonly Due[] }) => {
      used.push(...grant.dues);
      return async () => {};
    },
  };
  let onDue!: () => void;
  const due = new Promise<void>((resolve) => {
    onDue = resolve;
  });
  const gates = new RegionGates({
    pacerOf: () => pacer as unknown as Pacer,
    onDue,
    onStoreFault: (error) => {
      throw error;
    },
  });
  gates.due('35', 1);
  await due;
  return { gates, used };
}

describe('a cap of a region', () => {
  test('keeps the segments of a long text together, though the first of them were due long before the last', async () => {
    const now = performance.now();
    const { gates } = await gatesOf(Array.from({ length: 8 }, (_, i) => ({ segments: 1, at: now - 50 * (7 - i) })));
    expect(gates.due('35', 8)).toBe(8);
  });

  test('keeps one lease for a process that gets no room on its links: its region must have its turn', async () => {
    const { gates, used } = await gatesOf([{ segments: 5, at: performance.now() - 60_000 }]);
    expect(gates.due('35', 1)).toBe(5);
    gates.use('35', 5);
    // It counts as due of late: else it would have to wait for those that are.
    expect(used.every(({ at }) => performance.now() - at < 500)).toBe(true);
  });
});

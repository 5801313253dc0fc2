/** Slices of a claim: which slots leave at which moment, on a route and under the cap of a region. */
import { type Slice, slicesOf, type Timeline } from '../../src/dispatch/slices.ts';

/** A timeline whose moments only say that they were waited for. */
function timeline(name: string, dues: readonly [segments: number, at: number][], waited: string[] = []): Timeline {
  return {
    dues: dues.map(([segments, at]) => ({ segments, at })),
    moment: (at, segments) => async () => {
      waited.push(`${name} ${segments} at ${at}`);
    },
  };
}

/** Waits for each slice in turn. */
async function waitsOf(slices: readonly Slice[], waited: string[]): Promise<[slots: number, waits: string[]][]> {
  const done: [number, string[]][] = [];
  for (const { slots, moment } of slices) {
    waited.length = 0;
    await moment();
    done.push([slots, [...waited]]);
  }
  return done;
}

describe('slices of a claim', () => {
  test('leave each at its own moment', async () => {
    const waited: string[] = [];
    const slices = slicesOf(
      7,
      1,
      timeline(
        'route',
        [
          [3, 10],
          [2, 15],
          [2, 20],
        ],
        waited,
      ),
    );
    expect(await waitsOf(slices, waited)).toEqual([
      [3, ['route 3 at 10']],
      [2, ['route 2 at 15']],
      [2, ['route 2 at 20']],
    ]);
  });

  test('hold whole texts: a text waits for the last of its segments', async () => {
    const waited: string[] = [];
    const slices = slicesOf(
      3,
      2,
      timeline(
        'route',
        [
          [1, 10],
          [2, 15],
          [3, 20],
        ],
        waited,
      ),
    );
    expect(await waitsOf(slices, waited)).toEqual([
      [1, ['route 2 at 15']],
      [2, ['route 4 at 20']],
    ]);
    expect(
      slicesOf(
        1,
        6,
        timeline('route', [
          [2, 10],
          [4, 15],
        ]),
      ).map(({ slots }) => slots),
    ).toEqual([1]);
  });

  test('are cut where the moment of the route or of the region changes, and the region counts last', async () => {
    const waited: string[] = [];
    const route = timeline(
      'route',
      [
        [4, 10],
        [2, 15],
      ],
      waited,
    );
    const slices = slicesOf(
      6,
      1,
      route,
      timeline(
        'region',
        [
          [2, 12],
          [4, 17],
        ],
        waited,
      ),
    );
    expect(slices.map(({ slots }) => slots)).toEqual([2, 2, 2]);
    const waits = await waitsOf(slices, waited);
    // The route's are all waited for at once: in turn, they would be late by the waits for the region.
    expect(waits[0]![1].slice(0, 3)).toEqual(['route 2 at 10', 'route 2 at 10', 'route 2 at 15']);
    expect(waits.slice(1).flatMap(([, names]) => names.filter((name) => name.startsWith('route')))).toEqual([]);
    expect(waits.map(([, names]) => names.filter((name) => name.startsWith('region')))).toEqual([
      ['region 2 at 12', 'region 2 at 12'],
      ['region 2 at 17', 'region 2 at 17'],
      ['region 2 at 17', 'region 2 at 17'],
    ]);
  });

  test('wait again for a moment of the route that the store refused', async () => {
    let asked = 0;
    const route: Timeline = {
      dues: [{ segments: 2, at: 10 }],
      moment: () => async () => {
        asked += 1;
        if (asked < 3) throw new Error('away');
      },
    };
    const [slice] = slicesOf(2, 1, route, timeline('region', [[2, 12]]));
    await expect(slice!.moment()).rejects.toThrow('away');
    await slice!.moment();
    expect(asked).toBe(3);
  });
});

import fc from 'fast-check';
import {
  candidatesOf,
  homeOf,
  type LaneRoutes,
  type OrderRule,
  onlyRoutes,
  orderFaults,
  orderRuleSchema,
  routeIds,
  routesOfRegion,
} from '../../src/broadcasts/route-choice.ts';
import { aRoute, onRoutes } from './builders.ts';

const ROUTES = [
  aRoute({ id: 'drill' }),
  aRoute({ id: 'north', kind: 'live' }),
  aRoute({ id: 'south', kind: 'live' }),
  aRoute({ id: 'spare', kind: 'live' }),
  aRoute({ id: 'drill-2' }),
];
const rule = (given: object): OrderRule => orderRuleSchema.parse(given);
const ORDER = [
  rule({ regions: '*', share: [{ route: 'south' }] }),
  rule({ regions: ['35', '2A'], share: [{ route: 'north', weight: 3 }, { route: 'south' }], standBy: ['spare'] }),
];

describe('the routes of a region', () => {
  test('are those of the rule that names it, else those of the rule for all others', () => {
    const actual = { status: 'Actual' } as const;
    expect(routesOfRegion(ROUTES, ORDER, actual, '35')).toEqual({
      share: [
        { route: 'north', weight: 3 },
        { route: 'south', weight: 1 },
      ],
      standBy: ['spare'],
    });
    expect(routesOfRegion(ROUTES, ORDER, actual, '29')).toEqual(onRoutes('south'));
  });

  test.each(['Exercise', 'Test'] as const)('R6: of an %s are never those of a rule for live routes', (status) => {
    expect(routesOfRegion(ROUTES, ORDER, { status }, '35')).toEqual(onRoutes('drill', 'drill-2'));
  });

  test('are, without a rule, all of the right kind: the first in use, the others standing by', () => {
    expect(routesOfRegion(ROUTES, [], { status: 'Actual' }, '35')).toEqual(onRoutes('north', 'south', 'spare'));
    expect(routesOfRegion(ROUTES, [ORDER[1]!], { status: 'Actual' }, '29')).toEqual(
      onRoutes('north', 'south', 'spare'),
    );
  });

  test('are the one that the notice names, and no other', () => {
    expect(routesOfRegion(ROUTES, ORDER, { status: 'Actual', route: 'spare' }, '35')).toEqual(onRoutes('spare'));
    expect(() => routesOfRegion(ROUTES, ORDER, { status: 'Exercise', route: 'spare' }, '35')).toThrow(
      expect.objectContaining({ code: 'wrong_route_kind' }),
    );
  });
});

describe('the order in the routes file', () => {
  const faultsOf = (...rules: object[]) => orderFaults(rules.map(rule), ROUTES);

  test('has no fault where every rule has routes of one kind, and every region one rule of a kind', () => {
    expect(orderFaults(ORDER, ROUTES)).toEqual([]);
    const both = { regions: '*', share: [{ route: 'drill' }] };
    expect(orderFaults([...ORDER, rule(both)], ROUTES)).toEqual([]);
  });

  test('R6: never mixes exercise and live, and the field is named', () => {
    const mixed = { regions: '*', share: [{ route: 'north' }, { route: 'drill' }], standBy: ['drill-2'] };
    expect(faultsOf(mixed)).toEqual([
      { at: '/order/0/share/1/route', message: '"drill" is exercise, the rule live' },
      { at: '/order/0/standBy/0', message: '"drill-2" is exercise, the rule live' },
    ]);
  });

  test('knows its routes, each once', () => {
    expect(faultsOf({ regions: '*', share: [{ route: 'north' }], standBy: ['nowhere', 'north'] })).toEqual([
      { at: '/order/0/standBy/0', message: 'there is no route "nowhere"' },
      { at: '/order/0/standBy/1', message: '"north" is there twice' },
    ]);
  });

  test('says one thing of a region', () => {
    const all = { regions: '*', share: [{ route: 'north' }] };
    const some = { regions: ['35', '29'], share: [{ route: 'north' }] };
    expect(faultsOf(all, some, { ...some, regions: ['29'] }, all)).toEqual([
      { at: '/order/2/regions/0', message: '29 has a rule for live routes already' },
      { at: '/order/3/regions', message: '* has a rule for live routes already' },
    ]);
  });

  test.each([
    [{ regions: ['96'], share: [{ route: 'north' }] }],
    [{ regions: [], share: [{ route: 'north' }] }],
    [{ regions: '*', share: [] }],
    [{ regions: '*', share: [{ route: 'north', weight: 0 }] }],
    [{ regions: '*', share: [{ route: 'north', weight: 1.5 }] }],
    [{ regions: '*', share: [{ route: 'north' }], stand: [] }],
  ])('refuses %j', (given) => {
    expect(orderRuleSchema.safeParse(given).success).toBe(false);
  });
});

describe('the home of a batch', () => {
  const shared = (...weights: number[]): LaneRoutes => ({
    share: weights.map((weight, i) => ({ route: `r${i}`, weight })),
    standBy: ['s0', 's1'],
  });
  const countHomes = (routes: LaneRoutes, from: number, batches: number) => {
    const counts: Record<string, number> = {};
    for (let batch = from; batch < from + batches; batch += 1) {
      const home = homeOf(routes, batch);
      counts[home] = (counts[home] ?? 0) + 1;
    }
    return counts;
  };

  test('keeps the weights in every cycle, wherever it begins', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (weights, from) => {
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const expected = Object.fromEntries(weights.map((weight, i) => [`r${i}`, weight]));
          expect(countHomes(shared(...weights), from, total)).toEqual(expected);
        },
      ),
    );
  });

  test('keeps 3:1 within some percent over any stretch of a broadcast', () => {
    for (const [from, batches] of [
      [0, 27_000],
      [17, 400],
      [999, 40],
    ] as const) {
      const { r0 = 0 } = countHomes(shared(3, 1), from, batches);
      expect(Math.abs(r0 / batches - 0.75)).toBeLessThan(0.03);
    }
  });

  test('is mixed: no route has to wait for another', () => {
    for (let from = 0; from < 200; from += 10) {
      expect(Object.keys(countHomes(shared(30, 30, 40), from, 10))).toHaveLength(3);
    }
  });

  test('is the first of its candidates, which are all routes, each once, the stand-bys last and in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (weights, batch) => {
          const routes = shared(...weights);
          const candidates = candidatesOf(routes, batch);
          expect(candidates[0]).toBe(homeOf(routes, batch));
          expect([...candidates].sort()).toEqual(routeIds(routes).sort());
          expect(candidates.slice(-2)).toEqual(['s0', 's1']);
        },
      ),
    );
  });

  test('leaves its batches to the others that share by their weights', () => {
    const routes = shared(2, 3, 1);
    const next: Record<string, number> = { r1: 0, r2: 0 };
    for (let batch = 0; batch < 2_400; batch += 1) {
      const [home, second] = candidatesOf(routes, batch);
      if (home === 'r0') next[second!]! += 1;
    }
    expect(next.r1! / (next.r1! + next.r2!)).toBeCloseTo(0.75, 1);
  });
});

describe('leaving routes out', () => {
  const routes: LaneRoutes = {
    share: [
      { route: 'a', weight: 3 },
      { route: 'b', weight: 1 },
    ],
    standBy: ['c', 'd'],
  };

  test('keeps the weights and the order of the others', () => {
    expect(onlyRoutes(routes, (id) => id !== 'a' && id !== 'c')).toEqual({
      share: [{ route: 'b', weight: 1 }],
      standBy: ['d'],
    });
  });

  test('puts the first stand-by in use where nobody shares any more', () => {
    expect(onlyRoutes(routes, (id) => id > 'b')).toEqual(onRoutes('c', 'd'));
  });

  test('leaves nothing where none is allowed', () => {
    expect(onlyRoutes(routes, () => false)).toBeUndefined();
  });
});

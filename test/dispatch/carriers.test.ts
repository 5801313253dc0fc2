import type { Breaker, BreakerState } from '../../src/broadcasts/breaker.ts';
import { BroadcastIndex } from '../../src/dispatch/broadcast-index.ts';
import { Carriers } from '../../src/dispatch/carriers.ts';
import type { RouteDispatch } from '../../src/dispatch/route-dispatch.ts';
import type { Store } from '../../src/store/connection.ts';
import { onRoutes, storeBroadcast } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';
import { aLane } from './builders.ts';
import { SHORT_TEXT } from './harness.ts';

interface Here {
  readonly state?: BreakerState;
  readonly bound?: boolean;
  readonly atHand?: number;
}

const LANE = aLane(SHORT_TEXT, { routes: onRoutes('a', 'b', 'c') });

/** Carriers of a process whose routes are as given; others are closed, bound and idle. */
function carriersOf(here: Record<string, Here>, routesBeside: () => readonly string[] = () => []) {
  const routes = ['a', 'b', 'c', 'd'].map((id) => {
    const { bound = true, atHand = 0 } = here[id] ?? {};
    return { id, bound, batches: { atHand } };
  });
  const index = { routesBeside } as unknown as BroadcastIndex;
  const carriers = new Carriers({ routes: routes as unknown as RouteDispatch[], index });
  const breakers = Object.entries(here).map(([id, { state = 'closed' }]): [string, Breaker] => {
    return [id, { state, since: 0, pauseMs: 0 }];
  });
  carriers.follow(new Map(breakers));
  return carriers;
}
const chosen = (here: Record<string, Here>) => carriersOf(here).choose(LANE, 0)?.id;

describe('the route that carries a batch', () => {
  test.each<[string, Record<string, Here>, string | undefined]>([
    ['its home', {}, 'a'],
    ['the next that is in use, where the home is open', { a: { state: 'open' } }, 'b'],
    ['the next that is bound here', { a: { state: 'open' }, b: { bound: false } }, 'c'],
    ['a half-open home, for a few batches', { a: { state: 'half-open', atHand: 1 } }, 'a'],
    ['the next, where enough batches try a half-open home', { a: { state: 'half-open', atHand: 2 } }, 'b'],
    [
      'an open one, where no other can: the first in order',
      { a: { state: 'open' }, b: { state: 'open' }, c: { bound: false } },
      'a',
    ],
    [
      'an open one that is bound, rather than one in use that is not',
      { a: { state: 'open', bound: false }, b: { bound: false }, c: { state: 'open' } },
      'c',
    ],
    ['none, where none is bound', { a: { bound: false }, b: { bound: false }, c: { bound: false } }, undefined],
  ])('is %s', (_, here, expected) => {
    expect(chosen(here)).toBe(expected);
  });

  test('is one that is only tried again last, for a batch of which somebody may have the text', () => {
    const certain = (here: Record<string, Here>) => carriersOf(here).choose(LANE, 0, false)?.id;
    expect(certain({ a: { state: 'half-open' } })).toBe('b');
    const alone = { b: { bound: false }, c: { bound: false } };
    expect(certain({ a: { state: 'half-open' }, ...alone })).toBe('a');
    expect(certain({})).toBe('a');
  });

  test('is never one that the lane does not name', () => {
    const carriers = carriersOf({ a: { state: 'open', bound: false } });
    expect(carriers.choose(aLane(SHORT_TEXT, { routes: onRoutes('a') }), 0)).toBeUndefined();
    expect(carriers.choose(aLane(SHORT_TEXT, { routes: onRoutes('nowhere', 'd') }), 0)?.id).toBe('d');
  });
});

describe('a batch under way', () => {
  test('stays on a route that is in use, or is tried', () => {
    expect(carriersOf({}).mayStay('a', LANE, 0)).toBe(true);
    expect(carriersOf({ a: { state: 'half-open', atHand: 2 } }).mayStay('a', LANE, 0)).toBe(true);
    expect(carriersOf({}).mayStay('b', LANE, 0)).toBe(true);
  });

  test('leaves an open one for another that can carry it, and for no other reason', () => {
    expect(carriersOf({ a: { state: 'open' } }).mayStay('a', LANE, 0)).toBe(false);
    const alone = { a: { state: 'open' }, b: { bound: false }, c: { bound: false } } as const;
    expect(carriersOf(alone).mayStay('a', LANE, 0)).toBe(true);
    expect(carriersOf({ ...alone, a: { state: 'open', bound: false } }).mayStay('a', LANE, 0)).toBe(true);
  });
});

describe('the jobs in the queue of a route', () => {
  const serves = (here: Record<string, Here>, beside: readonly string[]) => carriersOf(here, () => beside).serves('a');

  test('are taken while it is bound here, whatever its breaker says', () => {
    expect(serves({}, ['a', 'b'])).toBe(true);
    expect(serves({ a: { state: 'open' } }, ['a'])).toBe(true);
  });

  test('are left to other processes while it is in use and not bound here', () => {
    expect(serves({ a: { bound: false } }, ['a', 'b'])).toBe(false);
  });

  test('are taken for the routes beside it while it is not in use', () => {
    expect(serves({ a: { state: 'open', bound: false } }, ['a', 'b'])).toBe(true);
    expect(serves({ a: { state: 'open', bound: false }, b: { bound: false } }, ['a', 'b'])).toBe(false);
    expect(serves({ a: { state: 'open', bound: false } }, ['a'])).toBe(false);
  });

  test('are taken where this process has not every route', () => {
    expect(serves({ a: { state: 'open', bound: false } }, ['elsewhere', 'b'])).toBe(true);
    expect(carriersOf({ elsewhere: { state: 'open' } }, () => ['a']).serves('elsewhere')).toBe(true);
  });
});

describe('the routes beside one', () => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  test('are those of the lanes of broadcasts that are not closed', async () => {
    await storeBroadcast(store, { no: 1, routes: onRoutes('a', 'b') });
    await storeBroadcast(store, { no: 2, routes: onRoutes('a', 'c') });
    const { broadcast } = await storeBroadcast(store, { no: 3, routes: onRoutes('a', 'd') });
    const index = new BroadcastIndex({ store });
    for (const no of [1, 2, 3]) await index.load(no);
    index.refresh({ ...broadcast, state: 'closed' }, performance.now());
    expect(index.routesBeside('a')).toEqual(['a', 'b', 'c']);
    expect(index.routesBeside('c')).toEqual(['a', 'c']);
    expect(index.routesBeside('d')).toEqual([]);
  });
});

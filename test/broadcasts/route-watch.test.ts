/** Who decides on breakers, and that all others follow. */
import type { BreakerState } from '../../src/broadcasts/breaker.ts';
import { type HealthReport, reportHealth, routeHealth } from '../../src/broadcasts/route-health.ts';
import { RouteWatch } from '../../src/broadcasts/route-watch.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { at, NOW } from './builders.ts';

let store: Store;
let close: () => Promise<void>;
let clock: number;
let changes: [process: string, route: string, from: BreakerState, to: BreakerState][];

beforeEach(async () => {
  ({ store, close } = await testStore());
  clock = NOW;
  changes = [];
});
afterEach(() => close());

const watcher = (process: string) =>
  new RouteWatch({
    store,
    routes: ['a', 'b'],
    process,
    now: () => clock,
    onChange: (route, from, to) => changes.push([process, route, from.state, to.state]),
  });
const report = (route: string, bound: number): HealthReport => ({
  ...{ route, links: 2, bound, inFlight: 0, batches: 0, limit: 0, configured: 0, best: 0 },
  ...{ unboundMs: bound > 0 ? 0 : 2_000, silent: false, answers: { good: 0, refused: 0, throttled: 0, ms: 1_000 } },
});
const told = (process: string, ...bound: [a: number, b: number]) =>
  reportHealth(store, process, [report('a', bound[0]), report('b', bound[1])], clock);

test('one process decides, and says so once; all hear of it', async () => {
  const [one, other] = [watcher('one'), watcher('other')];
  await told('p', 0, 2);
  for (let i = 0; i < 3; i += 1) {
    await one.tick();
    expect((await other.tick()).get('a')?.state).toBe('open');
  }
  expect(changes).toEqual([['one', 'a', 'closed', 'open']]);
});

test('another goes on where the one that decided is gone', async () => {
  const [one, other] = [watcher('one'), watcher('other')];
  await told('p', 0, 2);
  await one.tick();
  await one.leave();
  clock += 1_000;
  await told('p', 2, 2);
  expect((await other.tick()).get('a')?.state).toBe('half-open');
  clock += 5_000;
  await told('p', 2, 2);
  expect((await other.tick()).get('a')?.state).toBe('closed');
  expect(changes.map(([process, , , to]) => [process, to])).toEqual([
    ['one', 'open'],
    ['other', 'half-open'],
    ['other', 'closed'],
  ]);
});

test('a route of which nobody tells stays as it is', async () => {
  const one = watcher('one');
  await told('p', 0, 2);
  await one.tick();
  clock += 10_000;
  expect((await one.tick()).get('a')?.state).toBe('open');
});

test('a link of one process is enough', async () => {
  const one = watcher('one');
  await told('p', 0, 2);
  await told('q', 1, 2);
  await one.tick();
  expect(changes).toEqual([]);
});

test('the health of a route shows its breaker, since when and why', async () => {
  await told('p', 0, 2);
  await watcher('one').tick();
  const [a, b] = await routeHealth(store, ['a', 'b'], clock);
  expect(a).toMatchObject({ state: 'down', breaker: { state: 'open', since: at(0), reason: 'down' } });
  expect(b).toMatchObject({ state: 'up', breaker: { state: 'closed' } });
});

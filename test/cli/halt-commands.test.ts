import { halt, readHalt } from '../../src/broadcasts/halt.ts';
import { ordersFor, readReconnects } from '../../src/broadcasts/reconnects.ts';
import type { Store } from '../../src/store/connection.ts';
import { runCli } from '../support/command-line.ts';
import { testStore } from '../support/redis.ts';

let store: Store;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ store, close } = await testStore());
});
afterEach(() => close());

describe('tocsin halt', () => {
  test('halts, says so, and names who did', async () => {
    const { code, out } = await runCli(store, 'halt', '--reason', 'wrong number');
    expect(code).toBe(0);
    expect(out).toMatch(/^Everything is halted since 20\S+Z, by cli:tester: wrong number$/);
    expect(await readHalt(store)).toMatchObject({ halted: true, by: 'cli:tester', reason: 'wrong number' });
  });

  test('is lifted for a reason only', async () => {
    await halt(store, { actor: 'key:k1', person: 'Op' }, undefined, Date.now);
    const { code, notes } = await runCli(store, 'halt', '--lift');
    expect([code, notes]).toEqual([1, expect.stringContaining('takes a reason')]);
    expect((await readHalt(store)).halted).toBe(true);
    const lifted = await runCli(store, 'halt', '--lift', '--reason', 'corrected');
    expect(lifted.out).toMatch(/^Nothing is halted since \S+, by cli:tester: corrected$/);
    expect((await readHalt(store)).halted).toBe(false);
    const again = await runCli(store, 'halt', '--lift', '--reason', 'again');
    expect(again).toMatchObject({ code: 1, notes: 'There is no halt to lift' });
  });

  test('is shown without a change', async () => {
    expect((await runCli(store, 'halt', '--show')).out).toBe('Nothing is halted, and never was');
    expect(JSON.parse((await runCli(store, 'halt', '--json')).out)).toMatchObject({ halted: true, by: 'cli:tester' });
    expect((await runCli(store, 'halt', '--show')).out).toMatch(/^Everything is halted since \S+, by cli:tester$/);
  });
});

describe('tocsin routes reconnect', () => {
  const report = async (...routes: string[]) => {
    const reports = routes.map((route) => ({ route }));
    await store.redis.hset(`${store.prefix}{rec}:route-health`, 'p1', JSON.stringify({ at: Date.now(), reports }));
  };

  test('tells all routes, and says which the dispatchers know', async () => {
    await report('live', 'drill');
    const { code, out } = await runCli(store, 'routes', 'reconnect', '--all');
    expect([code, out]).toEqual([0, 'Told to bind anew: every link of drill, live']);
    expect(ordersFor(await readReconnects(store), 'live')).toBe(1);
  });

  test('tells one route, and refuses one that no dispatcher knows', async () => {
    await report('live', 'drill');
    const told = await runCli(store, 'routes', 'reconnect', '--route', 'drill', '--json');
    expect(JSON.parse(told.out)).toEqual({ routes: ['drill'], at: expect.any(String), by: 'cli:tester' });
    const orders = await readReconnects(store);
    expect([ordersFor(orders, 'live'), ordersFor(orders, 'drill')]).toEqual([0, 1]);
    const other = await runCli(store, 'routes', 'reconnect', '--route', 'dril');
    expect(other).toMatchObject({ code: 1, notes: 'No dispatcher knows a route "dril": they know drill, live' });
  });

  test('says when no dispatcher runs', async () => {
    const { code, out } = await runCli(store, 'routes', 'reconnect', '--all');
    expect([code, out]).toEqual([0, 'No dispatcher runs: there is no link to bind anew']);
  });
});

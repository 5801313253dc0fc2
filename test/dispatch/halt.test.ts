/** The halt where a message was missed, a store is out of reach, or half a text has left. */
import { connect, createServer, type Socket } from 'node:net';
import { halt, lift } from '../../src/broadcasts/halt.ts';
import { connectRedis, ready, type Store } from '../../src/store/connection.ts';
import { Records } from '../../src/store/records.ts';
import { OPERATOR } from '../broadcasts/builders.ts';
import { testRedisUrl } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { dispatchFixture, expectAccountedFor, LONG_TEXT, nonZero, type RunningDispatch } from './harness.ts';

const dispatch = dispatchFixture();

const passes = async (ms: number): Promise<void> => {
  const since = performance.now();
  await waitFor(() => performance.now() - since >= ms, ms + 5_000);
};

/** Sets or lifts the halt without a word on the control channel. */
async function silently({ store }: RunningDispatch, halted: boolean): Promise<void> {
  const records = new Records<object>(store, 'halt');
  const current = (await records.find('all')) ?? { id: 'all', version: 0 };
  const act = { actor: 'cli:tester', action: 'halt.set', subject: 'halt/all' };
  await records.update(current, { halted, at: new Date().toISOString(), by: 'Op' }, act);
}

describe('a halt', () => {
  test('holds for all broadcasts and for those launched meanwhile; lifted, everybody gets the text once', async () => {
    const running = await dispatch.start({ dispatchers: 2, route: { segmentsPerSecond: 600 } });
    const first = await running.launch({ recipients: 500 });
    await waitFor(() => running.record().submits > 50);
    await halt(running.store, OPERATOR, 'drill', Date.now);
    const second = await running.launch({ recipients: 300 });
    await running.until(first, ({ counts }) => counts.sending === 0);
    const { submits } = running.record();
    await passes(1_500);
    expect(running.record().submits).toBe(submits);
    expect((await running.progress(second)).halt).toMatchObject({ by: 'Op', reason: 'drill' });
    expect(nonZero((await running.progress(second)).counts)).toEqual({ pending: 300 });
    await lift(running.store, OPERATOR, 'over', Date.now);
    for (const [id, count] of [
      [first, 500],
      [second, 300],
    ] as const) {
      expect(nonZero((await running.closed(id, 15_000)).counts)).toEqual({ delivered: count });
    }
    expect(running.record()).toMatchObject({ accepted: 800, repeatedParts: 0 });
    expect(running.logged.filter(({ msg }) => msg === 'halted')).toHaveLength(2);
  }, 30_000);

  test('that nobody told of is found within the second, and so is its end', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 400 } });
    const id = await running.launch({ recipients: 1_000 });
    await waitFor(() => running.record().submits > 50);
    await silently(running, true);
    const haltedAt = Date.now();
    await passes(1_500);
    expect(running.record().lastSubmitAt! - haltedAt).toBeLessThan(running.within(1_000));
    const { submits } = running.record();
    await silently(running, false);
    await waitFor(() => running.record().submits > submits);
    await running.cancel(id);
    await running.closed(id);
  }, 30_000);

  test('lets a cancelled broadcast end, and one that expires', async () => {
    const running = await dispatch.start({ route: { segmentsPerSecond: 300 } });
    const expiring = await running.launch({ recipients: 500, expiresInMs: 1_500 });
    const cancelled = await running.launch({ recipients: 500 });
    await waitFor(() => running.record().submits > 50);
    await halt(running.store, OPERATOR, undefined, Date.now);
    await running.cancel(cancelled);
    expect((await running.closed(cancelled)).counts.cancelled).toBeGreaterThan(0);
    expect((await running.closed(expiring)).counts.lapsed).toBeGreaterThan(0);
  }, 30_000);
});

describe('a process that the store is out of reach for', () => {
  /** A way to Redis whose answers can be held up: they come later, as old as they are then. */
  async function detour(): Promise<{ url: string; block: (blocked: boolean) => void }> {
    const { hostname, port } = new URL(testRedisUrl());
    const sockets = new Set<Socket>();
    const answers = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      near.pipe(far).pipe(near);
      answers.add(far);
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.once('close', () => near.destroy() && far.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    dispatch.atEnd(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port: own } = server.address() as { port: number };
    const block = (blocked: boolean) => {
      for (const socket of answers) blocked ? socket.pause() : socket.resume();
    };
    return { url: `redis://127.0.0.1:${own}`, block };
  }

  test.each([
    ['short', LONG_TEXT.slice(0, 60)],
    ['long', LONG_TEXT],
  ])(
    'cannot submit (%s texts): it is silent within a second, also when the way is free again and a halt came meanwhile',
    async (_length, text) => {
      const running = await dispatch.start({
        dispatchers: 0,
        route: { responseTimeoutMs: 20_000, retryDelayMs: 300 },
        behaviour: {
          submissions: { refusals: [{ status: 'ESME_RMSGQFUL', probability: 0.2 }] },
          responses: { delayMs: { min: 5, max: 40 } },
        },
      });
      const { url, block } = await detour();
      const redis = connectRedis(url, 'worker', () => {});
      await ready(redis);
      const store: Store = { ...running.store, redis };
      const process = await running.dispatcher({ store });
      dispatch.atEnd(async () => {
        block(false);
        await process.stop();
        redis.disconnect();
      });
      const id = await running.launch({ recipients: 20_000, text });
      await waitFor(() => running.record().submits > 500);
      block(true);
      const blockedAt = Date.now();
      await passes(1_000);
      const { submits, lastSubmitAt } = running.record();
      expect(lastSubmitAt! - blockedAt).toBeLessThan(running.within(1_000));
      await halt(running.store, OPERATOR, undefined, Date.now);
      await passes(1_000);
      expect(running.record().submits).toBe(submits);
      block(false);
      await passes(1_500);
      expect(running.record().submits).toBe(submits);
      await running.cancel(id);
      await running.closed(id, 15_000);
      await expectAccountedFor(running, id);
    },
    40_000,
  );
});

describe('half a text', () => {
  test('is not finished later than a second after the pause: it is in doubt, and sent again when that is lifted', async () => {
    const running = await dispatch.start({
      // Refused parts come again after the pause is long in force.
      route: { retryDelayMs: 2_000, segmentsPerSecond: 400 },
      behaviour: { submissions: { refusals: [{ status: 'ESME_RMSGQFUL', probability: 0.3 }] } },
    });
    const id = await running.launch({ recipients: 400, text: LONG_TEXT });
    await waitFor(() => running.record().submits > 100);
    await running.pause(id);
    const pausedAt = Date.now();
    await passes(4_000);
    expect(running.record().lastSubmitAt! - pausedAt).toBeLessThan(running.within(1_000));
    const { counts, inDoubt } = await running.progress(id);
    expect(counts.sending).toBe(0);
    expect(inDoubt).toBeGreaterThan(0);
    running.simulator.patchBehaviour({ submissions: { refusals: [] } });
    await running.resume(id);
    const end = await running.closed(id, 20_000);
    expect(end.counts.delivered).toBe(400);
    expect(running.record().duplicates).toBeLessThanOrEqual(end.inDoubt);
    await expectAccountedFor(running, id);
  }, 40_000);
});

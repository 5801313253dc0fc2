/** Redis is killed in mid-broadcast and comes back from its AOF: dispatch waits, goes on, and nothing is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import { connectRedis, ready, type Store } from '../../src/store/connection.ts';
import { waitFor } from '../support/wait-for.ts';
import { dispatchFixture, expectAccountedFor, nonZero } from './harness.ts';

describe('the store', () => {
  const dispatch = dispatchFixture();

  /** A Redis of the test's own, that can be killed and started again on its port and its files. */
  async function privateStore() {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-gone-'));
    dispatch.atEnd(async () => rmSync(folder, { recursive: true, force: true }));
    const binary = await findOrInstallRedis({ say: () => {} });
    let server: EmbeddedRedis = await startEmbeddedRedis({ binary, folder });
    dispatch.atEnd(() => server.stop());
    const redis = connectRedis(server.url, 'worker', () => {});
    dispatch.atEnd(async () => redis.disconnect());
    await ready(redis);
    const store: Store = { redis, prefix: 'gone:' };
    return {
      store,
      kill: async () => {
        process.kill(server.pid, 'SIGKILL');
        await waitFor(() => redis.status !== 'ready');
      },
      restart: async () => {
        server = await startEmbeddedRedis({ binary, folder, port: server.port });
      },
    };
  }

  test('rules 2 and 3: dies and comes back; receipts are put off meanwhile, and nobody is lost, in doubt or twice', async () => {
    const { store, kill, restart } = await privateStore();
    const running = await dispatch.start({
      store,
      route: { segmentsPerSecond: 2_000 },
      behaviour: { receipts: { delayMs: { min: 100, max: 600 }, retry: { temporaryErrorAfterMs: 50 } } },
    });
    const id = await running.launch({ recipients: 3_000 });
    await waitFor(() => running.record().submits > 800);
    await kill();
    await waitFor(() => running.record().receipts.nackedTemporary > 20);
    await waitFor(() => Date.now() - running.record().lastSubmitAt! > 300);
    const { submits } = running.record();
    expect(submits).toBeLessThan(3_000);
    const silentSince = Date.now();
    await waitFor(() => Date.now() - silentSince > 300);
    expect(running.record().submits).toBe(submits);
    await restart();
    const progress = await running.closed(id, 15_000);
    const record = running.record();
    expect(nonZero(progress.counts)).toEqual({ delivered: 3_000 });
    expect(progress.inDoubt).toBe(0);
    expect(record).toMatchObject({ accepted: 3_000, recipients: 3_000, repeatedParts: 0 });
    expect(record.receipts.acknowledged).toBe(3_000);
    await expectAccountedFor(running, id);
  });

  test('is gone for longer than jobs keep their locks: batches come again and are run once at a time', async () => {
    const { store, kill, restart } = await privateStore();
    const running = await dispatch.start({
      store,
      route: { segmentsPerSecond: 1_500, responseTimeoutMs: 10_000 },
      behaviour: { responses: { delayMs: { min: 0, max: 30 } }, receipts: { retry: { temporaryErrorAfterMs: 100 } } },
    });
    const id = await running.launch({ recipients: 3_000 });
    await waitFor(() => running.record().submits > 800);
    await kill();
    const goneSince = Date.now();
    await waitFor(() => Date.now() - goneSince > 3_500);
    await restart();
    const progress = await running.closed(id, 15_000);
    expect(nonZero(progress.counts)).toEqual({ delivered: 3_000 });
    expect(progress.inDoubt).toBe(0);
    expect(running.record()).toMatchObject({ accepted: 3_000, repeatedParts: 0 });
    // That a job went to its next taker is no fault of the store.
    const faults = running.logged.filter(
      ({ level, err }) => level === 50 && /lock|is not in the/i.test(JSON.stringify(err)),
    );
    expect(faults).toEqual([]);
    // All hands are free again.
    const next = await running.launch({ recipients: 500 });
    expect(nonZero((await running.closed(next)).counts)).toEqual({ delivered: 500 });
    await expectAccountedFor(running, id);
  }, 40_000);
});

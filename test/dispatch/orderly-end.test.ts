/** SIGTERM to a dispatcher program: it drains, records, unbinds and is gone within ten seconds, whatever does not answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from '../../src/broadcasts/verify.ts';
import { startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import { connectRedis, ready } from '../../src/store/connection.ts';
import { waitFor } from '../support/wait-for.ts';
import { type FullLoad, type FullLoadInput, startFullLoad } from './full-load.ts';

const END_MS = 10_000;
const RECIPIENTS = 100_000;
const WARM = 8_000;

describe('a dispatcher that gets SIGTERM', () => {
  const endings: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  }, 30_000);
  const start = async (input: Partial<FullLoadInput> = {}): Promise<FullLoad> => {
    const load = await startFullLoad({ recipients: RECIPIENTS, dispatchers: 1, ...input });
    endings.push(load.end);
    return load;
  };

  test('at full load, with receipts still coming: nothing is in doubt, all links unbind, and a second one goes on', async () => {
    const load = await start({ dispatchers: 2, behaviour: { receipts: { delayMs: { min: 500, max: 1_500 } } } });
    const id = await load.launch(WARM);
    const { ms, code } = await load.dispatchers[0]!.terminate();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(END_MS);
    const { submits, events } = await load.record();
    expect(events['unbind by the client']).toBe(4);
    await waitFor(async () => (await load.record()).submits > submits + 1_000, 5_000, 'the other dispatcher');
    expect((await load.dispatchers[1]!.terminate()).code).toBe(0);
    expect((await load.record()).events['unbind by the client']).toBe(8);
    const { counts, inDoubt } = await load.progress(id);
    expect({ sending: counts.sending, inDoubt }).toEqual({ sending: 0, inDoubt: 0 });
    const { accepted, repeatedParts } = await load.record();
    expect([accepted, repeatedParts]).toEqual([RECIPIENTS - counts.pending, 0]);
    expect((await verify(load.store, id)).differences).toEqual([]);
  }, 60_000);

  test('while the SMSC reads slowly: waits for what it has sent, and nothing is in doubt', async () => {
    const load = await start({ behaviour: { session: { readBytesPerSecond: 80_000 } } });
    const id = await load.launch(500);
    const { ms, code } = await load.dispatchers[0]!.terminate();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(END_MS);
    const { counts, inDoubt } = await load.progress(id);
    expect({ sending: counts.sending, inDoubt }).toEqual({ sending: 0, inDoubt: 0 });
    expect((await load.record()).accepted).toBe(RECIPIENTS - counts.pending);
  }, 60_000);

  test('while the SMSC is silent: leaves in time, and what it sent is in doubt, nothing else', async () => {
    const load = await start({ route: { responseTimeoutMs: 60_000, window: 200 } });
    const id = await load.launch(WARM);
    await load.simulator('POST', '/actions/freeze', {});
    const { ms, code } = await load.dispatchers[0]!.terminate();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(END_MS);
    // Decided already, or left in the air for the process that takes the batch next.
    const { counts, inDoubt } = await load.progress(id);
    expect(counts.sending + inDoubt).toBeGreaterThan(0);
    expect(counts.sending + inDoubt).toBeLessThanOrEqual(4 * 200);
    expect((await verify(load.store, id)).differences).toEqual([]);
  }, 60_000);

  test.each(['SIGKILL', 'SIGSTOP'] as const)(
    'while the store is gone (%s): leaves in time, says so, and the ledger decides when it is back',
    async (fault) => {
      const folder = mkdtempSync(join(tmpdir(), 'tocsin-end-'));
      endings.push(() => rmSync(folder, { recursive: true, force: true }));
      const binary = await findOrInstallRedis({ say: () => {} });
      let server = await startEmbeddedRedis({ binary, folder });
      endings.push(() => server.stop());
      const redis = connectRedis(server.url, 'worker', () => {});
      endings.push(async () => redis.disconnect());
      await ready(redis);
      const recipients = 12_000;
      const load = await start({
        recipients,
        store: { store: { redis, prefix: 'end:' }, url: server.url },
        route: { segmentsPerSecond: 4_000, responseTimeoutMs: 2_000 },
      });
      const id = await load.launch(2_000);
      process.kill(server.pid, fault);
      const { ms, code } = await load.dispatchers[0]!.terminate();
      if (fault === 'SIGKILL') server = await startEmbeddedRedis({ binary, folder, port: server.port });
      else process.kill(server.pid, 'SIGCONT');
      expect(code).toBe(0);
      expect(ms).toBeLessThan(END_MS);
      const said = load.dispatchers[0]!.logged.map(({ msg }) => msg);
      expect(said).toContain('stopped without the store: what it did not record is decided when it is back');
      load.dispatcher();
      const { counts, inDoubt } = await load.closed(id, 40_000);
      expect(counts.delivered).toBe(recipients);
      expect((await load.record()).duplicates).toBeLessThanOrEqual(inDoubt);
      expect((await verify(load.store, id)).differences).toEqual([]);
    },
    90_000,
  );
});

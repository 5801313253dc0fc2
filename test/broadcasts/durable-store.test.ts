import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { liveRouteFaults, type Route, requireDurableStore, routeSchema } from '../../src/broadcasts/routes.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import type { Store } from '../../src/store/connection.ts';

const route = (id: string, kind: 'live' | 'exercise'): Route => ({
  ...routeSchema.parse({ id, kind, host: '127.0.0.1', port: 2775, systemId: 'tocsin', sender: { address: 'TOCSIN' } }),
  password: '',
});
const LIVE = [route('rehearsal', 'exercise'), route('operator-a', 'live'), route('operator-b', 'live')];
const EXERCISE = [route('rehearsal', 'exercise')];

describe('a store that may forget', () => {
  let folder: string;
  let server: EmbeddedRedis;
  let redis: Redis;
  let store: Store;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-durable-test-'));
    server = await startEmbeddedRedis({ binary: await findOrInstallRedis({ say: () => {} }), folder });
    redis = new Redis(server.url);
    store = { redis, prefix: 'durable:' };
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is none as we start it', async () => {
    await expect(requireDurableStore(store, LIVE)).resolves.toBeUndefined();
  });

  test.each([
    ['appendonly', 'no', 'yes'],
    ['appendfsync', 'everysec', 'always'],
    ['maxmemory-policy', 'allkeys-lru', 'noeviction'],
  ])('by its %s, is refused for live routes: they and the setting are named', async (setting, wrong, right) => {
    await redis.config('SET', setting, wrong);
    const error = await requireDurableStore(store, LIVE).catch((thrown) => thrown);
    expect(error).toMatchObject({ kind: 'unavailable', code: 'store_not_durable' });
    expect(error.message).toContain('operator-a, operator-b');
    expect(error.message).not.toContain('rehearsal');
    expect(error.faults).toEqual([
      { at: `redis ${setting}`, message: expect.stringContaining(`is "${wrong}", must be "${right}"`) },
    ]);
    expect(await liveRouteFaults(store, LIVE)).toEqual(error.faults);
    await expect(requireDurableStore(store, EXERCISE)).resolves.toBeUndefined();
    expect(await liveRouteFaults(store, EXERCISE)).toEqual([]);
    await redis.config('SET', setting, right);
    expect(await liveRouteFaults(store, LIVE)).toEqual([]);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createApp } from '../../src/api/app.ts';
import { startServer } from '../../src/api/server.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { connectRedis, ready, redisOptions, type Store } from '../../src/store/connection.ts';
import { waitFor } from '../support/wait-for.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';
import { launched, NOTICE, prepared } from './notice-steps.ts';

describe('when the store is gone', () => {
  let folder: string;
  let redis: EmbeddedRedis;
  let store: Store;
  let api: ApiFixture;
  let audience: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-store-gone-'));
    redis = await startEmbeddedRedis({ binary: 'redis-server', folder });
    const connection = new Redis(redis.url, { ...redisOptions('request'), commandTimeout: 500 });
    connection.on('error', () => {});
    await ready(connection);
    store = { redis: connection, prefix: 'gone:' };
    api = await apiFixture({}, store);
    audience = await prepared(api);
  });
  afterEach(async () => {
    await api.close();
    store.redis.disconnect();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('calls are refused at once with Retry-After, and served again when it is back', async () => {
    const { port } = redis;
    expect((await api.bare('get', '/readyz')).body).toEqual({ status: 'ready' });
    await redis.stop();
    await waitFor(() => store.redis.status !== 'ready');

    const startedMs = performance.now();
    for (const attempt of [
      api.as('auditor', 'get', '/v1/notices'),
      api
        .as('operator', 'post', '/v1/notices')
        .set('Idempotency-Key', 'k')
        .send({ ...NOTICE, audience }),
      api.as('admin', 'delete', '/v1/keys/none'),
      api.as('auditor', 'get', '/v1/broadcasts/b1/events'),
    ]) {
      const response = await attempt;
      expect(problemOf(response)).toMatchObject({ status: 503, code: 'store_unavailable' });
      expect(response.headers['retry-after']).toBe('2');
    }
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    expect((await api.bare('get', '/healthz')).status).toBe(200);
    expect(problemOf(await api.bare('get', '/readyz'))).toMatchObject({
      status: 503,
      code: 'not_ready',
      faults: [{ at: 'redis' }],
    });
    expect((await api.bare('get', '/openapi.json')).status).toBe(200);

    redis = await startEmbeddedRedis({ binary: 'redis-server', folder, port });
    await waitFor(() => store.redis.status === 'ready');
    const again = await api
      .as('operator', 'post', '/v1/notices')
      .set('Idempotency-Key', 'k')
      .send({ ...NOTICE, audience });
    expect(again.status).toBe(201);
  });

  test('a store that no longer takes writes is a 503, too', async () => {
    await store.redis.config('SET', 'min-replicas-to-write', '1');
    const response = await api.as('operator', 'post', '/v1/notices').send({ ...NOTICE, audience });
    await store.redis.config('SET', 'min-replicas-to-write', '0');
    expect(problemOf(response)).toMatchObject({ status: 503, code: 'store_unavailable' });
  });

  test('a store that hangs is a 503, not a hang', async () => {
    process.kill(redis.pid, 'SIGSTOP');
    const startedMs = performance.now();
    const response = await api.as('operator', 'post', '/v1/notices').send({ ...NOTICE, audience });
    const readiness = await api.bare('get', '/readyz');
    process.kill(redis.pid, 'SIGCONT');
    expect(problemOf(response)).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect(problemOf(readiness)).toMatchObject({ status: 503, code: 'not_ready' });
    expect(performance.now() - startedMs).toBeLessThan(4_500);
  });

  test('a connection that would wait for the store is not waited for', async () => {
    const patient = connectRedis(redis.url, 'worker', () => {});
    await ready(patient);
    const other = await apiFixture({}, { redis: patient, prefix: 'patient:' });
    await redis.stop();
    await waitFor(() => patient.status !== 'ready');
    const response = await other.as('auditor', 'get', '/v1/notices');
    expect(problemOf(response)).toMatchObject({ status: 503, code: 'store_unavailable' });
    await other.close();
    patient.disconnect();
  });

  test('an API that started without its store serves when it comes', async () => {
    const { port } = redis;
    await redis.stop();
    await waitFor(() => store.redis.status !== 'ready');
    const app = createApp(api.deps);
    const server = await startServer(app.app, { host: '127.0.0.1', port: 0, closeStreams: app.closeStreams });
    redis = await startEmbeddedRedis({ binary: 'redis-server', folder, port });
    await waitFor(() => store.redis.status === 'ready');
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/notices`, {
      headers: { Authorization: `Bearer ${api.keys.auditor.secret}` },
    });
    expect(response.status).toBe(200);
    await server.stop();
  });

  test('an event stream outlives a store that is away for a moment', async () => {
    const id = await launched(api, audience);
    const { port } = redis;
    const abort = new AbortController();
    const response = await fetch(`http://127.0.0.1:${api.port}/v1/broadcasts/${id}/events`, {
      headers: { Authorization: `Bearer ${api.keys.auditor.secret}` },
      signal: abort.signal,
    });
    let text = '';
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body!) text += decoder.decode(chunk as Uint8Array);
    })().catch(() => {});
    await waitFor(() => text.includes('event: progress'));
    await redis.stop();
    await waitFor(() => store.redis.status !== 'ready');
    redis = await startEmbeddedRedis({ binary: 'redis-server', folder, port });
    await waitFor(() => store.redis.status === 'ready');
    await api.as('operator', 'post', `/v1/broadcasts/${id}/pause`);
    await waitFor(() => text.includes('"state":"paused"'));
    abort.abort();
    await reading;
  });
});

/** The API on a Cluster: every command of a call finds its node, from the import of an audience to the launch and its progress. */
import { openStore, ready } from '../../src/store/connection.ts';
import { type ApiFixture, apiFixture } from '../api/api-fixture.ts';
import { launched, prepared } from '../api/notice-steps.ts';
import { redisServers } from '../support/redis-servers.ts';

describe('the API on a Cluster', () => {
  let api: ApiFixture;
  const endings: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const servers = await redisServers();
    endings.push(servers.end);
    const { url } = await servers.cluster({ replicas: false });
    const store = openStore({ url, prefix: 'api:', replicas: 0 }, 'request', () => {});
    endings.push(async () => store.redis.disconnect());
    await ready(store.redis);
    api = await apiFixture({}, store);
    endings.push(() => api.close());
  }, 30_000);
  afterAll(async () => {
    for (const end of endings.reverse()) await end();
  });

  test('takes a notice from the audience to the launch', async () => {
    const id = await launched(api, await prepared(api));
    const { status, body } = await api.as('auditor', 'get', `/v1/broadcasts/${id}`);
    expect([status, (body as { recipients: number }).recipients]).toEqual([200, 5]);
    expect((await api.bare('get', '/readyz')).status).toBe(200);
  });

  test('counts calls, keeps replies for their Idempotency-Key and chains its audit', async () => {
    const send = () => api.as('operator', 'post', '/v1/notices').set('Idempotency-Key', 'one').send({});
    expect((await send()).headers.ratelimit).toContain('calls');
    const { status, body } = await api.as('auditor', 'get', '/v1/audit?limit=5');
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('notice.launch');
  });
});

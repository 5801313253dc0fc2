/** The two orders that concern everything at once: halt, and bind anew. */
import { ordersFor, readReconnects } from '../../src/broadcasts/reconnects.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';
import { launched, prepared } from './notice-steps.ts';

describe('the halt over HTTP', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await apiFixture();
  });
  afterEach(() => api.close());

  const audit = async () => {
    const { items } = (await api.as('admin', 'get', '/v1/audit')).body as {
      items: { action: string; actor: string; detail?: object }[];
    };
    return items.filter(({ action }) => /^(halt|routes)\./.test(action));
  };

  test('is set without a body, seen by everybody, and lifted for a reason', async () => {
    expect((await api.as('auditor', 'get', '/v1/halt')).body).toEqual({ halted: false });
    const set = await api.as('operator', 'post', '/v1/halt');
    expect([set.status, set.body]).toEqual([200, { halted: true, at: expect.any(String), by: 'ana' }]);
    expect((await api.as('approver', 'get', '/v1/halt')).body).toEqual(set.body);
    expect(problemOf(await api.as('admin', 'delete', '/v1/halt'))).toMatchObject({
      status: 400,
      faults: [{ at: '?reason', message: 'is missing' }],
    });
    const lifted = await api.as('admin', 'delete', '/v1/halt?reason=all%20is%20well');
    expect(lifted.body).toEqual({ halted: false, at: expect.any(String), by: 'di', reason: 'all is well' });
    const again = await api.as('admin', 'delete', '/v1/halt?reason=again');
    expect(problemOf(again)).toMatchObject({ status: 409, code: 'not_halted' });
    expect(await audit()).toMatchObject([
      { action: 'halt.lift', detail: { reason: 'all is well' } },
      { action: 'halt.set', actor: `key:${api.keys.operator.key.id}` },
    ]);
  });

  test('takes a reason in its body, and refuses other fields', async () => {
    const set = await api.as('operator', 'post', '/v1/halt').send({ reason: 'wrong number' });
    expect(set.body).toMatchObject({ reason: 'wrong number' });
    const other = await api.as('operator', 'post', '/v1/halt').send({ why: 'wrong number' });
    expect(problemOf(other)).toMatchObject({ status: 422, faults: [{ at: '/why' }] });
  });

  test('sent again with its Idempotency-Key is one halt', async () => {
    const send = () => api.as('operator', 'post', '/v1/halt').set('Idempotency-Key', 'h1').send({ reason: 'r' });
    const first = await send();
    const second = await send();
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(second.body).toEqual(first.body);
    expect(await audit()).toHaveLength(1);
  });

  test('is seen in the health, the metrics and the progress, and gone from them when it is lifted', async () => {
    const id = await launched(api, await prepared(api));
    const seen = async () => ({
      health: (await api.bare('get', '/healthz')).body.halted,
      metric: /^tocsin_halted (\d)$/m.exec((await api.bare('get', '/metrics')).text)?.[1],
      progress: (await api.as('operator', 'get', `/v1/broadcasts/${id}`)).body.progress.halt,
    });
    expect(await seen()).toEqual({ health: false, metric: '0', progress: undefined });
    await api.as('operator', 'post', '/v1/halt').send({ reason: 'r' });
    const halt = { at: expect.any(String), by: 'ana', reason: 'r' };
    expect(await seen()).toEqual({ health: true, metric: '1', progress: halt });
    await api.as('operator', 'delete', '/v1/halt?reason=over');
    expect(await seen()).toEqual({ health: false, metric: '0', progress: undefined });
  });
});

describe('reconnection over HTTP', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await apiFixture();
  });
  afterEach(() => api.close());

  test('is ordered for all routes or for one, and audited', async () => {
    const all = await api.as('admin', 'post', '/v1/routes/reconnect');
    expect([all.status, all.body]).toEqual([202, { routes: ['exercise'], at: expect.any(String), by: 'di' }]);
    const one = await api.as('admin', 'post', '/v1/routes/exercise/reconnect');
    expect([one.status, one.body.routes]).toEqual([202, ['exercise']]);
    expect(ordersFor(await readReconnects(api.store), 'exercise')).toBe(2);
    const entries = (await api.as('admin', 'get', '/v1/audit')).body.items as { action: string; subject: string }[];
    expect(entries.filter(({ action }) => action === 'routes.reconnect').map(({ subject }) => subject)).toEqual([
      'route/exercise',
      'route/*',
    ]);
  });

  test('of a route that there is not is refused, and orders nothing', async () => {
    const response = await api.as('admin', 'post', '/v1/routes/nowhere/reconnect');
    expect(problemOf(response)).toMatchObject({ status: 404, code: 'unknown_route' });
    expect(await readReconnects(api.store)).toBeUndefined();
  });
});

import { randomUUID } from 'node:crypto';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';
import { AUDIENCE_CSV, approveBoth, NOTICE, newNotice, prepared, submitNotice } from './notice-steps.ts';

describe('Idempotency-Key over HTTP', () => {
  let api: ApiFixture;
  let audience: string;
  beforeAll(async () => {
    api = await apiFixture();
    audience = await prepared(api);
  });
  afterAll(() => api.close());

  const countOf = async (path: string) =>
    ((await api.as('admin', 'get', `${path}?limit=500`)).body as { items: object[] }).items.length;

  test('a notice sent twice is made once, with the same reply', async () => {
    const key = randomUUID();
    const send = () =>
      api
        .as('operator', 'post', '/v1/notices')
        .set('Idempotency-Key', key)
        .send({ ...NOTICE, audience });
    const before = await countOf('/v1/notices');
    const first = await send();
    const second = await send();
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers).toMatchObject({
      location: first.headers.location,
      etag: '"1"',
      'content-type': first.headers['content-type'],
      'idempotency-replayed': 'true',
    });
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(await countOf('/v1/notices')).toBe(before + 1);
  });

  test('another body, or another path, under the same key is refused', async () => {
    const key = randomUUID();
    const send = (path: string, body: object) =>
      api.as('operator', 'post', path).set('Idempotency-Key', key).send(body);
    await send('/v1/notices', { ...NOTICE, audience });
    for (const [path, body] of [
      ['/v1/notices', { ...NOTICE, audience, severity: 'Minor' }],
      ['/v1/broadcasts/b1/pause', { ...NOTICE, audience }],
    ] as const) {
      expect(problemOf(await send(path, body))).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    }
  });

  test('two callers may use the same key', async () => {
    const key = randomUUID();
    const send = (who: 'operator' | 'admin') =>
      api
        .as(who, 'post', '/v1/notices')
        .set('Idempotency-Key', key)
        .send({ ...NOTICE, audience });
    const [ana, di] = [await send('operator'), await send('admin')];
    expect((ana.body as { id: string }).id).not.toBe((di.body as { id: string }).id);
  });

  test('a refused request frees its key for the mended one', async () => {
    const key = randomUUID();
    const send = (body: object) => api.as('operator', 'post', '/v1/notices').set('Idempotency-Key', key).send(body);
    expect((await send({ ...NOTICE, audience, regions: ['99'] })).status).toBe(422);
    expect((await send({ ...NOTICE, audience })).status).toBe(201);
  });

  test('a launch sent again does not launch again', async () => {
    const id = await newNotice(api, audience);
    await submitNotice(api, id);
    const phrase = await approveBoth(api, id);
    const key = randomUUID();
    const send = () =>
      api.as('operator', 'post', `/v1/notices/${id}/launch`).set('Idempotency-Key', key).send({ phrase });
    const replies = await Promise.all([send(), send(), send()]);
    const made = replies.filter(({ status }) => status === 201);
    const others = replies.filter(({ status }) => status !== 201);
    expect(made.length).toBeGreaterThan(0);
    for (const other of others) expect(problemOf(other)).toMatchObject({ status: 409, code: 'idempotency_key_in_use' });
    expect(new Set(made.map(({ body }) => (body as { id: string }).id)).size).toBe(1);
    expect((await send()).body).toEqual(made[0]!.body);
    expect(await countOf('/v1/broadcasts')).toBe(1);
  });

  test('a new key’s secret comes again to who asked for it, and lies nowhere in the clear', async () => {
    const key = randomUUID();
    const send = () =>
      api.as('admin', 'post', '/v1/keys').set('Idempotency-Key', key).send({ name: 'k', person: 'p', role: 'auditor' });
    const first = await send();
    const { secret } = first.body as { secret: string };
    expect((await send()).body).toEqual(first.body);
    for (const name of await api.store.redis.keys(`${api.store.prefix}{idem}*`)) {
      expect(await api.store.redis.get(name)).not.toContain(secret.slice(-43));
    }
  });

  test('an upload is known by its key and address: its bytes are not read again', async () => {
    const key = randomUUID();
    const send = (name: string, csv = AUDIENCE_CSV) =>
      api
        .as('operator', 'post', `/v1/audiences?name=${name}`)
        .set('Idempotency-Key', key)
        .set('Content-Type', 'text/csv')
        .send(csv);
    const before = await countOf('/v1/audiences');
    const first = await send('drill');
    expect(first.status).toBe(201);
    expect((await send('drill')).body).toEqual(first.body);
    expect((await send('drill', 'x'.repeat(500_000))).body).toEqual(first.body);
    expect(problemOf(await send('other'))).toMatchObject({ code: 'idempotency_key_reused' });
    expect(await countOf('/v1/audiences')).toBe(before + 1);
  });

  test('a key of another form is refused', async () => {
    const response = await api
      .as('operator', 'post', '/v1/notices')
      .set('Idempotency-Key', 'a b')
      .send({ ...NOTICE, audience });
    expect(problemOf(response)).toMatchObject({
      status: 400,
      code: 'invalid_idempotency_key',
      faults: [{ at: 'header Idempotency-Key' }],
    });
  });
});

import type { ApiKey } from '../../src/api/keys.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';

describe('keys over HTTP', () => {
  let api: ApiFixture;
  beforeAll(async () => {
    api = await apiFixture();
  });
  afterAll(() => api.close());

  const create = (body: object) => api.as('admin', 'post', '/v1/keys').send(body);

  test('an admin makes a key, which works until it is revoked', async () => {
    const made = await create({ name: 'desk 4', person: 'eli', role: 'auditor' });
    expect(made.status).toBe(201);
    const { key, secret } = made.body as { key: ApiKey; secret: string };
    expect(made.headers.location).toBe(`/v1/keys/${key.id}`);
    expect((await api.as({ secret }, 'get', '/v1/audit')).status).toBe(200);

    const revoked = await api.as('admin', 'delete', `/v1/keys/${key.id}`);
    expect(revoked.status).toBe(200);
    expect((revoked.body as ApiKey).revokedAt).toEqual(expect.any(String));
    expect(problemOf(await api.as({ secret }, 'get', '/v1/audit'))).toMatchObject({ status: 401, code: 'revoked_key' });
  });

  test('lists show no secret and no hash, page by page', async () => {
    for (const name of ['a', 'b', 'c']) await create({ name, person: 'eli', role: 'auditor' });
    const first = await api.as('admin', 'get', '/v1/keys?limit=2');
    const { items, next } = first.body as { items: ApiKey[]; next: string };
    expect(items).toHaveLength(2);
    expect(next).toBe(items[1]!.id);
    const second = await api.as('admin', 'get', `/v1/keys?limit=2&before=${next}`);
    expect((second.body as { items: ApiKey[] }).items.map(({ id }) => id)).not.toContain(items[1]!.id);
    expect(first.text).not.toMatch(/hash|tocsin_/);
  });

  test('the last page names no next', async () => {
    const { body } = await api.as('admin', 'get', '/v1/keys?limit=500');
    expect(body).not.toHaveProperty('next');
  });

  test('an approver without regions is refused at the field', async () => {
    const problem = problemOf(await create({ name: 'x', person: 'fay', role: 'approver' }));
    expect(problem).toMatchObject({ status: 422, code: 'regions_required', faults: [{ at: '/regions' }] });
  });

  test('an admin gives a key a new secret; the old one works as long as the call says', async () => {
    const { key, secret } = await api.newKey({ person: 'hal', role: 'auditor' });
    const made = await api.as('admin', 'post', `/v1/keys/${key.id}/rotation`).send({ overlapSeconds: 600 });
    expect(made.status).toBe(201);
    const renewed = made.body as { key: ApiKey; secret: string };
    expect(renewed.key).toMatchObject({ id: key.id, role: 'auditor', previousUntil: expect.any(String) });
    for (const one of [secret, renewed.secret])
      expect((await api.as({ secret: one }, 'get', '/v1/audit')).status).toBe(200);

    const last = await api.as('admin', 'post', `/v1/keys/${key.id}/rotation`);
    expect((last.body as { key: ApiKey }).key).not.toHaveProperty('previousUntil');
    for (const one of [secret, renewed.secret]) {
      expect(problemOf(await api.as({ secret: one }, 'get', '/v1/audit'))).toMatchObject({
        status: 401,
        code: 'unknown_key',
      });
    }
  });

  test.each([[-1], [604_801], ['1 hour']])('an overlap of %j seconds is refused', async (overlapSeconds) => {
    const { key } = await api.newKey({ person: 'hal', role: 'auditor' });
    const response = await api.as('admin', 'post', `/v1/keys/${key.id}/rotation`).send({ overlapSeconds });
    expect(problemOf(response)).toMatchObject({ status: 422, faults: [{ at: '/overlapSeconds' }] });
  });

  test.each(['operator', 'approver', 'auditor'] as const)(
    'an %s makes, renews and revokes no key, its own neither',
    async (role) => {
      const own = api.keys[role];
      const wider = { name: 'w', person: own.key.person, role: 'admin' };
      const answers = [
        await api.as(own, 'post', '/v1/keys').send(wider),
        await api.as(own, 'post', `/v1/keys/${own.key.id}/rotation`).send({}),
        await api.as(own, 'delete', `/v1/keys/${own.key.id}`),
      ];
      for (const answer of answers) expect(problemOf(answer)).toMatchObject({ status: 403, code: 'role_not_allowed' });
    },
  );

  test('an admin of some regions hands out no more than that, and renews no wider key', async () => {
    const some = await api.newKey({ person: 'ivy', role: 'admin', regions: ['35', '22'] });
    const make = (body: object) => api.as(some, 'post', '/v1/keys').send({ name: 'n', person: 'x', ...body });
    for (const body of [
      { role: 'admin' },
      { role: 'admin', regions: '*' },
      { role: 'approver', regions: '*' },
      { role: 'approver', regions: ['35', '75'] },
    ]) {
      expect(problemOf(await make(body))).toMatchObject({
        status: 403,
        code: 'wider_than_yours',
        faults: [{ at: '/regions' }],
      });
    }
    expect((await make({ role: 'approver', regions: ['35'] })).status).toBe(201);
    expect((await make({ role: 'auditor' })).status).toBe(201);
    const { id } = api.keys.admin.key;
    const renewed = await api.as(some, 'post', `/v1/keys/${id}/rotation`).send({});
    expect(problemOf(renewed)).toMatchObject({ status: 403, code: 'wider_than_yours' });
  });

  test('an admin of some regions revokes no wider key', async () => {
    const some = await api.newKey({ person: 'ivy', role: 'admin', regions: ['35', '22'] });
    const revoke = async (role: 'admin' | 'approver', regions: string[] | '*') => {
      const { key } = await api.newKey({ person: 'jan', role, regions });
      const answer = await api.as(some, 'delete', `/v1/keys/${key.id}`);
      return [answer.status, (await api.deps.keys.get(key.id)).revokedAt !== undefined];
    };
    expect(await revoke('admin', '*')).toEqual([403, false]);
    expect(await revoke('approver', ['35', '75'])).toEqual([403, false]);
    expect(await revoke('approver', ['35'])).toEqual([200, true]);
  });

  test('revoking what is not there is a 404', async () => {
    expect(problemOf(await api.as('admin', 'delete', '/v1/keys/none'))).toMatchObject({
      status: 404,
      code: 'unknown_key',
    });
  });

  test('an unknown key of a caller and an unknown key of a path have different statuses', async () => {
    expect(problemOf(await api.as({ secret: 'x' }, 'delete', '/v1/keys/none')).status).toBe(401);
  });

  test('the audit log shows who made and revoked keys, newest first, by pages', async () => {
    const { secret } = await api.newKey({ person: 'gus', role: 'auditor' });
    const first = await api.as({ secret }, 'get', '/v1/audit?limit=2');
    const { items, next } = first.body as {
      items: { id: string; action: string; previous: string; hash: string }[];
      next: string;
    };
    expect(items[0]).toMatchObject({ action: 'key.create', actor: 'cli:test' });
    expect(items[0]!.previous).toBe(items[1]!.hash);
    const second = await api.as({ secret }, 'get', `/v1/audit?limit=500&before=${next}`);
    const older = (second.body as { items: { id: string; hash: string }[] }).items;
    expect(older[0]!.hash).toBe(items[1]!.previous);
    expect(older.map(({ id }) => id)).not.toContain(next);
  });
});

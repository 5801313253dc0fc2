import { request } from 'node:http';
import { Identity } from '../../src/api/identity.ts';
import type { Grant } from '../../src/api/identity-file.ts';
import { Keys } from '../../src/api/keys.ts';
import { createLogger } from '../../src/log.ts';
import { auditEntries } from '../../src/store/audit.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { type ApiFixture, apiFixture, problemOf } from './api-fixture.ts';
import { launched, newNotice, prepared, submitNotice } from './notice-steps.ts';
import { type TokenIssuer, tokenIssuer } from './token-issuer.ts';

const groups = (...names: string[]) => ({ claims: { groups: names } });

describe('signing in with a token', () => {
  let issuer: TokenIssuer;
  let api: ApiFixture;
  let audience: string;
  let closeStore: () => Promise<void>;
  const now = () => issuer.now.ms;
  beforeAll(async () => {
    issuer = await tokenIssuer();
    issuer.now.ms = Date.now();
    const { store, close } = await testStore();
    closeStore = close;
    const identity = new Identity({ providers: [issuer.provider], log: createLogger('silent', 'test'), now });
    api = await apiFixture({ identity, keys: new Keys({ store }), now, failedAttemptsPerMinute: 100 }, store);
    audience = await prepared(api);
  });
  afterAll(async () => {
    await api.close();
    await closeStore();
    await issuer.close();
  });
  const signedIn = async (claims: object, person = 'bo@operator.example') => ({
    secret: await issuer.token({ claims: { email: person, ...claims } }),
  });
  const approve = async (who: { secret: string }, id: string, region: string) => {
    const { body } = await api.as('approver', 'get', `/v1/notices/${id}/preview`);
    const { hash } = (body as { regions: { region: string; hash: string }[] }).regions.find(
      (r) => r.region === region,
    )!;
    return api.as(who, 'post', `/v1/notices/${id}/approvals`).send({ region, decision: 'approve', hash });
  };

  test('a role of the provider opens what it opens to a key, and no more', async () => {
    const auditor = await signedIn({ groups: ['tocsin-audit'] });
    expect((await api.as(auditor, 'get', '/v1/audit')).status).toBe(200);
    const refused = await api.as(auditor, 'post', '/v1/notices').send({});
    expect(problemOf(refused)).toMatchObject({ status: 403, code: 'role_not_allowed' });
    expect(refused.headers['www-authenticate']).toBe('Bearer realm="tocsin", error="insufficient_scope"');
  });

  test('a token that is not accepted is a 401 that names no reason', async () => {
    const texts = new Set<string>();
    for (const changes of [{ claims: { aud: 'payroll' } }, { header: { kid: 'k9' } }, { claims: { exp: 1 } }]) {
      const response = await api.as({ secret: await issuer.token(changes) }, 'get', '/v1/notices');
      expect(problemOf(response)).toMatchObject({ status: 401, code: 'invalid_token', faults: [] });
      expect(response.headers['www-authenticate']).toBe('Bearer realm="tocsin", error="invalid_token"');
      texts.add(problemOf(response).detail);
    }
    expect([...texts]).toEqual(['This token is not accepted']);
  });

  test('a token without a role here is a 403', async () => {
    const response = await api.as({ secret: await issuer.token(groups('payroll')) }, 'get', '/v1/notices');
    expect(problemOf(response)).toMatchObject({ status: 403, code: 'no_role' });
  });

  test('each act of who signed in is in the audit log by provider and subject, with the person', async () => {
    const who = await signedIn({ groups: ['tocsin-cell', 'tocsin-admin'], sub: 'u-99' }, 'eve@operator.example');
    expect((await api.as(who, 'post', '/v1/halt').send({ reason: 'a test' })).status).toBe(200);
    expect((await api.as(who, 'delete', '/v1/halt?reason=over')).status).toBe(200);
    const key = { name: 'desk', person: 'gus@operator.example', role: 'operator' };
    expect((await api.as(who, 'post', '/v1/keys').send(key)).status).toBe(201);
    const acts: unknown[] = [];
    for await (const { actor, action, detail } of auditEntries(api.store)) {
      if (actor === 'oidc:cell:u-99') acts.push([action, detail]);
    }
    const person = 'eve@operator.example';
    expect(acts).toEqual([
      ['halt.set', { person, reason: 'a test' }],
      ['halt.lift', { person, reason: 'over' }],
      ['key.create', { person, name: 'desk', holder: key.person, role: 'operator' }],
    ]);
  });

  test('nobody approves with a token what they wrote with a key, and the other way round', async () => {
    const key = await api.newKey({ person: 'Ana@Operator.example', role: 'operator' });
    const id = await newNotice(api, audience, key);
    await submitNotice(api, id);
    const ana = await signedIn({ groups: ['tocsin-prefecture-35', 'tocsin-prefecture-22'] }, 'ana@operator.example');
    expect(problemOf(await approve(ana, id, '35'))).toMatchObject({ status: 403, code: 'own_submission' });

    const written = await signedIn({ groups: ['tocsin-cell'] }, 'Cy@operator.example');
    const second = await newNotice(api, audience, written);
    await submitNotice(api, second);
    const cyKey = await api.newKey({ person: 'cy@operator.example', role: 'approver', regions: '*' });
    expect(problemOf(await approve(cyKey, second, '35'))).toMatchObject({ status: 403, code: 'own_submission' });
  });

  test('a token decides for the regions of its claims and for no other', async () => {
    const id = await newNotice(api, audience);
    await submitNotice(api, id);
    const bo = await signedIn({ groups: ['tocsin-prefecture-35'] });
    expect(problemOf(await approve(bo, id, '22'))).toMatchObject({ status: 403, code: 'outside_jurisdiction' });
    expect((await approve(bo, id, '35')).status).toBe(201);
  });

  test('a token with several roles has for each call the regions of those that may make it', async () => {
    const admin: Grant = { claim: ['groups'], value: 'tocsin-admin-{region}', role: 'admin' };
    const providers = [{ ...issuer.provider, grants: [...issuer.provider.grants, admin] }];
    const identity = new Identity({ providers, log: createLogger('silent', 'test'), now });
    const mixed = await apiFixture({ identity, now }, api.store);
    const di = await signedIn({ groups: ['tocsin-admin-35'], realm_access: { roles: ['minister'] } });
    const make = (role: string, regions: string[] | '*') =>
      mixed.as(di, 'post', '/v1/keys').send({ name: 'n', person: 'x', role, regions });
    for (const refused of [await make('admin', '*'), await make('approver', ['22'])]) {
      expect(problemOf(refused)).toMatchObject({ status: 403, code: 'wider_than_yours' });
    }
    expect((await make('approver', ['35'])).status).toBe(201);
    const id = await newNotice(api, audience);
    await submitNotice(api, id);
    const { body } = await api.as('approver', 'get', `/v1/notices/${id}/preview`);
    const { hash } = (body as { regions: { region: string; hash: string }[] }).regions.find((r) => r.region === '22')!;
    const decided = mixed.as(di, 'post', `/v1/notices/${id}/approvals`);
    expect((await decided.send({ region: '22', decision: 'approve', hash })).status).toBe(201);
    await mixed.close();
  });

  test('calls are counted by person of the provider, not by token', async () => {
    const few = await apiFixture({ identity: api.deps.identity!, callsPerMinute: 2 }, api.store);
    const get = async () =>
      few.as(
        { secret: await issuer.token({ claims: { groups: ['tocsin-audit'], sub: 'many', jti: `${Math.random()}` } }) },
        'get',
        '/v1/notices',
      );
    expect([(await get()).status, (await get()).status, (await get()).status]).toEqual([200, 200, 429]);
    await few.close();
  });

  test('a reply that was sealed with an earlier token is not read with a new one, and nothing is done twice', async () => {
    const admin = { groups: ['tocsin-admin'], sub: 'adm' };
    const made = { name: 'twice', person: 'x', role: 'auditor' };
    const post = async (claims: object) =>
      api
        .as(await signedIn(claims), 'post', '/v1/keys')
        .set('Idempotency-Key', 'k-1')
        .send(made);
    expect((await post(admin)).status).toBe(201);
    expect(problemOf(await post({ ...admin, jti: 'new' }))).toMatchObject({
      status: 409,
      code: 'idempotency_reply_sealed',
    });
    const { body } = await api.as('admin', 'get', '/v1/keys?limit=500');
    expect((body as { items: { name: string }[] }).items.filter(({ name }) => name === 'twice')).toHaveLength(1);
  });

  test('an open stream ends with the token that opened it', async () => {
    const broadcast = await launched(api, audience);
    const { secret } = await signedIn({ groups: ['tocsin-audit'] });
    let text = '';
    const ended = new Promise<void>((resolve) => {
      request(
        {
          host: '127.0.0.1',
          port: api.port,
          path: `/v1/broadcasts/${broadcast}/events`,
          headers: { Authorization: `Bearer ${secret}` },
        },
        (response) => {
          response.on('data', (chunk: Buffer) => {
            text += chunk.toString();
          });
          response.on('end', resolve);
        },
      ).end();
    });
    await waitFor(() => text.includes('event: progress'));
    issuer.now.ms += 306_000;
    await ended;
    expect(text).toContain('no longer in force');
    issuer.now.ms = Date.now();
  });

  test('without an identity file a token is a key that nobody knows', async () => {
    const { asked } = issuer;
    const plain = await apiFixture({}, api.store);
    const response = await plain.as({ secret: await issuer.token() }, 'get', '/v1/notices');
    expect(problemOf(response)).toMatchObject({ status: 401, code: 'unknown_key' });
    expect(issuer.asked).toBe(asked);
    await plain.close();
  });
});

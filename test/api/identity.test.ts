import { createHmac } from 'node:crypto';
import { type CryptoKey, exportJWK, exportSPKI, importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { pino } from 'pino';
import { grantsOf, Identity } from '../../src/api/identity.ts';
import type { Provider } from '../../src/api/identity-file.ts';
import { createLogger } from '../../src/log.ts';
import { type SigningKey, signingKey, type TokenChanges, type TokenIssuer, tokenIssuer } from './token-issuer.ts';

const REFUSED = { kind: 'unauthenticated', code: 'invalid_token', message: 'This token is not accepted', faults: [] };

describe('tokens of an OpenID provider', () => {
  let issuer: TokenIssuer;
  let identity: Identity;
  let foreign: SigningKey;
  let rsa: SigningKey;
  const logged: string[] = [];
  beforeAll(async () => {
    [issuer, foreign, rsa] = await Promise.all([tokenIssuer(), signingKey('k1'), signingKey('r1', 'RS256')]);
    const log = pino({ level: 'trace' }, { write: (line: string) => logged.push(line) });
    identity = new Identity({ providers: [issuer.provider], log, now: () => issuer.now.ms });
  });
  afterAll(() => issuer.close());
  const holder = async (changes?: TokenChanges) => identity.authenticate(await issuer.token(changes));
  /** One that has not seen the provider's keys yet. */
  const fresh = (changes: Partial<Provider> = {}) =>
    new Identity({
      providers: [{ ...issuer.provider, ...changes }],
      log: createLogger('silent', 'test'),
      now: () => issuer.now.ms,
    });
  const seconds = () => Math.floor(issuer.now.ms / 1_000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  test('a good one gives the person, the roles and the act of the audit log', async () => {
    expect(await holder()).toEqual({
      actor: 'oidc:cell:u-17',
      person: 'ana@operator.example',
      roles: ['operator'],
      regions: [],
      granted: { operator: [] },
      expiresMs: (seconds() + 305) * 1_000,
    });
  });

  const BAD: readonly (readonly [string, () => TokenChanges])[] = [
    ['another issuer', () => ({ claims: { iss: 'https://elsewhere.example' } })],
    ['an issuer with a slash more', () => ({ claims: { iss: `${issuer.issuer}/` } })],
    ['no issuer', () => ({ without: ['iss'] })],
    ['another audience', () => ({ claims: { aud: 'payroll' } })],
    ['other audiences', () => ({ claims: { aud: ['payroll', 'tocsin2'] } })],
    ['no audience', () => ({ without: ['aud'] })],
    ['the type of an ID token', () => ({ header: { typ: 'JWT' } })],
    ['no type', () => ({ header: { typ: undefined } })],
    ['an end that is past', () => ({ claims: { iat: seconds() - 400, exp: seconds() - 5 } })],
    ['no end', () => ({ without: ['exp'] })],
    ['an end that is no number', () => ({ claims: { exp: '2030-01-01' as unknown as number } })],
    ['a beginning to come', () => ({ claims: { nbf: seconds() + 6 } })],
    ['a birth to come', () => ({ claims: { iat: seconds() + 6 } })],
    ['no birth', () => ({ without: ['iat'] })],
    ['a life of a year', () => ({ claims: { exp: seconds() + 31_536_000 } })],
    ['no subject', () => ({ without: ['sub'] })],
    ['a subject with a line break', () => ({ claims: { sub: 'a\nb' } })],
    ['no person', () => ({ without: ['email'] })],
    ['an empty person', () => ({ claims: { email: '  ' } })],
    ['a person that is a list', () => ({ claims: { email: ['a@operator.example'] } })],
    ['a person with a direction mark', () => ({ claims: { email: 'a\u202ena@operator.example' } })],
    ['an e-mail that nobody verified', () => ({ claims: { email_verified: false } })],
    ['an e-mail of which nobody says so', () => ({ without: ['email_verified'] })],
    ['an e-mail that is verified as a string', () => ({ claims: { email_verified: 'true' } })],
    ['a key id that nobody published', () => ({ header: { kid: 'k9' } })],
    ['the key id of another key', () => ({ key: { ...foreign, jwk: { ...foreign.jwk, kid: 'k1' } } })],
    ['a key of its own in the header', () => ({ key: foreign, header: { kid: undefined, jwk: foreign.jwk } })],
    ['an address of keys in the header', () => ({ key: foreign, header: { jku: 'http://127.0.0.1:1/keys' } })],
  ];
  test.each(BAD)('one with %s is refused, in the same words', async (_what, changes) => {
    await expect(holder(changes())).rejects.toMatchObject(REFUSED);
  });

  test.each([
    [3_600, 'an hour', 0],
    [86_400, 'a day', 0],
    [3_600, 'an hour and a second', 1],
    [86_400, 'a day and a second', 1],
  ])(
    'where tokens may live %i seconds, one that lives %s is taken or refused by that',
    async (longest, _life, more) => {
      const identityOf = fresh({ longestLifeSeconds: longest });
      const answer = identityOf.authenticate(await issuer.token({ claims: { exp: seconds() + longest + more } }));
      if (more === 0) expect(await answer).toMatchObject({ roles: ['operator'] });
      else await expect(answer).rejects.toMatchObject(REFUSED);
    },
  );

  test.each([
    ['an extension that must be understood', { crit: ['b64'], b64: false }],
    ['an extension that nobody knows', { crit: ['https://example.org/x'], 'https://example.org/x': true }],
    ['the type of an ID token', { typ: 'JWT' }],
    ['another curve', { alg: 'ES384' }],
    ['another kind of key', { alg: 'RS256' }],
  ])('one with %s in its header is refused, signed as it is', async (_what, header) => {
    const usual = { alg: 'ES256', kid: 'k1', typ: 'at+jwt' };
    expect(await identity.authenticate(await issuer.raw(usual))).toMatchObject({ roles: ['operator'] });
    await expect(identity.authenticate(await issuer.raw({ ...usual, ...header }))).rejects.toMatchObject(REFUSED);
  });

  test('one with an algorithm that is not allowed is refused, though its key is published', async () => {
    const key = await signingKey('r5', 'RS512');
    issuer.publish(key.jwk);
    const strict = fresh();
    await expect(strict.authenticate(await issuer.token({ key }))).rejects.toMatchObject(REFUSED);
    const lax = fresh({ algorithms: ['RS512'] });
    expect(await lax.authenticate(await issuer.token({ key }))).toMatchObject({ roles: ['operator'] });
  });

  test('one without a signature (alg none) is refused', async () => {
    const claims = { iss: issuer.issuer, aud: 'tocsin', sub: 'u', iat: seconds(), exp: seconds() + 300, email: 'x@y' };
    const payload = { ...claims, email_verified: true, groups: ['tocsin-admin'] };
    const none = new UnsecuredJWT(payload).encode();
    await expect(identity.authenticate(none)).rejects.toMatchObject(REFUSED);
    for (const alg of ['none', 'None', 'NONE', '']) {
      const forged = `${part({ alg, typ: 'at+jwt', kid: 'k1' })}.${part(payload)}.`;
      await expect(identity.authenticate(forged)).rejects.toMatchObject(REFUSED);
    }
  });

  test('one that is signed by HMAC with the public key as its secret is refused', async () => {
    const [, body] = (await issuer.token()).split('.');
    const publicKey = await importJWK(rsa.jwk, 'RS256');
    issuer.publish(rsa.jwk);
    for (const secret of [await exportSPKI(publicKey as CryptoKey), JSON.stringify(rsa.jwk), String(rsa.jwk.n)]) {
      const signed = `${part({ alg: 'HS256', typ: 'at+jwt', kid: 'r1' })}.${body}`;
      const forged = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
      await expect(fresh().authenticate(forged)).rejects.toMatchObject(REFUSED);
    }
  });

  test('a secret key among the published ones opens nothing', async () => {
    const secret = new TextEncoder().encode('a secret that the provider should never have published');
    issuer.publish({ ...(await exportJWK(secret)), kid: 's1', alg: 'HS256' });
    const [, body = ''] = (await issuer.token()).split('.');
    const payload = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const signed = await new SignJWT(payload)
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 's1' })
      .sign(secret);
    await expect(fresh().authenticate(signed)).rejects.toMatchObject(REFUSED);
  });

  test.each(['', 'a.b', 'a.b.c', 'e30.e30.e30', `${'a'.repeat(9_000)}.b.c`, '..'])(
    'what is no token (%.20s) is refused in the same words',
    async (text) => {
      await expect(identity.authenticate(text)).rejects.toMatchObject(REFUSED);
    },
  );

  test('one whose claims were changed after it was signed is refused', async () => {
    const [head, body = '', signature] = (await issuer.token()).split('.');
    const payload = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const forged = `${head}.${part({ ...payload, groups: ['tocsin-admin'] })}.${signature}`;
    await expect(identity.authenticate(forged)).rejects.toMatchObject(REFUSED);
  });

  test('clocks may differ by a few seconds', async () => {
    const early = { nbf: seconds() + 5, iat: seconds() + 5, exp: seconds() + 60 };
    expect(await holder({ claims: early })).toMatchObject({ roles: ['operator'] });
    expect(await holder({ claims: { iat: seconds() - 100, exp: seconds() - 4 } })).toMatchObject({
      roles: ['operator'],
    });
  });

  const GRANTS: readonly (readonly [string, JWTPayload, object])[] = [
    ['a group of the cell', { groups: ['tocsin-cell'] }, { roles: ['operator'], regions: [] }],
    ['a claim that is one string', { groups: 'tocsin-audit' }, { roles: ['auditor'], regions: [] }],
    ['an admin', { groups: ['tocsin-admin'] }, { roles: ['admin'], regions: '*' }],
    ['a prefecture', { groups: ['tocsin-prefecture-35'] }, { roles: ['approver'], regions: ['35'] }],
    [
      'two of them',
      { groups: ['tocsin-prefecture-35', 'tocsin-prefecture-2A'] },
      { roles: ['approver'], regions: ['35', '2A'] },
    ],
    [
      'both sides',
      { groups: ['tocsin-cell', 'tocsin-prefecture-35'] },
      { roles: ['operator', 'approver'], regions: ['35'], granted: { operator: [], approver: ['35'] } },
    ],
    [
      'a claim within a claim',
      { groups: [], realm_access: { roles: ['minister'] } },
      { roles: ['approver'], regions: '*' },
    ],
    [
      'a scope and a list of regions',
      { groups: [], scope: 'openid approve', departements: ['35', '22', '99X'] },
      { roles: ['approver'], regions: ['35', '22'] },
    ],
  ];
  test.each(GRANTS)('claims become roles and regions: %s', async (_what, claims, expected) => {
    expect(await holder({ claims })).toMatchObject(expected);
  });

  test.each([
    ['no group', { groups: [] }],
    ['no claim', { groups: undefined }],
    ['a group of somebody else', { groups: ['payroll'] }],
    ['a group that only contains ours', { groups: ['not-tocsin-cell', 'tocsin-cell2', 'TOCSIN-CELL'] }],
    [
      'a prefecture that there is not',
      { groups: ['tocsin-prefecture-99X', 'tocsin-prefecture-', 'tocsin-prefecture-*'] },
    ],
    ['a claim of another shape', { groups: { 'tocsin-cell': true } }],
    ['a list in a list', { groups: [['tocsin-cell']] }],
    ['an inherited name', { groups: [], realm_access: '__proto__' }],
    ['an approver without a region', { groups: [], scope: 'approve', departements: ['99X'] }],
    ['a star where regions are listed', { groups: [], scope: 'approve', departements: ['*'] }],
  ])('a good token with %s has no role here', async (_what, claims) => {
    await expect(holder({ claims })).rejects.toMatchObject({ kind: 'forbidden', code: 'no_role' });
  });

  test('what every object has is no claim', () => {
    const grant = { claim: ['realm_access', 'constructor', 'name'], value: 'Object', role: 'operator' } as const;
    expect(grantsOf({ realm_access: {} }, [{ ...grant, claim: [...grant.claim] }])).toEqual({
      ...{ roles: [], regions: [], granted: {} },
    });
  });

  test('the log has the reason and no token', async () => {
    logged.length = 0;
    const token = await issuer.token({ claims: { aud: 'payroll', email: 'secret-person@operator.example' } });
    await expect(identity.authenticate(token)).rejects.toMatchObject(REFUSED);
    expect(logged.join('')).toContain('"claim":"aud"');
    expect(logged.join('')).not.toMatch(/eyJ|secret-person/);
  });
});

import { KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Provider } from '../../src/api/identity-file.ts';
import { ASYMMETRIC } from '../../src/api/identity-file.ts';

/** An OpenID provider on the loopback: its keys by HTTP, and tokens signed with them, good or bad. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly provider: Provider;
  readonly now: { ms: number };
  /** How often the keys were asked for. */
  asked: number;
  /** What the provider does when asked: its keys, or a fault. */
  answers: 'keys' | 'nothing' | 'garbage' | 'error' | 'redirect' | 'flood';
  publish(...keys: JWK[]): void;
  /** A token that is right in all but what is given. */
  token(changes?: TokenChanges): Promise<string>;
  /** The same claims under a header of any kind, with a true signature by the published key (ES256). */
  raw(header: object): Promise<string>;
  close(): Promise<void>;
}

export interface TokenChanges {
  readonly claims?: JWTPayload;
  /** Claims to leave out. */
  readonly without?: readonly string[];
  readonly header?: Record<string, unknown>;
  readonly key?: SigningKey;
}

export interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function signingKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

const START_MS = Date.parse('2026-06-02T16:00:00Z');
const PUBLISHED = 'k1';

export async function tokenIssuer(changes: Partial<Provider> = {}): Promise<TokenIssuer> {
  const key = await signingKey(PUBLISHED);
  let published: JWK[] = [key.jwk];
  const server = createServer((request, response) => {
    it.asked += 1;
    if (it.answers === 'nothing') return;
    // Where a redirect leads to there are keys, and they must not be taken.
    if (request.url === '/elsewhere') return response.end(JSON.stringify({ keys: published }));
    if (it.answers === 'error') response.statusCode = 500;
    if (it.answers === 'redirect') response.writeHead(302, { Location: '/elsewhere' });
    const keys = JSON.stringify({ keys: published });
    response.end(it.answers === 'garbage' ? '<html>' : it.answers === 'flood' ? ' '.repeat(300_000) + keys : keys);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realm`;
  const now = { ms: START_MS };
  const it: TokenIssuer = {
    issuer,
    now,
    asked: 0,
    answers: 'keys',
    provider: {
      id: 'cell',
      issuer,
      audience: 'tocsin',
      jwks: { url: `${issuer}/keys` },
      algorithms: ASYMMETRIC.filter((alg) => alg !== 'RS512'),
      types: ['at+jwt'],
      person: ['email'],
      requires: { email_verified: true },
      clockToleranceSeconds: 5,
      longestLifeSeconds: 3_600,
      refreshSeconds: 600,
      usableSeconds: 3_600,
      cooldownSeconds: 30,
      timeoutSeconds: 1,
      grants: [
        { claim: ['groups'], value: 'tocsin-cell', role: 'operator' },
        { claim: ['groups'], value: 'tocsin-audit', role: 'auditor' },
        { claim: ['groups'], value: 'tocsin-admin', role: 'admin' },
        { claim: ['groups'], value: 'tocsin-prefecture-{region}', role: 'approver' },
        { claim: ['realm_access', 'roles'], value: 'minister', role: 'approver', regions: '*' },
        { claim: ['scope'], value: 'approve', role: 'approver', regions: { claim: ['departements'] } },
      ],
      ...changes,
    },
    publish: (...keys) => {
      published = keys;
    },
    token: ({ claims = {}, without = [], header = {}, key: signer = key } = {}) => {
      const seconds = Math.floor(now.ms / 1_000);
      const usual = {
        ...{ iss: issuer, aud: 'tocsin', sub: 'u-17', iat: seconds, exp: seconds + 300 },
        ...{ email: 'ana@operator.example', email_verified: true, groups: ['tocsin-cell'] },
      };
      const payload = Object.fromEntries(
        Object.entries({ ...usual, ...claims }).filter(([name]) => !without.includes(name)),
      );
      const { alg = '', kid = '' } = signer.jwk;
      return new SignJWT(payload).setProtectedHeader({ alg, kid, typ: 'at+jwt', ...header }).sign(signer.privateKey);
    },
    raw: async (header) => {
      const [, body = ''] = (await it.token()).split('.');
      const signed = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${body}`;
      const privateKey = KeyObject.from(key.privateKey);
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return it;
}

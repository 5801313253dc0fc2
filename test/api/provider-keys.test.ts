import { Identity } from '../../src/api/identity.ts';
import type { Provider } from '../../src/api/identity-file.ts';
import { createLogger } from '../../src/log.ts';
import { waitFor } from '../support/wait-for.ts';
import { type SigningKey, signingKey, type TokenIssuer, tokenIssuer } from './token-issuer.ts';

const REFUSED = { code: 'invalid_token' };
const AWAY = { kind: 'unavailable', code: 'identity_unavailable' };

describe("a provider's keys", () => {
  let issuer: TokenIssuer;
  let identity: Identity;
  let next: SigningKey;
  const start = (provider: Provider = issuer.provider) =>
    new Identity({ providers: [provider], log: createLogger('silent', 'test'), now: () => issuer.now.ms });
  const later = (seconds: number) => {
    issuer.now.ms += seconds * 1_000;
  };
  const knows = async (key?: SigningKey) => identity.authenticate(await issuer.token(key === undefined ? {} : { key }));
  beforeEach(async () => {
    [issuer, next] = await Promise.all([tokenIssuer(), signingKey('k2')]);
    identity = start();
  });
  afterEach(() => issuer.close());

  test('are asked for once, however many tokens come at once, and again after the refresh time', async () => {
    await Promise.all([knows(), knows(), knows()]);
    expect(issuer.asked).toBe(1);
    later(599);
    await knows();
    expect(issuer.asked).toBe(1);
    later(1);
    await Promise.all([knows(), knows()]);
    await waitFor(() => issuer.asked === 2);
  });

  test('hold no call up while they can be had and the provider hangs', async () => {
    identity = start({ ...issuer.provider, timeoutSeconds: 30 });
    await knows();
    issuer.answers = 'nothing';
    later(600);
    for (let i = 0; i < 3; i += 1) expect(await knows()).toMatchObject({ roles: ['operator'] });
    await waitFor(() => issuer.asked === 2);
  }, 5_000);

  test('that are new are found by the first token that names one', async () => {
    const old = await issuer.token();
    await knows();
    issuer.publish(next.jwk);
    later(31);
    expect(await knows(next)).toMatchObject({ person: 'ana@operator.example' });
    await expect(identity.authenticate(old)).rejects.toMatchObject(REFUSED);
  });

  test('that are unknown are asked for once in the cooldown, however many tokens name them', async () => {
    await knows();
    await expect(knows(next)).rejects.toMatchObject(REFUSED);
    expect(issuer.asked).toBe(1);
    later(30);
    for (let i = 0; i < 5; i += 1) await expect(knows(next)).rejects.toMatchObject(REFUSED);
    expect(issuer.asked).toBe(2);
  });

  test('that were withdrawn no longer count once the refresh time is over', async () => {
    await knows();
    issuer.publish(next.jwk);
    later(600);
    // The first call finds them old, and does not wait for what comes of it.
    await knows();
    await waitFor(() =>
      knows().then(
        () => false,
        () => true,
      ),
    );
    await expect(knows()).rejects.toMatchObject(REFUSED);
  });

  test.each(['error', 'garbage', 'redirect', 'flood', 'nothing'] as const)(
    'last for a while when the provider answers with %s, and not for ever',
    async (answers) => {
      await knows();
      issuer.answers = answers;
      later(601);
      expect(await knows()).toMatchObject({ roles: ['operator'] });
      await waitFor(() => issuer.asked === 2);
      expect(await knows()).toMatchObject({ roles: ['operator'] });
      expect(issuer.asked).toBe(2);
      later(3_600 - 601);
      await expect(knows()).rejects.toMatchObject(AWAY);
      issuer.answers = 'keys';
      later(30);
      expect(await knows()).toMatchObject({ roles: ['operator'] });
    },
  );

  test('that cannot be had at the start make a 503 and no 401: the token may be good', async () => {
    issuer.answers = 'error';
    await expect(knows()).rejects.toMatchObject(AWAY);
    expect(issuer.asked).toBe(1);
    await expect(knows()).rejects.toMatchObject(AWAY);
    expect(issuer.asked).toBe(1);
  });

  test('of a provider that is gone altogether last as long', async () => {
    await knows();
    const token = await issuer.token({ claims: { exp: Math.floor(issuer.now.ms / 1_000) + 3_000 } });
    await issuer.close();
    later(700);
    expect(await identity.authenticate(token)).toMatchObject({ roles: ['operator'] });
    issuer = await tokenIssuer();
  });

  test('may come from a file instead', async () => {
    identity = start({ ...issuer.provider, jwks: { keys: { keys: [next.jwk] } } });
    expect(await knows(next)).toMatchObject({ roles: ['operator'] });
    await expect(knows()).rejects.toMatchObject(REFUSED);
    expect(issuer.asked).toBe(0);
  });

  test('of one provider open nothing in the name of another', async () => {
    const other = await tokenIssuer({ id: 'ministry' });
    identity = new Identity({
      providers: [issuer.provider, other.provider],
      log: createLogger('silent', 'test'),
      now: () => issuer.now.ms,
    });
    expect(await identity.authenticate(await other.token())).toMatchObject({ actor: 'oidc:ministry:u-17' });
    const forged = await other.token({ claims: { iss: issuer.issuer } });
    await expect(identity.authenticate(forged)).rejects.toMatchObject(REFUSED);
    await other.close();
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { loadIdentityFile } from '../../src/api/identity-file.ts';
import { TocsinError } from '../../src/errors.ts';

const PROVIDER = {
  id: 'cell',
  issuer: 'https://sso.example',
  audience: 'tocsin',
  jwks: { url: 'https://sso.example/keys' },
  person: 'email',
  grants: [{ claim: 'groups', value: 'cell', role: 'operator' }],
};
const shipped = (name: string) => fileURLToPath(new URL(`../../config/${name}`, import.meta.url));

describe('the identity file', () => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-identity-'));
    file = join(folder, 'identity.yaml');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const load = (text: string) => {
    writeFileSync(file, text);
    return loadIdentityFile(file);
  };
  const loadOne = (changes: object) => load(stringify({ providers: [{ ...PROVIDER, ...changes }] }));
  const faultsOf = async (loading: Promise<unknown>): Promise<string[]> => {
    const error = await loading.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof TocsinError)) throw error ?? new Error('it was taken');
    expect(error).toMatchObject({ kind: 'invalid', code: 'bad_identity' });
    return error.faults.map(({ at, message }) => `${at.replace(`${file}: `, '').replace(file, '')} ${message}`.trim());
  };

  test('as it comes, lets nobody in but API keys', async () => {
    expect(await loadIdentityFile(shipped('identity.yaml'))).toEqual({ providers: [], keys: {} });
  });

  test('has a sample that works', async () => {
    const { providers, keys } = await loadIdentityFile(shipped('identity.sample.yaml'));
    expect(providers.map(({ id, grants }) => [id, grants.length])).toEqual([
      ['cell', 3],
      ['ministry', 3],
    ]);
    expect(keys.person?.test('ana@operator.example')).toBe(true);
    expect(keys.person?.test('ana@operator.example.evil.example')).toBe(false);
  });

  test('has safe defaults', async () => {
    const { providers } = await loadOne({});
    expect(providers[0]).toMatchObject({
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      types: ['at+jwt'],
      clockToleranceSeconds: 5,
      longestLifeSeconds: 3_600,
    });
  });

  test('may be JSON', async () => {
    expect((await load(JSON.stringify({ providers: [PROVIDER] }))).providers).toHaveLength(1);
  });

  const grant = (changes: object) => ({ grants: [{ claim: 'groups', value: 'x', role: 'approver', ...changes }] });
  test.each([
    ['HMAC', { algorithms: ['HS256'] }, /^\/providers\/0\/algorithms\/0 /],
    ['no signature', { algorithms: ['none'] }, /^\/providers\/0\/algorithms\/0 /],
    ['no algorithm', { algorithms: [] }, /^\/providers\/0\/algorithms /],
    ['no type', { types: [] }, /^\/providers\/0\/types /],
    ['keys by plain HTTP', { jwks: { url: 'http://sso.example/keys' } }, /^\/providers\/0\/jwks/],
    ['keys from both places', { jwks: { url: 'https://sso.example', file: 'x' } }, /^\/providers\/0\/jwks/],
    [
      'an issuer by plain HTTP',
      { issuer: 'http://127.0.0.1.evil.example' },
      /^\/providers\/0\/issuer must be an https/,
    ],
    ['no audience', { audience: '' }, /^\/providers\/0\/audience /],
    ['no person', { person: undefined }, /^\/providers\/0\/person /],
    ['a clock of an hour', { clockToleranceSeconds: 3_600 }, /^\/providers\/0\/clockToleranceSeconds /],
    ['tokens of a month', { longestLifeSeconds: 2_600_000 }, /^\/providers\/0\/longestLifeSeconds /],
    ['no grants', { grants: [] }, /^\/providers\/0\/grants give nobody anything/],
    ['an unknown role', grant({ role: 'king' }), /^\/providers\/0\/grants\/0\/role /],
    ['an approver of nowhere', grant({}), /^\/providers\/0\/grants\/0\/regions are what an approver decides for/],
    ['a region that is none', grant({ regions: ['35', '99X'] }), /^\/providers\/0\/grants\/0\/regions/],
    [
      'an operator with regions',
      grant({ role: 'operator', regions: '*' }),
      /^\/providers\/0\/grants\/0\/regions are of no use/,
    ],
    ['the mark twice', grant({ value: 'a{region}b{region}' }), /^\/providers\/0\/grants\/0\/value may hold/],
    ['the mark alone', grant({ value: '{region}' }), /^\/providers\/0\/grants\/0\/value needs words/],
    [
      'the mark and regions',
      grant({ value: 'p-{region}', regions: '*' }),
      /^\/providers\/0\/grants\/0\/regions are given by/,
    ],
    ['a mistyped field', { audiance: 'x' }, /^\/providers\/0\/audiance is not a field here/],
  ])('refuses %s at its place', async (_what, changes, expected) => {
    expect(await faultsOf(loadOne(changes))).toEqual([expect.stringMatching(expected)]);
  });

  test('names all faults together', async () => {
    expect(await faultsOf(loadOne({ id: 'Cell!', audience: undefined, algorithms: ['HS512'] }))).toHaveLength(3);
  });

  test('refuses two providers under one issuer: a token could not tell whose grants are its own', async () => {
    const twice = load(stringify({ providers: [structuredClone(PROVIDER), PROVIDER] }));
    expect(await faultsOf(twice)).toEqual(['/providers/1/id is there twice', '/providers/1/issuer is there twice']);
  });

  test('refuses a pattern for persons that is none, and roles that are none', async () => {
    expect(await faultsOf(load(stringify({ keys: { person: '(', roles: ['king'] } })))).toHaveLength(2);
  });

  test('refuses what is no YAML, an alias and a file that is not there', async () => {
    expect(await faultsOf(load('providers: [}'))).not.toEqual([]);
    expect(await faultsOf(load('a: &x [1]\nproviders: *x'))).not.toEqual([]);
    expect(await faultsOf(loadIdentityFile(join(folder, 'absent.yaml')))).toEqual([expect.stringMatching(/ENOENT/)]);
  });

  test('reads keys from a file beside it, and refuses one that holds a secret', async () => {
    const keys = (value: unknown) => {
      writeFileSync(join(folder, 'keys.json'), typeof value === 'string' ? value : JSON.stringify(value));
      return loadOne({ jwks: { file: 'keys.json' } });
    };
    expect((await keys({ keys: [{ kty: 'EC', kid: 'k' }] })).providers[0]?.jwks).toEqual({
      keys: { keys: [{ kty: 'EC', kid: 'k' }] },
    });
    for (const bad of [{ keys: [{ kty: 'oct', k: 'x' }] }, { keys: [{ kty: 'EC', d: 'x' }] }, { keys: [] }, '{']) {
      expect(await faultsOf(keys(bad))).toEqual([expect.stringMatching(/^\/providers\/0\/jwks\/file /)]);
    }
  });
});

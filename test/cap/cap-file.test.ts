import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCapFile } from '../../src/cap/cap-file.ts';
import { fromCap } from '../../src/cap/reader.ts';
import { signedCap } from '../../src/cap/sign.ts';
import type { Fault } from '../../src/errors.ts';
import { refusalOf } from '../notices/samples.ts';
import { CAP_MESSAGE } from './messages.ts';

const KEYS = fileURLToPath(new URL('./keys', import.meta.url));
const EC_CERTIFICATE = fileURLToPath(new URL('../support/tls/ca.pem', import.meta.url));

const pemOf = (name: string) => readFileSync(join(KEYS, name), 'utf8');

describe('the CAP file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-cap-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const fileOf = (yaml: string) => {
    const file = join(folder, 'cap.yaml');
    writeFileSync(file, yaml.replaceAll('KEYS', KEYS));
    return file;
  };
  const faultsOf = async (yaml: string) => {
    const error = await refusalOf(() => loadCapFile(fileOf(yaml)));
    expect(error).toMatchObject({ kind: 'invalid', code: 'bad_cap_file' });
    return error.faults.map(({ at, message }) => `${at.replace(folder, '').replace(KEYS, '')} ${message}`);
  };

  test('as it comes checks signatures for nobody, signs nothing and gives the feed to everybody', async () => {
    const own = fileURLToPath(new URL('../../config/cap.yaml', import.meta.url));
    const asItComes = { signatures: { mode: 'verified', keys: [] }, feed: 'public' };
    expect(await loadCapFile(own)).toEqual(asItComes);
    expect(await loadCapFile(fileOf(''))).toEqual(asItComes);
  });

  test('takes every field that docs/cap.md shows', async () => {
    const page = readFileSync(new URL('../../docs/cap.md', import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => block).join('');
    const shown = blocks.replaceAll(/keys\/cogic[-a-z]*\.pem|keys\/our-certificate\.pem/g, 'KEYS/sender.pem');
    const settings = await loadCapFile(fileOf(shown.replace('/run/secrets/cap-key.pem', 'KEYS/sender.key')));
    expect(settings.signatures.keys).toHaveLength(2);
    expect(settings.signer?.certificate).toBeDefined();
  });

  test('names senders with their certificates and keys, by paths from its own folder', async () => {
    writeFileSync(join(folder, 'all.pem'), `one:\n${pemOf('sender.pem')}two:\n${pemOf('stranger.public.pem')}`);
    const { signatures } = await loadCapFile(
      fileOf('signatures: required\ntrusted:\n  - {sender: cogic@example.org, keys: [all.pem]}\n'),
    );
    expect(signatures.mode).toBe('required');
    expect(signatures.keys.map(({ name, senders }) => [name.replace(folder, ''), senders])).toEqual([
      ['/all.pem:2', ['cogic@example.org']],
      [expect.stringMatching(/^\/all\.pem:\d\d$/), ['cogic@example.org']],
    ]);
    const [certificate, key] = signatures.keys;
    expect(certificate!.validUntilMs! - certificate!.validFromMs!).toBeGreaterThan(99 * 365 * 86_400_000);
    expect(key!.validUntilMs).toBeUndefined();
  });

  test('gives the key that we sign with: what it signs, its certificate verifies', async () => {
    const settings = await loadCapFile(
      fileOf(
        'signing: {key: KEYS/sender.key, certificate: KEYS/sender.pem}\ntrusted: [{sender: cogic@example.org, keys: [KEYS/sender.pem]}]',
      ),
    );
    const signed = signedCap(CAP_MESSAGE, settings.signer!);
    expect(signed).toContain('<X509Certificate>');
    const now = () => settings.signatures.keys[0]!.validFromMs!;
    const signatures = { ...settings.signatures, mode: 'required', now } as const;
    expect(await fromCap(signed, { signatures })).toEqual(await fromCap(CAP_MESSAGE));
    expect((await loadCapFile(fileOf('signing: {key: KEYS/sender.key}'))).signer?.certificate).toBeUndefined();
  });

  test('R19: warns of a key to sign with that others on the machine may read', async () => {
    const key = join(folder, 'our.key');
    writeFileSync(key, pemOf('sender.key'));
    const warningsAt = async (mode: number) => {
      chmodSync(key, mode);
      const warnings: Fault[] = [];
      await loadCapFile(fileOf('signing: {key: our.key}'), (warning) => warnings.push(warning));
      return warnings;
    };
    expect(await warningsAt(0o600)).toEqual([]);
    expect(await warningsAt(0o644)).toEqual([
      { at: `${folder}/cap.yaml: signing.key`, message: expect.stringContaining('chmod') },
    ]);
  });

  test.each<[string, string, RegExp]>([
    ['broken YAML', 'feed: [', /^\/cap\.yaml:\d /],
    ['a field that there is not', 'feeds: public', /feeds/],
    ['a feed for nobody knows whom', 'feed: some', /cap\.yaml: feed /],
    ['a mode that there is not', 'signatures: maybe', /cap\.yaml: signatures /],
    ['signatures required of nobody', 'signatures: required', /trusted names nobody/],
    ['a key file that is not there', 'trusted: [{sender: a, keys: [none.pem]}]', /^\/none\.pem cannot be read: ENOENT/],
    ['a file without keys', 'trusted: [{sender: a, keys: [cap.yaml]}]', /^\/cap\.yaml holds no PEM/],
    ['the private key of a sender', 'trusted: [{sender: a, keys: [KEYS/sender.key]}]', /belongs to the sender alone/],
    ['a key that is too short', 'trusted: [{sender: a, keys: [KEYS/weak.public.pem]}]', /RSA of 1024 bits/],
    ['a key of another kind', `trusted: [{sender: a, keys: ['${EC_CERTIFICATE}']}]`, /must be RSA.*is ec/],
    ['a public key to sign with', 'signing: {key: KEYS/sender.public.pem}', /holds no private key/],
    [
      'a certificate of another key',
      'signing: {key: KEYS/stranger.key, certificate: KEYS/sender.pem}',
      /is not the certificate of the key/,
    ],
    ['no certificate where one is named', 'signing: {key: KEYS/sender.key, certificate: KEYS/make.sh}', /holds no PEM/],
  ])('is refused with %s', async (_, yaml, message) => {
    expect(await faultsOf(yaml)).toContainEqual(expect.stringMatching(message));
  });

  test('is refused with a block that is no key, at its line', async () => {
    writeFileSync(join(folder, 'broken.pem'), '\n-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n');
    expect(await faultsOf('trusted: [{sender: a, keys: [broken.pem]}]')).toEqual([
      '/broken.pem:2 is no key or certificate that can be read',
    ]);
  });
});

import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadRoutes } from '../../src/broadcasts/routes-file.ts';

const CERTIFICATES = fileURLToPath(new URL('../support/tls', import.meta.url));

describe('tls of a route', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-tls-'));
    cpSync(CERTIFICATES, join(folder, 'tls'), { recursive: true });
    writeFileSync(join(folder, 'empty.pem'), '');
    writeFileSync(join(folder, 'torn.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const load = async (tls: object | undefined) => {
    const file = join(folder, 'routes.yaml');
    const sender = { address: 'Tocsin' };
    const route = {
      id: 'a',
      kind: 'exercise',
      host: 'smsc.test',
      port: 3550,
      systemId: 'a',
      password: 'b',
      sender,
      tls,
    };
    writeFileSync(file, JSON.stringify({ routes: [route] }));
    const [loaded] = await loadRoutes(file);
    return loaded!.tls;
  };
  const faultsOf = async (tls: object) => {
    const error = await load(tls).catch((refused: unknown) => refused as { faults: { at: string; message: string }[] });
    return (error as { faults: { at: string; message: string }[] }).faults.map(
      ({ at, message }) => `${at.replace(/^.*: /, '')} ${message}`,
    );
  };

  test('is off unless it is there, and verifies unless it is told not to', async () => {
    expect(await load(undefined)).toBeUndefined();
    expect(await load({})).toEqual({ verify: true });
    expect(await load({ verify: false })).toEqual({ verify: false });
  });

  test('reads its files from the folder of the routes file', async () => {
    const files = { caFile: 'tls/ca.pem', certFile: 'tls/client.pem', keyFile: 'tls/client.key' };
    const tls = await load({ ...files, serverName: 'smsc.test' });
    expect(tls).toMatchObject({ serverName: 'smsc.test', verify: true });
    expect([tls?.ca, tls?.cert, tls?.key].map((pem) => pem?.split('\n')[0])).toEqual([
      '-----BEGIN CERTIFICATE-----',
      '-----BEGIN CERTIFICATE-----',
      '-----BEGIN PRIVATE KEY-----',
    ]);
  });

  test.each([
    [{ caFile: 'tls/none.pem' }, [/^\/routes\/0\/tls\/caFile ENOENT/]],
    [{ caFile: 'empty.pem' }, [/^\/routes\/0\/tls\/caFile holds no certificate in PEM/]],
    [{ caFile: 'torn.pem' }, [/^\/routes\/0\/tls\/caFile holds a certificate that cannot be read/]],
    [{ caFile: 'tls/client.key' }, [/^\/routes\/0\/tls\/caFile holds no certificate in PEM/]],
    [{ certFile: 'tls/client.pem' }, [/^\/routes\/0\/tls\/keyFile is missing/]],
    [{ keyFile: 'tls/client.key' }, [/^\/routes\/0\/tls\/certFile is missing/]],
    [
      { certFile: 'tls/client.pem', keyFile: 'tls/server.key' },
      [/^\/routes\/0\/tls\/keyFile does not go with certFile/],
    ],
    [{ certFile: 'empty.pem', keyFile: 'tls/client.key' }, [/certFile holds no certificate in PEM/]],
    [{ certFile: 'tls/client.pem', keyFile: 'tls/none.key' }, [/^\/routes\/0\/tls\/keyFile ENOENT/]],
    [{ ca: 'tls/ca.pem' }, [/"ca"/]],
    [{ verify: 'no' }, [/^\/routes\/0\/tls\/verify /]],
    [{ caFile: 'a', certFile: 'b', keyFile: 'c' }, [/caFile ENOENT/, /certFile ENOENT/, /keyFile ENOENT/]],
  ])('names the field at fault in %j', async (tls, expected) => {
    const faults = await faultsOf(tls);
    expect(faults).toHaveLength(expected.length);
    for (const [i, fault] of faults.entries()) expect(fault).toMatch(expected[i]!);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBehaviour } from '../../src/simulator/behaviour.ts';
import { readOptions } from '../../src/simulator/options.ts';

const read = (...words: string[]) => readOptions(['node', 'simulator', ...words]);

describe('the command line of the simulator', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-simulator-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test('listens on loopback by default', () => {
    expect(read()).toEqual({
      smppHost: '127.0.0.1',
      smppPort: 2775,
      httpHost: '127.0.0.1',
      httpPort: 2780,
      seed: 1,
      behaviour: {},
    });
  });

  test('makes the only account of its short options', () => {
    const { behaviour } = read('--system-id', 'a', '--rate', '500', '--max-binds', '2');
    expect(parseBehaviour(behaviour).accounts).toMatchObject([
      { systemId: 'a', password: 'secret', segmentsPerSecond: 500, maxBinds: 2 },
    ]);
  });

  test.each([
    ['one.yaml', 'responses:\n  lost: 0.5\n'],
    ['one.json', '{"responses":{"lost":0.5}}'],
  ])('reads the behaviour from %s', (name, text) => {
    const { behaviour } = read('--behaviour', file(name, text), '--password', 'b');
    expect(parseBehaviour(behaviour)).toMatchObject({ responses: { lost: 0.5 }, accounts: [{ password: 'b' }] });
  });

  test('refuses a file that is not there, no YAML, or no object', () => {
    const bad = { code: 'bad_behaviour' };
    expect(() => read('--behaviour', join(folder, 'none.yaml'))).toThrow(expect.objectContaining(bad));
    expect(() => read('--behaviour', file('bad.yaml', '{'))).toThrow(expect.objectContaining(bad));
    expect(() => read('--behaviour', file('list.yaml', '- 1'))).toThrow(expect.objectContaining(bad));
  });

  test('reads the files for TLS, and wants certificate and key together', () => {
    const [cert, key, ca] = ['cert', 'key', 'ca'].map((name) => file(`${name}.pem`, name)) as [string, string, string];
    expect(read('--tls-cert', cert, '--tls-key', key).tls).toEqual({ cert: 'cert', key: 'key' });
    expect(read('--tls-cert', cert, '--tls-key', key, '--tls-ca', ca).tls).toEqual({
      cert: 'cert',
      key: 'key',
      ca: 'ca',
    });
    const bad = { code: 'bad_tls' };
    expect(() => read('--tls-cert', cert)).toThrow(expect.objectContaining(bad));
    expect(() => read('--tls-ca', ca)).toThrow(expect.objectContaining(bad));
    const none = join(folder, 'none.pem');
    expect(() => read('--tls-cert', none, '--tls-key', key)).toThrow(
      expect.objectContaining({ ...bad, faults: [expect.objectContaining({ at: '--tls-cert' })] }),
    );
  });

  test('refuses accounts in two places', () => {
    const accounts = file('accounts.yaml', 'accounts: [{ systemId: a, password: b }]');
    expect(() => read('--behaviour', accounts, '--system-id', 'c')).toThrow('do not apply');
  });
});

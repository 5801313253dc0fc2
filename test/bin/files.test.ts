import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFiles } from '../../src/bin/files.ts';
import { loadConfig } from '../../src/config.ts';

describe('what the API reads at its start', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-files-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const fileOf = (name: string, content: string) => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  const ROUTE = `{ id: drill, kind: exercise, host: smsc, port: 2775, systemId: tocsin, sender: { address: Tocsin }`;

  test('is no password of an SMSC: the file that holds it need not be there', async () => {
    const routes = fileOf('routes.yaml', `routes: [${ROUTE}, passwordFile: none }]`);
    const read = await readFiles(loadConfig({ TOCSIN_ROUTES_FILE: routes }));
    expect(read.routes).toMatchObject([{ id: 'drill', password: '' }]);
  });

  test('R19: names every secret that others on the machine may read, whichever file tells of it', async () => {
    const key = readFileSync(new URL('../cap/keys/sender.key', import.meta.url), 'utf8');
    for (const [name, content] of [
      ['redis', 'redis'],
      ['hook', 'sixteen characters'],
      ['cap.key', key],
    ] as const)
      chmodSync(fileOf(name, content), 0o644);
    const approvals = 'rules: [{ approvals: [{}] }]\nwebhooks: [{ id: a, url: "https://a.example", secretFile: hook }]';
    const { warnings } = await readFiles(
      loadConfig({
        TOCSIN_REDIS_PASSWORD_FILE: join(folder, 'redis'),
        TOCSIN_APPROVALS_FILE: fileOf('approvals.yaml', approvals),
        TOCSIN_CAP_FILE: fileOf('cap.yaml', 'signing: { key: cap.key }'),
      }),
    );
    expect(warnings.map(({ at }) => at.replace(`${folder}/`, '')).sort()).toEqual([
      'TOCSIN_REDIS_PASSWORD_FILE',
      'approvals.yaml: /webhooks/0/secretFile',
      'cap.yaml: signing.key',
    ]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
});

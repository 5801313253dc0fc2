import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFolder } from '../../src/archive/replace-folder.ts';

describe('a folder that takes the place of another', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-replace-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const at = (name: string) => join(folder, name);
  const made = (name: string, content: string) => {
    mkdirSync(at(name));
    writeFileSync(join(at(name), 'file'), content);
  };
  const replace = () => replaceFolder(at('next'), at('place'), at('aside'));
  const inPlace = () => readFileSync(join(at('place'), 'file'), 'utf8');

  test('leaves nothing of the old one', async () => {
    made('place', 'old');
    made('next', 'new');
    await replace();
    expect([inPlace(), readdirSync(folder)]).toEqual(['new', ['place']]);
  });

  test('needs none that was there before', async () => {
    made('next', 'new');
    await replace();
    expect([inPlace(), readdirSync(folder)]).toEqual(['new', ['place']]);
  });

  test('leaves the old one, whole, where it cannot take its place', async () => {
    made('place', 'old');
    await expect(replace()).rejects.toMatchObject({ code: 'ENOENT' });
    expect([inPlace(), readdirSync(folder)]).toEqual(['old', ['place']]);
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { writeEvidence } from '../../src/archive/evidence.ts';
import { evidence } from '../../src/archive/evidence-bundle.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { NAMES, runningBroadcast } from './evidence-fixture.ts';

describe('the evidence of a broadcast as one file', () => {
  let store: Store;
  let close: () => Promise<void>;
  let folder: string;
  let workFolder: string;
  let last = 0;

  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-evidence-test-'));
    workFolder = join(folder, 'work');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const aBroadcast = () => {
    last += 1;
    return runningBroadcast(store, last, folder);
  };

  async function unpack(stream: Readable): Promise<Map<string, Buffer>> {
    const files = new Map<string, Buffer>();
    const reader = extract();
    reader.on('entry', (header, entry, next) => {
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => {
        files.set(header.name, Buffer.concat(chunks));
        next();
      });
    });
    await pipeline(stream, createGunzip(), reader);
    return files;
  }

  const gone = () => waitFor(() => readdirSync(workFolder).length === 0, 10_000, 'an empty work folder');

  test('is the folder in a .tar.gz under the name of the broadcast, and leaves no work files', async () => {
    const { deps, id, out } = await aBroadcast();
    await writeEvidence(deps, id, out);
    const { name, contentType, stream } = await evidence(deps, id);
    expect([name, contentType]).toEqual([`evidence-${id}.tar.gz`, 'application/gzip']);
    const files = await unpack(stream);
    expect([...files.keys()]).toEqual(NAMES.map((file) => `evidence-${id}/${file}`));
    for (const file of NAMES) expect(files.get(`evidence-${id}/${file}`)).toEqual(readFileSync(join(out, file)));
    await gone();
  });

  test('ends with the error that struck, and leaves no work files', async () => {
    const { deps, id } = await aBroadcast();
    const { stream } = await evidence({ ...deps, block: async () => Buffer.alloc(0) }, id);
    await expect(stream.toArray()).rejects.toMatchObject({ code: 'block_missing' });
    await gone();
  });

  test('stops reading and leaves no work files when the reader goes away while they are written', async () => {
    const { deps, id } = await aBroadcast();
    const asked = { blocks: 0 };
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow = async (...place: Parameters<typeof deps.block>) => {
      asked.blocks += 1;
      await held;
      return deps.block(...place);
    };
    const { stream } = await evidence({ ...deps, block: slow }, id);
    await waitFor(() => asked.blocks > 0);
    stream.destroy();
    goOn();
    await gone();
    const all = 5;
    expect(asked.blocks).toBeLessThan(all);
  });

  test('leaves no work files when the reader goes away before the end', async () => {
    const { deps, id } = await aBroadcast();
    const { stream } = await evidence(deps, id);
    for await (const _ of stream) break;
    await gone();
  });

  test('does not touch what else is in the work folder', async () => {
    const { deps, id } = await aBroadcast();
    const { stream } = await evidence(deps, id);
    writeFileSync(join(workFolder, 'import'), 'x');
    await stream.toArray();
    await waitFor(() => readdirSync(workFolder).join() === 'import', 10_000, 'only the other file left');
  });
});

/** Audience files as they are uploaded, and a look at all that an import leaves. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Audiences } from '../../src/audience/audiences.ts';
import { blockLength, readMsisdn } from '../../src/audience/blocks.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

export const HEADER = 'msisdn,region,language\n';
export const line = (number: string | number, region = '35', language = 'fr') => `${number},${region},${language}\n`;
/** Numbers of ARCEP's range for fiction in the west. */
export const fiction = (i: number) => 33261910000 + i;
/** What is left where nothing is. */
export const NOTHING = { keys: [], imports: [], rejected: [] };

/** Audiences in a store of their own for each test of the block that it is called in. */
export function importFixture() {
  const here = {} as { store: Store; workFolder: string; audiences: Audiences };
  let close: () => Promise<void>;
  beforeEach(async () => {
    const opened = await testStore();
    close = opened.close;
    here.store = opened.store;
    here.workFolder = await mkdtemp(join(tmpdir(), 'tocsin-audience-'));
    here.audiences = new Audiences(here);
  });
  afterEach(async () => {
    await close();
    await rm(here.workFolder, { recursive: true, force: true });
  });

  const importing = (content: string | Buffer | Readable, options = {}) => {
    const stream = content instanceof Readable ? content : Readable.from([Buffer.from(content)]);
    return here.audiences.import(stream, { name: 'test', ...options }, 'key:test');
  };
  const snapshotOf = async (content: string | Buffer) => (await importing(content)).snapshot.value;
  const rejectedOf = async (content: string) => {
    const { snapshot } = await importing(content);
    const stream = await here.audiences.rejectedLines(snapshot.id);
    return stream ? (await text(stream)).trimEnd().split('\n').slice(1) : [];
  };
  const numbersOf = async (id: string) => {
    const { groups } = (await here.audiences.get(id)).value;
    const all: Record<string, number[][]> = {};
    for (const { region, language, blocks } of groups) {
      const read = await Promise.all(
        Array.from({ length: blocks }, (_, i) => here.audiences.block(id, region, language, i)),
      );
      all[`${region}:${language}`] = read.map((block) =>
        Array.from({ length: blockLength(block) }, (_, i) => readMsisdn(block, i)),
      );
    }
    return all;
  };
  const keys = async () => (await here.store.redis.keys(`${here.store.prefix}*`)).sort();
  const leftovers = async () => ({
    keys: await keys(),
    imports: await readdir(join(here.workFolder, 'imports')).catch(() => []),
    rejected: await readdir(join(here.workFolder, 'rejected')).catch(() => []),
  });

  return { here, importing, snapshotOf, rejectedOf, numbersOf, keys, leftovers };
}

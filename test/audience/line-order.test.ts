/** Lines keep their numbers in files large enough to be read by several threads at once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Audiences } from '../../src/audience/audiences.ts';
import { REGIONS } from '../../src/directory/regions.ts';
import { testStore } from '../support/redis.ts';

const LINES = 500_000;
const BAD_LINE = 400_000;

function* lines(): Generator<string> {
  let chunk = 'msisdn,region,language\n';
  for (let i = 2; i <= LINES; i += 1) {
    chunk += i === BAD_LINE ? 'nonsense,01,fr\n' : `+999${100_000_000 + i},${REGIONS[i % REGIONS.length]?.code},fr\n`;
    if (chunk.length < 100_000) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

test('a large file loses no recipient to its header, and a rejected line keeps its number', async () => {
  const { store, close } = await testStore();
  const workFolder = await mkdtemp(join(tmpdir(), 'tocsin-order-'));
  const audiences = new Audiences({ store, workFolder });
  const { snapshot } = await audiences.import(Readable.from(lines()), { name: 'large' }, 'cli:test');
  const rejected = await audiences.rejectedLines(snapshot.id);
  expect(snapshot.value.recipients).toBe(LINES - 2);
  expect(rejected && (await text(rejected))).toBe(`line,reason\n${BAD_LINE},not_a_number\n`);
  await rm(workFolder, { recursive: true });
  await close();
});

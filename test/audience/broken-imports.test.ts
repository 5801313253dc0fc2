/** Imports that are refused, aborted, cut short or left behind by a process that died: nothing of them stays. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { Audiences } from '../../src/audience/audiences.ts';
import { BlockStore } from '../../src/audience/block-store.ts';
import { packBlock } from '../../src/audience/blocks.ts';
import type { ImportProgress } from '../../src/audience/snapshot.ts';
import { fiction, HEADER, importFixture, line, NOTHING } from './importing.ts';

describe('an import of an audience', () => {
  const { here, importing, keys, leftovers } = importFixture();

  test.each([
    ['nothing at all', '', 'empty_audience', []],
    ['white space only', '\n \n', 'empty_audience', []],
    ['a header only', HEADER, 'empty_audience', []],
    ['no sound line', `${HEADER}x,35,fr\n`, 'empty_audience', ['1 lines rejected: not a number']],
    ['no header', '0261910001,35,fr\n', 'invalid_audience', expect.arrayContaining(['lacks the column msisdn'])],
    ['a header that lacks one', 'msisdn,region\n0261910001,35\n', 'invalid_audience', ['lacks the column language']],
    ['a column twice', 'msisdn,region,language,region\n', 'invalid_audience', ['has the column region twice']],
    [
      'personal data',
      'msisdn,region,language,name\n',
      'invalid_audience',
      ['has column 4 that is none of msisdn, region, language'],
    ],
  ])('refuses a file with %s, and leaves nothing', async (_what, file, code, messages) => {
    const error = await importing(file).catch((thrown) => thrown);
    expect(error).toMatchObject({ kind: 'invalid', code });
    expect(error.faults.map(({ message }: { message: string }) => message)).toEqual(messages);
    expect(JSON.stringify(error.faults)).not.toContain('0261910001');
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('refuses damaged gzip', async () => {
    const bytes = gzipSync(HEADER + line(fiction(1)).repeat(1_000));
    for (const damaged of [
      bytes.subarray(0, bytes.length - 12),
      Buffer.concat([bytes.subarray(0, 20), Buffer.alloc(40)]),
    ]) {
      await expect(importing(damaged)).rejects.toMatchObject({ kind: 'invalid', code: 'broken_gzip' });
    }
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('an upload that breaks off leaves nothing', async () => {
    const stream = new Readable({ read() {} });
    stream.push(HEADER + line(fiction(1)));
    const importing = here.audiences.import(stream, { name: 'cut' }, 'key:test');
    stream.destroy();
    await expect(importing).rejects.toMatchObject({ code: 'upload_cut_short' });
    expect(await leftovers()).toEqual(NOTHING);
  });

  test.each(['receiving', 'writing'] as const)('an import aborted while %s leaves nothing', async (phase) => {
    const abort = new AbortController();
    const seen: ImportProgress[] = [];
    const many = Array.from({ length: 300_000 }, (_, i) => line(999_100_000_000 + i)).join('');
    const onProgress = (progress: ImportProgress) => {
      seen.push(progress);
      if (progress.phase === phase) abort.abort(new Error('no longer wanted'));
    };
    await expect(importing(HEADER + many, { signal: abort.signal, onProgress })).rejects.toThrow('no longer wanted');
    expect(seen.at(-1)?.phase).toBe(phase);
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('an import aborted while its upload stands still leaves nothing', async () => {
    const abort = new AbortController();
    const stream = new Readable({ read() {} });
    stream.push(HEADER + line(fiction(1)).repeat(1_000));
    // Told of once the first piece is read; by the next turn the import waits for more, which never comes.
    const onProgress = () => setImmediate(() => abort.abort(new Error('no longer wanted')));
    const stalled = importing(stream, { signal: abort.signal, onProgress });
    await expect(stalled).rejects.toThrow('no longer wanted');
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('an import aborted before it began leaves nothing', async () => {
    const signal = AbortSignal.abort(new Error('no longer wanted'));
    await expect(importing(HEADER + line(fiction(1)), { signal })).rejects.toThrow('no longer wanted');
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('tells how far it has come: received bytes and lines, then written recipients, each to its end', async () => {
    const seen: ImportProgress[] = [];
    const file = HEADER + Array.from({ length: 300_000 }, (_, i) => line(999_100_000_000 + i)).join('');
    await importing(file, { sizeHint: file.length, onProgress: (progress: ImportProgress) => seen.push(progress) });
    expect(seen[0]).toMatchObject({ phase: 'receiving', bytes: file.length, fraction: 1 });
    expect(seen.at(-1)).toEqual({ phase: 'writing', lines: 300_000, recipients: 300_000, fraction: 1 });
    const writing = seen.filter(({ phase }) => phase === 'writing').map(({ fraction = -1 }) => fraction);
    expect(writing).toEqual([...writing].sort((a, b) => a - b));
  });

  test('refuses a file of no lines, and leaves nothing', async () => {
    const binary = Buffer.concat([Buffer.from(HEADER), Buffer.alloc(100_000, 1)]);
    await expect(importing(binary)).rejects.toMatchObject({ kind: 'invalid', code: 'unreadable_audience' });
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('an import whose process died is swept, once nobody works on it', async () => {
    const died = '0123456789abcdef';
    const blocks = new BlockStore(here.store);
    const release = await blocks.hold(died);
    release();
    await blocks.write(died, [{ region: '35', language: 'fr', block: 0, bytes: packBlock([fiction(1)]) }]);
    await blocks.writeIndex(died, '35', 'fr', packBlock([fiction(1)]));
    await mkdir(join(here.workFolder, 'imports', died), { recursive: true });
    expect(await here.audiences.sweepUnfinished()).toBe(0);
    await here.store.redis.del(`${here.store.prefix}{aud}:lease:${died}`);
    expect(await here.audiences.sweepUnfinished()).toBe(1);
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('an import that lost its lease while the store was away is given up: another process may have swept it', async () => {
    const elsewhere = new Audiences({ store: here.store, workFolder: join(here.workFolder, 'elsewhere') });
    async function* upload() {
      yield Buffer.from(HEADER + line(fiction(1)));
      const [lease = ''] = await here.store.redis.keys(`${here.store.prefix}{aud}:lease:*`);
      await here.store.redis.del(lease);
      expect(await elsewhere.sweepUnfinished()).toBe(1);
      yield Buffer.from(line(fiction(2)));
    }
    await expect(importing(Readable.from(upload()))).rejects.toMatchObject({ code: 'import_overtaken' });
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('sweeping leaves what was published', async () => {
    const { snapshot } = await importing(HEADER + line(fiction(1)));
    const before = await keys();
    await here.store.redis.hset(`${here.store.prefix}{aud}:imports`, snapshot.id, 1);
    await here.store.redis.hset(`${here.store.prefix}{aud}:journal:${snapshot.id}`, '35:fr', 1);
    await here.audiences.sweepUnfinished();
    expect(await keys()).toEqual(before);
    expect(await here.audiences.locate(snapshot.id, fiction(1))).toBeDefined();
  });
});

import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { Audiences } from '../../src/audience/audiences.ts';
import { BlockStore } from '../../src/audience/block-store.ts';
import { blockLength, packBlock, readMsisdn } from '../../src/audience/blocks.ts';
import type { ImportProgress } from '../../src/audience/snapshot.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

const HEADER = 'msisdn,region,language\n';
const line = (number: string | number, region = '35', language = 'fr') => `${number},${region},${language}\n`;
/** Numbers of ARCEP's range for fiction in the west. */
const fiction = (i: number) => 33261910000 + i;

describe('audiences', () => {
  let store: Store;
  let close: () => Promise<void>;
  let workFolder: string;
  let audiences: Audiences;

  beforeEach(async () => {
    ({ store, close } = await testStore());
    workFolder = await mkdtemp(join(tmpdir(), 'tocsin-audience-'));
    audiences = new Audiences({ store, workFolder });
  });
  afterEach(async () => {
    await close();
    await rm(workFolder, { recursive: true, force: true });
  });

  const importing = (content: string | Buffer | Readable, options = {}) => {
    const stream = content instanceof Readable ? content : Readable.from([Buffer.from(content)]);
    return audiences.import(stream, { name: 'test', ...options }, 'key:test');
  };
  const snapshotOf = async (content: string | Buffer) => (await importing(content)).snapshot.value;
  const rejectedOf = async (content: string) => {
    const { snapshot } = await importing(content);
    const stream = await audiences.rejectedLines(snapshot.id);
    return stream ? (await text(stream)).trimEnd().split('\n').slice(1) : [];
  };
  const numbersOf = async (id: string) => {
    const { groups } = (await audiences.get(id)).value;
    const all: Record<string, number[][]> = {};
    for (const { region, language, blocks } of groups) {
      const read = await Promise.all(
        Array.from({ length: blocks }, (_, i) => audiences.block(id, region, language, i)),
      );
      all[`${region}:${language}`] = read.map((block) =>
        Array.from({ length: blockLength(block) }, (_, i) => readMsisdn(block, i)),
      );
    }
    return all;
  };
  const keys = async () => (await store.redis.keys(`${store.prefix}*`)).sort();
  const leftovers = async () => ({
    keys: await keys(),
    imports: await readdir(join(workFolder, 'imports')).catch(() => []),
    rejected: await readdir(join(workFolder, 'rejected')).catch(() => []),
  });
  const NOTHING = { keys: [], imports: [], rejected: [] };

  test('makes a snapshot with groups in order of region and language, and blocks in order of number', async () => {
    const lines = [
      line(fiction(9)),
      line(fiction(3)),
      line(fiction(5), '2A', 'en'),
      line(fiction(1), '2A'),
      line(fiction(7), '01'),
    ];
    const { snapshot, rejectedFile } = await importing(HEADER + lines.join(''));
    expect(rejectedFile).toBeUndefined();
    expect(snapshot.version).toBe(1);
    expect(snapshot.value).toMatchObject({
      name: 'test',
      createdBy: 'key:test',
      recipients: 5,
      lines: 5,
      duplicates: 0,
      rejected: 0,
      rejectedByReason: {},
      fictional: 5,
      unassigned: 0,
      groups: [
        { region: '01', language: 'fr', recipients: 1, blocks: 1 },
        { region: '2A', language: 'en', recipients: 1, blocks: 1 },
        { region: '2A', language: 'fr', recipients: 1, blocks: 1 },
        { region: '35', language: 'fr', recipients: 2, blocks: 1 },
      ],
    });
    expect((await numbersOf(snapshot.id))['35:fr']).toEqual([[fiction(3), fiction(9)]]);
    expect(await audiences.get(snapshot.id)).toEqual(snapshot);
    expect((await audiences.list()).map(({ id }) => id)).toEqual([snapshot.id]);
  });

  test('fills blocks to 1,000 and carries the rest into the next', async () => {
    const shuffled = Array.from({ length: 2_500 }, (_, i) => fiction((i * 1_237) % 2_500));
    const { snapshot } = await importing(HEADER + shuffled.map((number) => line(number)).join(''));
    const { '35:fr': blocks = [] } = await numbersOf(snapshot.id);
    expect(blocks.map((block) => block.length)).toEqual([1_000, 1_000, 500]);
    expect(blocks.flat()).toEqual(Array.from({ length: 2_500 }, (_, i) => fiction(i)));
  });

  test('reads gzip, told by its first bytes, into the same digest', async () => {
    const file = HEADER + line(fiction(1)) + line(fiction(2), '974');
    expect((await snapshotOf(gzipSync(file))).digest).toBe((await snapshotOf(file)).digest);
  });

  test('reads gzip that comes byte by byte', async () => {
    const bytes = [...gzipSync(HEADER + line(fiction(1)))].map((byte) => Buffer.from([byte]));
    const { snapshot } = await audiences.import(Readable.from(bytes), { name: 'drip' }, 'key:test');
    expect(snapshot.value.recipients).toBe(1);
  });

  test.each([
    ['the order of lines', line(fiction(2)) + line(fiction(1)), true],
    ['how a number is written', `02 61 91 00 01,35,fr\n+33 (0)2.61.91.00.02,35,fr\n`, true],
    ['a duplicate', line(fiction(1)) + line(fiction(2)) + line(fiction(1)), true],
    ['another number', line(fiction(1)) + line(fiction(3)), false],
    ['another region', line(fiction(1)) + line(fiction(2), '22'), false],
    ['another language', line(fiction(1)) + line(fiction(2), '35', 'en'), false],
  ])('has a digest that tells people apart, whatever the file: %s', async (_what, body, same) => {
    const { digest } = await snapshotOf(HEADER + line(fiction(1)) + line(fiction(2)));
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect((await snapshotOf(HEADER + body)).digest === digest).toBe(same);
  });

  test('keeps the first line of a number that comes twice, in whatever group, and lists the others', async () => {
    const file =
      HEADER + line(fiction(1), '35') + line(fiction(1), '22') + line('0261910001', '35', 'en') + line(fiction(2));
    const { snapshot } = await importing(file);
    expect(snapshot.value).toMatchObject({ recipients: 2, lines: 4, duplicates: 2, rejected: 0 });
    expect(await numbersOf(snapshot.id)).toEqual({ '35:fr': [[fiction(1), fiction(2)]] });
    expect(await rejectedOf(file)).toEqual(['3,duplicate', '4,duplicate']);
  });

  test('lists every rejected line by its true number with the reason, and never the number itself', async () => {
    const file = [
      'msisdn,region,language',
      '0261910001,35,fr',
      '',
      '0261910002,96,fr',
      '0261910003,35,xx',
      '0261910004,35',
      '0261910005,35,fr,more',
      'none,35,fr',
      '"02619',
      '10006",35,fr',
      '12345,35,fr',
      '+1234567890123456,35,fr',
      '061234567,35,fr',
      '0261910007,,fr',
      '0261910008,35,',
      '"0261910009","35","fr"',
      '"0261910010,35,fr',
      ',,',
    ].join('\n');
    const { snapshot, rejectedFile } = await importing(file);
    const rejected = await readFile(rejectedFile ?? '', 'utf8');
    expect(rejected.trimEnd().split('\n')).toEqual([
      'line,reason',
      '4,unknown_region',
      '5,unknown_language',
      '6,wrong_number_of_columns',
      '7,wrong_number_of_columns',
      '8,not_a_number',
      '9,wrong_number_of_columns',
      '10,too_short',
      '11,too_short',
      '12,too_long',
      '13,no_such_french_number',
      '14,unknown_region',
      '15,unknown_language',
      '18,not_a_number',
    ]);
    expect(snapshot.value).toMatchObject({ recipients: 3, lines: 16, rejected: 13, duplicates: 0 });
    const { rejectedByReason, rejected: total } = snapshot.value;
    expect(Object.values(rejectedByReason).reduce((a, b) => a + b)).toBe(total);
    expect(rejected).not.toMatch(/\d{5}/);
  });

  test.each([
    ['a byte order mark and CRLF', '\ufeffmsisdn,region,language\r\n0261910001,35,fr\r\n0261910002,35,fr\r\n'],
    ['semicolons', 'msisdn;region;language\n0261910001;35;fr\n0261910002;35;fr\n'],
    ['tabs', 'msisdn\tregion\tlanguage\n0261910001\t35\tfr\n0261910002\t35\tfr\n'],
    ['another order of columns', 'Language,MSISDN,Region\nfr,0261910001,35\nfr,0261910002,35\n'],
    ['quotes and spaces', '"msisdn", "region", "language"\n"02 61 91 00 01", "35", "FR"\n 0261910002 , 35 , fr-FR \n'],
    ['no line break at the end', 'msisdn,region,language\n0261910001,35,fr\n0261910002,35,fr'],
    ['no-break spaces', 'msisdn,region,language\n02\u00a061\u202f91 00 01,35,fr\n0261910002,35,fr\n'],
  ])('reads %s as what is meant', async (_what, file) => {
    const plain = await snapshotOf(HEADER + line(fiction(1)) + line(fiction(2)));
    expect(await snapshotOf(file)).toMatchObject({ digest: plain.digest, rejected: 0, recipients: 2 });
  });

  test('reads Latin-1, in which a no-break space is no UTF-8', async () => {
    expect(await snapshotOf(Buffer.from(`${HEADER}02\u00a061910001,35,fr\n`, 'latin1'))).toMatchObject({
      recipients: 1,
    });
  });

  test('gives back the zero that a spreadsheet took from a region', async () => {
    expect((await snapshotOf(`${HEADER}0261910001,1,fr\n0261910002,2a,fr\n`)).groups).toMatchObject([
      { region: '01' },
      { region: '2A' },
    ]);
  });

  test('counts overseas, fictional and unassigned numbers', async () => {
    const file = `${HEADER}0639980001,976,fr\n+999123456789,35,fr\n0690001234,971,fr\n`;
    const { snapshot } = await importing(file);
    expect(snapshot.value).toMatchObject({ recipients: 3, fictional: 1, unassigned: 1 });
    expect(await numbersOf(snapshot.id)).toMatchObject({ '971:fr': [[590690001234]], '976:fr': [[33639980001]] });
  });

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
    const importing = audiences.import(stream, { name: 'cut' }, 'key:test');
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
    const blocks = new BlockStore(store);
    const release = await blocks.hold(died);
    release();
    await blocks.write(died, [{ region: '35', language: 'fr', block: 0, bytes: packBlock([fiction(1)]) }]);
    await blocks.writeIndex(died, '35', 'fr', packBlock([fiction(1)]));
    await mkdir(join(workFolder, 'imports', died), { recursive: true });
    expect(await audiences.sweepUnfinished()).toBe(0);
    await store.redis.del(`${store.prefix}{aud}:lease:${died}`);
    expect(await audiences.sweepUnfinished()).toBe(1);
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('an import that lost its lease while the store was away is given up: another process may have swept it', async () => {
    const elsewhere = new Audiences({ store, workFolder: join(workFolder, 'elsewhere') });
    async function* upload() {
      yield Buffer.from(HEADER + line(fiction(1)));
      const [lease = ''] = await store.redis.keys(`${store.prefix}{aud}:lease:*`);
      await store.redis.del(lease);
      expect(await elsewhere.sweepUnfinished()).toBe(1);
      yield Buffer.from(line(fiction(2)));
    }
    await expect(importing(Readable.from(upload()))).rejects.toMatchObject({ code: 'import_overtaken' });
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('sweeping leaves what was published', async () => {
    const { snapshot } = await importing(HEADER + line(fiction(1)));
    const before = await keys();
    await store.redis.hset(`${store.prefix}{aud}:imports`, snapshot.id, 1);
    await store.redis.hset(`${store.prefix}{aud}:journal:${snapshot.id}`, '35:fr', 1);
    await audiences.sweepUnfinished();
    expect(await keys()).toEqual(before);
    expect(await audiences.locate(snapshot.id, fiction(1))).toBeDefined();
  });

  test('locates every number, and none that is not there', async () => {
    const regions = ['01', '35', '974'];
    const languages = ['fr', 'en'];
    const lines = Array.from({ length: 4_000 }, (_, i) => line(fiction(2 * i), regions[i % 3], languages[i % 2]));
    const { snapshot } = await importing(HEADER + lines.join(''));
    const all = await numbersOf(snapshot.id);
    for (let i = -1; i < 8_001; i += 37) {
      const place = await audiences.locate(snapshot.id, fiction(i));
      const there = i % 2 === 0 && i >= 0 && i < 8_000;
      expect(place !== undefined).toBe(there);
      if (place) expect(all[`${place.region}:${place.language}`]?.[place.block]?.[place.slot]).toBe(fiction(i));
      if (place) expect(place.region).toBe(regions[(i / 2) % 3]);
    }
  });

  test('an unknown audience or block is refused by name', async () => {
    await expect(audiences.get('none')).rejects.toMatchObject({ code: 'unknown_audience' });
    await expect(audiences.rejectedLines('../../x')).rejects.toMatchObject({ code: 'unknown_audience' });
    await expect(audiences.locate('none', fiction(1))).rejects.toMatchObject({ code: 'unknown_audience' });
    await expect(audiences.block('none', '35', 'fr', 0)).rejects.toMatchObject({ code: 'unknown_block' });
  });
});

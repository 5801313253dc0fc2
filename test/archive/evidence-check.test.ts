import { createHash } from 'node:crypto';
import { cpSync, createWriteStream, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gunzipSync } from 'node:zlib';
import { checkEvidence } from '../../src/archive/evidence-check.ts';
import type { Lane } from '../../src/broadcasts/broadcast.ts';
import type { Notice } from '../../src/notices/notice.ts';
import { runCli, runCliWith } from '../support/command-line.ts';
import { BY, type Filed, filed, RETENTION } from './archive-fixture.ts';

describe('the check of exported evidence', () => {
  let own: Filed;
  let id: string;
  let exported: string;
  let copies = 0;
  beforeAll(async () => {
    own = await filed();
    id = await own.closedBroadcast({ audience: await own.importAudience() });
    exported = join(own.folder, 'exported');
    await own.calls.writeEvidence(id, exported, BY);
  });
  afterAll(() => own.close());

  const aCopy = () => {
    copies += 1;
    const folder = join(own.folder, `copy-${copies}`);
    cpSync(exported, folder, { recursive: true });
    return folder;
  };
  const faultsOf = async (path: string) => (await checkEvidence(path)).faults;

  /** Alters a file and vouches for it in the manifest, as a forger would. */
  function forge(folder: string, name: string, change: (text: string) => string) {
    const bytes = Buffer.from(change(readFileSync(join(folder, name), 'utf8')));
    writeFileSync(join(folder, name), bytes);
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    const file = manifest.files.find((each: { name: string }) => each.name === name);
    Object.assign(file, { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  }

  test('finds nothing wrong with what was exported, as a folder, as .tar.gz and as .tar', async () => {
    const packed = join(own.folder, 'bundle.tar.gz');
    await pipeline((await own.calls.evidence(id, BY)).stream, createWriteStream(packed));
    const plain = join(own.folder, 'bundle.tar');
    writeFileSync(plain, gunzipSync(readFileSync(packed)));
    const manifest = createHash('sha256')
      .update(readFileSync(join(exported, 'manifest.json')))
      .digest('hex');
    for (const path of [exported, packed, plain]) {
      expect(await checkEvidence(path)).toEqual({ broadcast: id, files: 11, manifest, faults: [], purged: [] });
    }
  });

  test.each(['notice.json', 'recipients.csv.gz', 'recipients.parquet', 'audit.jsonl', 'counts.json'])(
    'names %s when one byte of it is another',
    async (name) => {
      const folder = aCopy();
      const bytes = readFileSync(join(folder, name));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(join(folder, name), bytes);
      expect(await faultsOf(folder)).toContainEqual({ at: name, message: expect.stringContaining('is another file') });
    },
  );

  test('names what is missing, and what was added', async () => {
    const folder = aCopy();
    unlinkSync(join(folder, 'timings.json'));
    unlinkSync(join(folder, 'recipients.parquet'));
    writeFileSync(join(folder, 'more.json'), '{}');
    expect(await faultsOf(folder)).toEqual([
      { at: 'timings.json', message: 'is missing' },
      { at: 'recipients.parquet', message: 'is missing' },
      { at: 'more.json', message: 'is not in the manifest' },
    ]);
  });

  test('R10: names a text that is not the approved one, though the manifest vouches for it', async () => {
    const folder = aCopy();
    forge(folder, 'lanes.json', (text) => text.replace('Appelez le 02', 'Appelez le 03'));
    expect(await faultsOf(folder)).toEqual([
      { at: expect.stringMatching(/^lanes\.json, /), message: 'the text is not the one that was approved' },
    ]);
  });

  test('R10: names a text that has its own hash, but not that of the notice', async () => {
    const folder = aCopy();
    forge(folder, 'lanes.json', (json) => {
      const lanes: Lane[] = JSON.parse(json);
      const text = 'Appelez le 03 53 01 00 35.';
      const sha256 = createHash('sha256').update(text).digest('hex');
      return JSON.stringify(
        lanes.map((lane, i) => (i === 1 ? { ...lane, rendering: { ...lane.rendering, text, sha256 } } : lane)),
      );
    });
    expect(await faultsOf(folder)).toEqual([
      { at: 'lanes.json, 35 fr', message: 'the text is not the one that was approved' },
    ]);
  });

  test('names a text of a region and language in which nobody approved any', async () => {
    const folder = aCopy();
    forge(folder, 'notice.json', (json) => {
      const notice: Notice = JSON.parse(json);
      return JSON.stringify({ ...notice, renderings: notice.renderings?.filter(({ region }) => region !== '35') });
    });
    expect(await faultsOf(folder)).toEqual([
      { at: 'lanes.json, 35 fr', message: 'the text is not the one that was approved' },
      { at: 'notice.json, region 35', message: 'what was approved is something else' },
    ]);
  });

  test('R10: names a region whose approval is not of its texts, though lanes, notice and manifest say the same', async () => {
    const folder = aCopy();
    const text = 'Appelez le 03 53 01 00 35.';
    const sha256 = createHash('sha256').update(text).digest('hex');
    const replaced = <R extends { region: string }>(one: R) => (one.region === '35' ? { ...one, text, sha256 } : one);
    forge(folder, 'lanes.json', (json) =>
      JSON.stringify(
        (JSON.parse(json) as Lane[]).map((lane) => ({ ...lane, rendering: replaced({ ...lane, ...lane.rendering }) })),
      ),
    );
    forge(folder, 'notice.json', (json) => {
      const notice: Notice = JSON.parse(json);
      return JSON.stringify({ ...notice, renderings: notice.renderings?.map(replaced) });
    });
    expect(await faultsOf(folder)).toEqual([
      { at: 'notice.json, region 35', message: 'what was approved is something else' },
    ]);
  });

  test('names a manifest that is not the one of the audit log', async () => {
    const { manifest } = await checkEvidence(exported);
    expect((await checkEvidence(exported, manifest)).faults).toEqual([]);
    const wrong = await runCli(undefined, 'evidence', 'verify', exported, '--manifest', 'f'.repeat(64));
    expect([wrong.code, wrong.out]).toEqual([1, expect.stringContaining('manifest.json: is not the one expected')]);
  });

  test('names what a manifest leaves out, though nothing else is there either', async () => {
    const folder = aCopy();
    for (const name of readdirSync(folder)) if (name !== 'manifest.json') unlinkSync(join(folder, name));
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, files: [] }));
    expect(await faultsOf(folder)).toEqual(
      ['notice.json', 'lanes.json', 'audit.jsonl'].map((name) => ({
        at: 'manifest.json',
        message: `does not name ${name}`,
      })),
    );
  });

  test('names an audit entry that was altered, though the manifest vouches for it', async () => {
    const folder = aCopy();
    forge(folder, 'audit.jsonl', (text) => text.replace('key:k1', 'key:k2'));
    expect(await faultsOf(folder)).toEqual([{ at: 'audit.jsonl, line 2', message: 'its hash does not fit' }]);
  });

  test('R19: takes lists that were purged together for what they are', async () => {
    const folder = aCopy();
    for (const name of ['recipients.csv.gz', 'recipients.parquet']) unlinkSync(join(folder, name));
    expect(await checkEvidence(folder)).toMatchObject({
      faults: [],
      purged: ['recipients.csv.gz', 'recipients.parquet'],
    });
  });

  test('refuses what is no evidence, and a bundle that was cut short', async () => {
    const cut = join(own.folder, 'cut.tar.gz');
    await pipeline((await own.calls.evidence(id, BY)).stream, createWriteStream(cut));
    writeFileSync(cut, readFileSync(cut).subarray(0, 2_000));
    const empty = join(own.folder, 'empty.json');
    writeFileSync(empty, '');
    for (const path of [own.folder, empty, join(own.folder, 'nothing')]) {
      await expect(checkEvidence(path)).rejects.toMatchObject({ code: 'no_evidence' });
    }
    await expect(checkEvidence(cut)).rejects.toMatchObject({ code: 'broken_evidence' });
  });

  test('is a command that needs no store, and ends with 1 when something is wrong', async () => {
    const { code, out } = await runCli(undefined, 'evidence', 'verify', exported);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^b1: 11 files, all as they were exported\nmanifest [0-9a-f]{64}$/),
    ]);
    const folder = aCopy();
    unlinkSync(join(folder, 'notice.json'));
    const wrong = await runCli(undefined, 'evidence', 'verify', folder);
    expect([wrong.code, wrong.out]).toEqual([1, expect.stringContaining('notice.json: is missing')]);
    await expect(runCli(undefined, 'evidence', 'verify', own.folder)).resolves.toMatchObject({ code: 1 });
  });

  test('and the commands archive, purge and recipient do what they say', async () => {
    const settings = { dataFolder: own.folder, archiveFolder: join(own.folder, 'archive'), retention: RETENTION };
    const run = (...args: string[]) => runCliWith(settings, own.store, ...args);
    const archived = await run('archive', id);
    expect([archived.code, archived.out]).toEqual([0, expect.stringContaining(join(own.folder, 'archive', id))]);
    // It was closed months ago by the machine's clock.
    const dry = await run('purge', '--dry-run');
    expect(dry.out).toContain(`ledger of ${id}: 1203 states would be removed`);
    expect((await run('purge')).out).toContain(`ledger of ${id}: 1203 states removed`);
    expect((await run('purge')).out).toContain('Nothing removed');
    expect(JSON.parse((await run('purge', '--json')).out)).toMatchObject({ ledgers: [], lists: [] });
    const found = await run('broadcast', 'recipient', id, '33639980003');
    expect(found.out).toMatch(/^unconfirmed, in doubt: may have come twice \(2A fr\)\n {2}EXERCICE/);
    const refused = await run('broadcast', 'recipient', id, '33639989999');
    expect([refused.code, refused.notes]).toEqual([1, 'This number is no recipient of the broadcast']);
    expect((await run('verify', id)).out).toContain('every count agrees');
    rmSync(settings.archiveFolder, { recursive: true });
    expect((await run('broadcast', 'recipient', id, '33639980003')).code).toBe(1);
  });

  test('the purge waits for nobody: it is refused while another process has the lease', async () => {
    const { Lock } = await import('../../src/broadcasts/lock.ts');
    const lock = new Lock({ store: own.store, name: 'housekeeping', holder: 'other', ms: 5_000 });
    await lock.hold();
    expect(await runCli(own.store, 'purge')).toMatchObject({ code: 1, notes: expect.stringContaining('try again') });
    await lock.leave();
  });
});

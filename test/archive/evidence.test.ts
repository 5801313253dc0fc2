import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type EvidenceDeps, writeEvidence } from '../../src/archive/evidence.ts';
import { evidence } from '../../src/archive/evidence-bundle.ts';
import { countsKey } from '../../src/ledger/keys.ts';
import { chain } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/connection.ts';
import { commit } from '../../src/store/records.ts';
import { at, blocksOf, noticeRecords, recipientOf, storeBroadcast } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';
import { NAMES, runningBroadcast } from './evidence-fixture.ts';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('the evidence of a broadcast', () => {
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
  const readJson = (out: string, name: string) => JSON.parse(readFileSync(join(out, name), 'utf8'));

  test('is a folder of files whose names, sizes and hashes the manifest has, itself last', async () => {
    const { deps, id, out } = await aBroadcast();
    const { files } = await writeEvidence(deps, id, out);
    expect(files.map(({ name }) => name)).toEqual(NAMES);
    expect(readdirSync(out).sort()).toEqual([...NAMES].sort());
    for (const { name, bytes, sha256: hash } of files) {
      const content = readFileSync(join(out, name));
      expect([name, bytes, hash]).toEqual([name, content.length, sha256(content)]);
    }
    expect(readJson(out, 'manifest.json').files).toEqual(files.slice(0, -1));
  });

  test('lists every recipient once, in the order of the audience, with state and mark', async () => {
    const { deps, id, out, plan } = await aBroadcast();
    await writeEvidence(deps, id, out);
    const csv = gunzipSync(readFileSync(join(out, 'recipients.csv.gz'))).toString();
    const [header, ...lines] = csv.trimEnd().split('\n');
    expect(header).toBe('region,language,msisdn,state,in_doubt');
    const [small, second, third] = plan.lanes;
    expect(lines.slice(0, 4)).toEqual([
      `2A,fr,${recipientOf(small!, 0)},delivered,1`,
      `2A,fr,${recipientOf(small!, 1)},refused,0`,
      `2A,fr,${recipientOf(small!, 2)},pending,0`,
      `35,en,${recipientOf(second!, 0)},delivered,0`,
    ]);
    expect(lines).toHaveLength(3 + 1_000 + 2_500);
    expect(lines.at(-1)).toBe(`35,fr,${recipientOf(third!, 2_499)},pending,0`);
    expect(new Set(lines).size).toBe(lines.length);
  });

  test('tells the exact texts with their hashes, and who approved them', async () => {
    const { deps, id, out } = await aBroadcast();
    await writeEvidence(deps, id, out);
    const lanes = readJson(out, 'lanes.json');
    expect(lanes).toHaveLength(3);
    for (const { rendering } of lanes) {
      expect(rendering.sha256).toBe(sha256(Buffer.from(rendering.text)));
      expect([rendering.encoding, rendering.segments]).toEqual(['gsm7', 1]);
    }
    const approvals = readJson(out, 'approvals.json');
    expect(approvals.decisions.map(({ region, by }: { region: string; by: string }) => [region, by])).toEqual([
      ['2A', 'Prefect 2A'],
      ['35', 'Prefect 35'],
    ]);
    expect(approvals.regions).toEqual(
      ['2A', '35'].map((region) => ({ region, approved: true, missing: [], returns: [] })),
    );
    expect(approvals).toMatchObject({ author: 'Author', submitted: { by: 'Author' }, audienceDigest: '2'.repeat(64) });
    expect(readFileSync(join(out, 'notice.cap.xml'), 'utf8')).toContain('<identifier>n-1</identifier>');
  });

  test('tells when each stage was reached', async () => {
    const { deps, id, out } = await aBroadcast();
    await writeEvidence(deps, id, out);
    expect(readJson(out, 'timings.json')).toMatchObject({
      notice: { created: at(-3_600_000), approved: at(-60_000) },
      broadcast: { launchedAt: at(0), firstSubmitAt: at(400), lastSubmitAt: at(900) },
    });
  });

  test('rule 6: has the kept counts beside those of the slots, which agree', async () => {
    const { deps, id, out } = await aBroadcast();
    await writeEvidence(deps, id, out);
    const counts = readJson(out, 'counts.json');
    expect(counts.kept.counts).toMatchObject({ delivered: 1_001, refused: 1, pending: 2_501 });
    expect(counts.recounted).toEqual(counts.kept);
    expect(counts).toMatchObject({ recipients: 3_503, differences: [], kept: { inDoubt: 1 } });
    expect(counts.lanes).toHaveLength(3);
  });

  test('rule 6: does not hide counts that were tampered with', async () => {
    const { deps, id, out, broadcast } = await aBroadcast();
    await store.redis.bitfield(countsKey(store, 0, broadcast.no), 'INCRBY', 'u32', '#4', 5);
    await writeEvidence(deps, id, out);
    expect(readJson(out, 'counts.json').differences).toContainEqual({
      region: '2A',
      language: 'fr',
      count: 'delivered',
      kept: 6,
      recounted: 1,
    });
  });

  test('has the audit entries of its notice and itself and of nothing else, each with a hash that fits', async () => {
    await aBroadcast();
    const { deps, id, out, broadcast } = await aBroadcast();
    await writeEvidence(deps, id, out);
    const lines = readFileSync(join(out, 'audit.jsonl'), 'utf8').trimEnd().split('\n');
    const entries = lines.map((line) => JSON.parse(line));
    expect(entries.map(({ subject }) => subject)).toEqual([
      `notice/${broadcast.notice}`,
      `broadcast/${id}`,
      `broadcast/${id}`,
    ]);
    for (const entry of entries) expect(chain(entry, entry.previous, entry.at).hash).toBe(entry.hash);
  });

  test('ends its audit entries with the closing: what is tried later does not change the evidence', async () => {
    const { deps, id, out } = await aBroadcast();
    const act = (action: string) => commit(store, { actor: 'key:k1', action, subject: `broadcast/${id}` }, []);
    await act('broadcast.closed');
    const first = await writeEvidence(deps, id, out);
    await act('act.refused');
    expect((await writeEvidence(deps, id, out)).manifest).toEqual(first.manifest);
    expect(readFileSync(join(out, 'audit.jsonl'), 'utf8')).toContain('"broadcast.closed"');
  });

  test('is the same bytes when it is exported twice, as a folder and as one file', async () => {
    const { deps, id, out } = await aBroadcast();
    const first = await writeEvidence(deps, id, out);
    const second = await writeEvidence(deps, id, join(folder, 'again'));
    expect(second).toEqual(first);
    const bundles = [];
    for (let i = 0; i < 2; i += 1)
      bundles.push(sha256(Buffer.concat(await (await evidence(deps, id)).stream.toArray())));
    expect(bundles[0]).toBe(bundles[1]);
  });

  test('has the keys of its JSON sorted, whatever order the records were written in', async () => {
    const { deps, id, out } = await aBroadcast();
    const { files } = await writeEvidence(deps, id, out);
    for (const { name } of files.filter(({ name: file }) => file.endsWith('.json'))) {
      const [first] = [readJson(out, name)].flat();
      expect([name, Object.keys(first)]).toEqual([name, Object.keys(first).sort()]);
    }
  });

  test('carries no time in its gzip headers', async () => {
    const { deps, id, out } = await aBroadcast();
    await writeEvidence(deps, id, out);
    const { stream } = await evidence(deps, id);
    const bundle = Buffer.concat(await stream.toArray());
    for (const gz of [readFileSync(join(out, 'recipients.csv.gz')), bundle]) expect(gz.readUInt32LE(4)).toBe(0);
  });

  test('is for nobody else on the machine to read', async () => {
    const { deps, id, out } = await aBroadcast();
    await writeEvidence(deps, id, out);
    expect(statSync(out).mode & 0o077).toBe(0);
    expect(statSync(join(out, 'recipients.csv.gz')).mode & 0o077).toBe(0);
  });

  test('of a broadcast nobody knows is refused before anything is written', async () => {
    const { deps, out } = await aBroadcast();
    await expect(evidence(deps, 'b99')).rejects.toMatchObject({ kind: 'not-found', code: 'unknown_broadcast' });
    await expect(writeEvidence(deps, 'b99', out)).rejects.toMatchObject({ code: 'unknown_broadcast' });
    expect([existsSync(workFolder), existsSync(out)]).toEqual([false, false]);
  });

  test('leaves no manifest behind, not even an older one, when it cannot be completed', async () => {
    const { deps, id, out } = await aBroadcast();
    await writeEvidence(deps, id, out);
    const broken = { ...deps, block: async () => Buffer.alloc(8) };
    await expect(writeEvidence(broken, id, out)).rejects.toMatchObject({ code: 'block_missing' });
    expect(existsSync(join(out, 'manifest.json'))).toBe(false);
  });

  test('names the block that is missing and nobody in it', async () => {
    const { deps, id, out } = await aBroadcast();
    const broken = { ...deps, block: async () => Buffer.alloc(0) };
    await expect(writeEvidence(broken, id, out)).rejects.toThrow('Block 0 of 2A fr does not hold the 3 recipients');
  });

  test('reads a few blocks at a time, however large the audience', async () => {
    const groups = [{ region: '35', language: 'fr', recipients: 120_000 }];
    last += 1;
    const { id, plan } = await storeBroadcast(store, { no: last, groups });
    const blocks = blocksOf(plan);
    let open = 0;
    let most = 0;
    const block: EvidenceDeps['block'] = async (...place) => {
      open += 1;
      most = Math.max(most, open);
      const bytes = await blocks(...place);
      await store.redis.ping();
      open -= 1;
      return bytes;
    };
    await writeEvidence({ store, notices: noticeRecords(store), block, workFolder }, id, join(folder, 'out'));
    expect(most).toBeLessThanOrEqual(16);
  });
});

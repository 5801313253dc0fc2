import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveCalls } from '../../src/archive/calls.ts';
import type { Audiences } from '../../src/audience/audiences.ts';
import { archiveRecords } from '../../src/broadcasts/archived.ts';
import { broadcastRecords, planRecords } from '../../src/broadcasts/broadcast.ts';
import { countsKey } from '../../src/ledger/keys.ts';
import { batchesOf, happen, noticeRecords } from '../broadcasts/builders.ts';
import { BY, type Filed, filed, recipientOf35 } from './archive-fixture.ts';

const LISTS = ['recipients.csv.gz', 'recipients.parquet'];

describe('the archive', () => {
  let own: Filed;
  let audience: string;
  beforeAll(async () => {
    own = await filed();
    audience = await own.importAudience();
  });
  afterAll(() => own.close());

  const folderOf = (id: string) => join(own.folder, 'archive', id);
  const aClosedOne = () => own.closedBroadcast({ audience });

  /** As if somebody had purged the ledger: the slots are gone, the record says so. */
  async function forgetLedger(id: string) {
    const { value: broadcast } = await broadcastRecords(own.store).get(id);
    const { value: plan } = await planRecords(own.store).get(id);
    for (const lane of plan.lanes)
      for (const { key } of batchesOf(own.store, broadcast, lane)) await own.store.redis.del(key);
    const archived = await archiveRecords(own.store).get(id);
    const act = { actor: 'test', action: 'test', subject: 'test' };
    await archiveRecords(own.store).update(archived, { ...archived.value, ledger: 'purged' }, act);
  }

  test('is the evidence in a folder that nobody else may read, with a record that has its hash', async () => {
    const id = await aClosedOne();
    const { value } = await own.calls.archive.write(id, 'key:k9');
    const { files } = await own.calls.writeEvidence(id, join(own.folder, 'beside'), BY);
    expect(readdirSync(folderOf(id)).sort()).toEqual(files.map(({ name }) => name).sort());
    for (const { name } of files) {
      expect(readFileSync(join(folderOf(id), name))).toEqual(readFileSync(join(own.folder, 'beside', name)));
    }
    expect(value).toMatchObject({ recipients: 1_203, inDoubt: 1, ledger: 'held', lists: 'held' });
    expect(value.manifest).toBe(files.at(-1)?.sha256);
    expect(statSync(folderOf(id)).mode & 0o077).toBe(0);
    expect(readdirSync(join(own.folder, 'archive')).filter((name) => name.startsWith('.'))).toEqual([]);
    expect((await own.entries(`archive/${id}`)).map(({ action }) => action)).toEqual(['archive.write']);
  });

  test('takes no broadcast that is not closed, and none that nobody knows', async () => {
    for (const state of ['running', 'paused', 'cancelled'] as const) {
      const id = await own.closedBroadcast({ audience, changes: { state } });
      await expect(own.calls.archive.write(id, 'key:k9')).rejects.toMatchObject({ code: 'not_closed' });
      expect(existsSync(folderOf(id))).toBe(false);
    }
    await expect(own.calls.archive.write('b99', 'key:k9')).rejects.toMatchObject({ code: 'unknown_broadcast' });
  });

  test('rule 6: files nothing whose counts contradict its slots', async () => {
    const id = await aClosedOne();
    await own.store.redis.bitfield(countsKey(own.store, 0, Number(id.slice(1))), 'INCRBY', 'u32', '#4', 1);
    await expect(own.calls.archive.write(id, 'key:k9')).rejects.toMatchObject({ code: 'counts_differ' });
    expect([existsSync(folderOf(id)), await archiveRecords(own.store).find(id)]).toEqual([false, undefined]);
  });

  test('rule 6: exports nothing to find that out, since it is tried again every five minutes', async () => {
    const other = await filed();
    const id = await other.closedBroadcast({ audience: await other.importAudience() });
    await other.store.redis.bitfield(countsKey(other.store, 0, Number(id.slice(1))), 'INCRBY', 'u32', '#4', 1);
    writeFileSync(join(other.folder, 'archive'), 'a file, below which nothing can be written');
    await expect(other.calls.archive.write(id, 'key:k9')).rejects.toMatchObject({ code: 'counts_differ' });
    await other.close();
  });

  test('notices that the ledger says something else by now, and is written anew', async () => {
    const id = await aClosedOne();
    const { value: broadcast } = await broadcastRecords(own.store).get(id);
    const { value: plan } = await planRecords(own.store).get(id);
    const first = await own.calls.archive.write(id, 'key:k9');
    expect(await own.calls.archive.agrees(first)).toBe(true);
    const [of2A] = batchesOf(own.store, broadcast, plan.lanes[0]!);
    await happen(own.store, of2A!, 2, 2, 'receiptDelivered');
    expect(await own.calls.archive.agrees(first)).toBe(false);
    const second = await own.calls.archive.write(id, 'key:k9');
    expect(await own.calls.archive.agrees(second)).toBe(true);
    expect(second.value.counts.delivered).toBe(first.value.counts.delivered + 1);
    await own.calls.archive.check(second);
    await expect(own.calls.archive.check(first)).rejects.toMatchObject({ code: 'archive_broken' });
  });

  test('is checked file by file: one that was altered, cut or removed is named', async () => {
    const id = await aClosedOne();
    const archived = await own.calls.archive.write(id, 'key:k9');
    await own.calls.archive.check(archived);
    appendFileSync(join(folderOf(id), 'notice.json'), ' ');
    rmSync(join(folderOf(id), 'recipients.parquet'));
    await expect(own.calls.archive.check(archived)).rejects.toMatchObject({
      code: 'archive_broken',
      faults: [
        { at: 'notice.json', message: 'is another file' },
        { at: 'recipients.parquet', message: 'cannot be read' },
      ],
    });
    writeFileSync(join(folderOf(id), 'manifest.json'), '{"files":[]}');
    await expect(own.calls.archive.check(archived)).rejects.toMatchObject({ faults: [{ at: 'manifest.json' }] });
  });

  test('gives the evidence without making it anew, only while it is sound and says what the ledger says', async () => {
    const id = await aClosedOne();
    await own.calls.archive.write(id, 'key:k9');
    const broken = { ...own.audiences, block: () => Promise.reject(new Error('blocks are read')) };
    Object.setPrototypeOf(broken, own.audiences);
    const notices = noticeRecords(own.store);
    const calls = archiveCalls({
      ...{ store: own.store, notices, audiences: broken as unknown as Audiences },
      ...{ dataFolder: own.folder, archiveFolder: join(own.folder, 'archive') },
    });
    const take = async () => Buffer.concat(await (await calls.evidence(id, BY)).stream.toArray());
    expect((await take()).length).toBeGreaterThan(1_000);
    appendFileSync(join(folderOf(id), 'recipients.parquet'), 'x');
    await expect(take()).rejects.toThrow('blocks are read');
  });

  describe('once the ledger is purged', () => {
    let id: string;
    let before: Buffer;
    const bundle = async () => Buffer.concat(await (await own.calls.evidence(id, BY)).stream.toArray());
    beforeAll(async () => {
      id = await aClosedOne();
      await own.calls.archive.write(id, 'key:k9');
      before = await bundle();
      await forgetLedger(id);
    });

    test.each([
      [33_639_980_001, '2A', 'delivered', false],
      [33_639_980_002, '2A', 'refused', false],
      [33_639_980_003, '2A', 'unconfirmed', true],
      [recipientOf35(0), '35', 'delivered', false],
      [recipientOf35(1_199), '35', 'delivered', false],
    ])('still says what became of a recipient, with the text', async (msisdn, region, state, inDoubt) => {
      const found = await own.calls.recipientState(id, msisdn, BY);
      expect(found).toMatchObject({ region, language: 'fr', state, inDoubt });
      expect(found.text).toContain(`Region ${region}`);
    });

    test('refuses others without repeating the number, and says in the audit log who asked', async () => {
      const asked = (await own.entries(`recipient/${id}`)).length;
      const refusal = await own.calls.recipientState(id, recipientOf35(5_000), BY).catch((error: Error) => error);
      expect(refusal).toMatchObject({ code: 'unknown_recipient' });
      expect(String(refusal)).not.toContain('639');
      const entries = await own.entries(`recipient/${id}`);
      expect(entries).toHaveLength(asked + 1);
      expect(JSON.stringify(entries)).not.toContain('3363998');
    });

    test('R10: gives the same evidence, to the byte', async () => {
      expect(await bundle()).toEqual(before);
    });

    test('cannot be written anew, nor exported from slots that are not there', async () => {
      await expect(own.calls.archive.write(id, 'key:k9')).rejects.toMatchObject({ code: 'ledger_purged' });
      await expect(own.calls.writeEvidence(id, join(own.folder, 'gone'), BY)).rejects.toMatchObject({
        code: 'ledger_purged',
      });
    });

    test('R19: names nobody any more when its lists are purged too', async () => {
      const archived = await archiveRecords(own.store).get(id);
      const act = { actor: 'test', action: 'test', subject: 'test' };
      await archiveRecords(own.store).update(archived, { ...archived.value, lists: 'purged' }, act);
      await own.calls.archive.removeLists(id);
      expect(readdirSync(folderOf(id)).filter((name) => LISTS.includes(name))).toEqual([]);
      await expect(own.calls.recipientState(id, recipientOf35(0), BY)).rejects.toMatchObject({ code: 'lists_purged' });
      expect((await bundle()).length).toBeLessThan(before.length);
      await own.calls.archive.check(await archiveRecords(own.store).get(id));
    });

    test('says so where the folder is on another machine', async () => {
      const other = await aClosedOne();
      await own.calls.archive.write(other, 'key:k9');
      await forgetLedger(other);
      rmSync(folderOf(other), { recursive: true });
      for (const ask of [
        () => own.calls.recipientState(other, 33_639_980_001, BY),
        () => own.calls.evidence(other, BY),
      ]) {
        await expect(ask()).rejects.toMatchObject({ kind: 'unavailable', code: 'archive_broken' });
      }
    });
  });
});

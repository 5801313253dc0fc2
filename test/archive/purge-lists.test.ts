import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { archiveCalls } from '../../src/archive/calls.ts';
import { Purge } from '../../src/archive/purge.ts';
import { archiveRecords } from '../../src/broadcasts/archived.ts';
import { NOW, noticeRecords } from '../broadcasts/builders.ts';
import { BY, DAY_MS, type Filed, filed, RETENTION, recipientOf35 } from './archive-fixture.ts';

const RUN = { actor: 'system' };

describe('the purge of archived lists', () => {
  let own: Filed;
  let audience: string;
  beforeEach(async () => {
    own = await filed();
    audience = await own.importAudience();
  });
  afterEach(() => own.close());

  /** Days after the closing, which was a day after NOW. */
  const afterClosing = (days: number) => {
    own.clock.nowMs = NOW + DAY_MS + days * DAY_MS;
  };
  /** On the same store, with an archive folder of its own. */
  const anotherMachine = (archiveFolder: string) => {
    const { store, folder: dataFolder, audiences, clock } = own;
    const given = {
      store,
      audiences,
      dataFolder,
      archiveFolder,
      notices: noticeRecords(store),
      now: () => clock.nowMs,
    };
    const calls = archiveCalls(given);
    return {
      calls,
      archive: calls.archive,
      purge: new Purge({ ...given, archive: calls.archive, retention: RETENTION }),
    };
  };
  const folderOf = (id: string) => join(own.folder, 'archive', id);

  test('R19: removes them when their time is over, after the ledger; all else stays', async () => {
    const id = await own.closedBroadcast({ audience });
    afterClosing(364);
    await own.purge.run(RUN);
    expect(readdirSync(folderOf(id))).toContain('recipients.parquet');
    afterClosing(365);
    expect((await own.purge.run(RUN)).lists).toEqual([{ broadcast: id, recipients: 1_203 }]);
    expect(readdirSync(folderOf(id)).filter((name) => name.startsWith('recipients'))).toEqual([]);
    expect(readdirSync(folderOf(id))).toEqual(expect.arrayContaining(['notice.json', 'counts.json', 'manifest.json']));
    expect((await own.entries(`archive/${id}`)).slice(-2).map(({ action }) => action)).toEqual([
      ...['archive.purge', 'archive.purged'],
    ]);
    expect((await own.purge.run(RUN)).lists).toEqual([]);
  });

  test('leaves them while the ledger stays, whatever the settings: the archive would be worth nothing then', async () => {
    const hasty = await filed({ ledgerDays: 30, archiveDays: 10 });
    const id = await hasty.closedBroadcast({ audience: await hasty.importAudience() });
    await hasty.calls.archive.write(id, 'system');
    hasty.clock.nowMs = NOW + 20 * DAY_MS;
    expect((await hasty.purge.run(RUN)).lists).toEqual([]);
    expect(readdirSync(join(hasty.folder, 'archive', id))).toContain('recipients.parquet');
    await hasty.close();
  });

  test('R19: is of every machine that has them, whichever purged first; what a backup brings back goes again', async () => {
    const id = await own.closedBroadcast({ audience });
    const there = join(own.folder, 'there');
    const elsewhere = anotherMachine(there);
    await elsewhere.archive.write(id, 'system');
    afterClosing(30);
    // The archive is written anew where the purge found none.
    await own.purge.run(RUN);
    const kept = join(own.folder, 'backup');
    cpSync(folderOf(id), kept, { recursive: true });
    const lists = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('recipients'));
    afterClosing(365);
    await own.purge.run(RUN);
    expect([lists(folderOf(id)).length, lists(join(there, id)).length]).toEqual([0, 2]);
    expect((await elsewhere.purge.run({ ...RUN, dryRun: true })).lists).toEqual([{ broadcast: id, recipients: 1_203 }]);
    expect((await elsewhere.purge.run(RUN)).lists).toEqual([{ broadcast: id, recipients: 1_203 }]);
    expect([lists(join(there, id)), (await elsewhere.purge.run(RUN)).lists]).toEqual([[], []]);
    cpSync(kept, folderOf(id), { recursive: true });
    await own.purge.run(RUN);
    expect(lists(folderOf(id))).toEqual([]);
    const detail = { recipients: 1_203, manifest: expect.any(String), copy: true };
    expect((await own.entries(`archive/${id}`)).slice(-2)).toMatchObject([
      { action: 'archive.purged', detail },
      { action: 'archive.purged', detail },
    ]);
  });

  test('comes after they served a look-up on another machine that was given a copy', async () => {
    const id = await own.closedBroadcast({ audience });
    afterClosing(30);
    await own.purge.run(RUN);
    const there = join(own.folder, 'there');
    const { calls } = anotherMachine(there);
    await expect(calls.recipientState(id, recipientOf35(7), BY)).rejects.toMatchObject({ code: 'archive_broken' });
    cpSync(folderOf(id), join(there, id), { recursive: true });
    expect((await calls.recipientState(id, recipientOf35(7), BY)).state).toBe('delivered');
  });

  test('is not told where the archive lies on another machine', async () => {
    const id = await own.closedBroadcast({ audience });
    afterClosing(30);
    await own.purge.run(RUN);
    rmSync(folderOf(id), { recursive: true });
    afterClosing(365);
    const { lists, left } = await own.purge.run(RUN);
    expect(lists).toEqual([]);
    expect(left).toContainEqual({ what: `archived lists of ${id}`, why: expect.stringContaining('archive of') });
    expect((await archiveRecords(own.store).get(id)).value.lists).toBe('held');
  });
});

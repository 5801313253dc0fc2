import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveRecords, type Holding } from '../../src/broadcasts/archived.ts';
import { broadcastRecords, planRecords } from '../../src/broadcasts/broadcast.ts';
import { followedBroadcast } from '../../src/broadcasts/followed.ts';
import { verify } from '../../src/broadcasts/verify.ts';
import { aNotice, batchesOf, happen, NOW, noticeRecords, storeBroadcast, storeNotice } from '../broadcasts/builders.ts';
import { BY, DAY_MS, type Filed, filed, recipientOf35 } from './archive-fixture.ts';

const RUN = { actor: 'system' };

describe('the purge', () => {
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
  const slotKeys = async () => (await own.store.redis.keys(`${own.store.prefix}*:slots:*`)).length;
  const holding = async (id: string): Promise<Holding | undefined> =>
    (await archiveRecords(own.store).find(id))?.value.ledger;
  const folderOf = (id: string) => join(own.folder, 'archive', id);

  describe('of a ledger', () => {
    test('R19: removes the slots of a broadcast when its time is over, and not a moment before', async () => {
      const id = await own.closedBroadcast({ audience });
      expect(await slotKeys()).toBe(3);
      own.clock.nowMs = NOW + 31 * DAY_MS - 1;
      expect((await own.purge.run(RUN)).ledgers).toEqual([]);
      expect(await slotKeys()).toBe(3);
      afterClosing(30);
      expect((await own.purge.run(RUN)).ledgers).toEqual([{ broadcast: id, recipients: 1_203 }]);
      expect([await slotKeys(), await holding(id)]).toEqual([0, 'purged']);
    });

    test('R19: says in the audit log what was purged: counts and digests, and no number', async () => {
      const id = await own.closedBroadcast({ audience });
      afterClosing(30);
      await own.purge.run(RUN);
      const entries = await own.entries(`archive/${id}`);
      expect(entries.map(({ action }) => action)).toEqual(['archive.write', 'ledger.purge', 'ledger.purged']);
      const { slots, manifest } = (await archiveRecords(own.store).get(id)).value;
      expect(entries[2]?.detail).toEqual({ recipients: 1_203, slots, manifest, batches: 3 });
      expect(JSON.stringify(entries)).not.toMatch(/33639\d{6}/);
    });

    test('never is of one that is not closed, however old', async () => {
      const states = ['running', 'paused', 'cancelled'] as const;
      const ids = [];
      for (const state of states) ids.push(await own.closedBroadcast({ audience, changes: { state } }));
      afterClosing(3_000);
      await own.purge.run(RUN);
      expect([await slotKeys(), ...(await Promise.all(ids.map(holding)))]).toEqual([9, ...states.map(() => undefined)]);
    });

    test('writes the archive first where there is none, and what it says is what the ledger said', async () => {
      const id = await own.closedBroadcast({ audience });
      const asked = await own.calls.recipientState(id, 33_639_980_003, BY);
      afterClosing(30);
      await own.purge.run(RUN);
      expect(await own.calls.recipientState(id, 33_639_980_003, BY)).toEqual(asked);
      expect(await verify(own.store, id)).toMatchObject({ recipients: 1_203, inDoubt: 1, differences: [] });
    });

    test('writes the archive anew where a receipt has come since', async () => {
      const id = await own.closedBroadcast({ audience });
      await own.calls.archive.write(id, 'system');
      const { value: broadcast } = await broadcastRecords(own.store).get(id);
      const { value: plan } = await planRecords(own.store).get(id);
      await happen(own.store, batchesOf(own.store, broadcast, plan.lanes[0]!)[0]!, 2, 2, 'receiptDelivered');
      afterClosing(30);
      await own.purge.run(RUN);
      expect((await own.calls.recipientState(id, 33_639_980_003, BY)).state).toBe('delivered');
    });

    test('writes the archive anew where it is broken or gone, while the ledger has it all', async () => {
      const [broken, gone] = [await own.closedBroadcast({ audience }), await own.closedBroadcast({ audience })];
      for (const id of [broken, gone]) await own.calls.archive.write(id, 'system');
      writeFileSync(join(folderOf(broken), 'recipients.parquet'), 'nothing');
      rmSync(folderOf(gone), { recursive: true });
      afterClosing(30);
      expect((await own.purge.run(RUN)).left).toEqual([]);
      for (const id of [broken, gone]) {
        expect((await own.calls.recipientState(id, recipientOf35(7), BY)).state).toBe('delivered');
      }
    });

    test('leaves one that cannot be archived, says why, and goes on with the others', async () => {
      const stuck = await own.closedBroadcast({ audience });
      const other = await own.closedBroadcast({ audience });
      mkdirSync(join(own.folder, 'archive'), { recursive: true });
      const [block] = await own.store.redis.keys(`${own.store.prefix}*:counts:1`);
      await own.store.redis.bitfield(block!, 'INCRBY', 'u32', '#4', 1);
      afterClosing(30);
      const { ledgers, left } = await own.purge.run(RUN);
      expect(ledgers.map(({ broadcast }) => broadcast)).toEqual([other]);
      expect(left).toContainEqual({
        what: `ledger of ${stuck}`,
        why: expect.stringContaining('differ from its slots'),
      });
      expect(await slotKeys()).toBe(3);
    });

    test('waits while a follow-up of it is not closed: that asks whom to address', async () => {
      const id = await own.closedBroadcast({ audience });
      const changes = { state: 'running', follows: 1, audience } as const;
      await storeBroadcast(own.store, { no: 20, changes });
      afterClosing(30);
      expect((await own.purge.run(RUN)).left).toContainEqual({
        what: `ledger of ${id}`,
        why: 'b20 follows it up and is not closed',
      });
      expect(await slotKeys()).toBe(3);
    });

    test('goes on where it was when it was killed in the middle', async () => {
      const id = await own.closedBroadcast({ audience });
      afterClosing(30);
      const { redis } = own.store;
      const unlink = redis.unlink.bind(redis);
      let calls = 0;
      const dying = (...keys: Parameters<typeof unlink>) => {
        calls += 1;
        if (calls > 1) throw new Error('killed');
        return unlink(...keys);
      };
      Object.assign(redis, { unlink: dying });
      await expect(own.purge.run(RUN)).rejects.toThrow('killed');
      Object.assign(redis, { unlink });
      expect([await slotKeys(), await holding(id)]).toEqual([2, 'purging']);
      // What is left of the slots is never read again.
      expect((await own.calls.recipientState(id, recipientOf35(7), BY)).state).toBe('delivered');
      const archived = await archiveRecords(own.store).get(id);
      expect((await own.purge.run(RUN)).ledgers).toHaveLength(1);
      expect([await slotKeys(), await holding(id)]).toEqual([0, 'purged']);
      expect((await archiveRecords(own.store).get(id)).value.manifest).toBe(archived.value.manifest);
      expect((await own.purge.run(RUN)).ledgers).toEqual([]);
    });

    test('makes an end of follow-ups: without the ledger nobody knows whom to address', async () => {
      const id = await own.closedBroadcast({ audience });
      const follow = () => followedBroadcast(own.store, noticeRecords(own.store), { followsUp: 'n1' });
      expect((await follow())?.id).toBe(id);
      afterClosing(30);
      await own.purge.run(RUN);
      await expect(follow()).rejects.toMatchObject({ code: 'ledger_purged' });
    });
  });

  test('by a dry run says the same and changes nothing', async () => {
    await own.closedBroadcast({ audience });
    const entries = (await own.entries()).length;
    afterClosing(30);
    const told = await own.purge.run({ ...RUN, dryRun: true });
    expect([await slotKeys(), (await own.entries()).length, existsSync(join(own.folder, 'archive'))]).toEqual([
      ...[3, entries, false],
    ]);
    expect((await own.purge.run(RUN)).ledgers).toEqual(told.ledgers);
  });

  test('ends between two steps when its lease is lost', async () => {
    await own.closedBroadcast({ audience });
    afterClosing(30);
    const lost = AbortSignal.abort(new Error('another process has taken over'));
    await expect(own.purge.run({ ...RUN, signal: lost })).rejects.toThrow('taken over');
    expect(await slotKeys()).toBe(3);
  });

  describe('of archived lists', () => {
    test('R19: removes them when their time is over, after the ledger; all else stays', async () => {
      const id = await own.closedBroadcast({ audience });
      afterClosing(364);
      await own.purge.run(RUN);
      expect(readdirSync(folderOf(id))).toContain('recipients.parquet');
      afterClosing(365);
      expect((await own.purge.run(RUN)).lists).toEqual([{ broadcast: id, recipients: 1_203 }]);
      expect(readdirSync(folderOf(id)).filter((name) => name.startsWith('recipients'))).toEqual([]);
      expect(readdirSync(folderOf(id))).toEqual(
        expect.arrayContaining(['notice.json', 'counts.json', 'manifest.json']),
      );
      expect((await own.entries(`archive/${id}`)).slice(-2).map(({ action }) => action)).toEqual([
        ...['archive.purge', 'archive.purged'],
      ]);
      expect((await own.purge.run(RUN)).lists).toEqual([]);
    });

    test('are not said to be purged where the archive lies on another machine', async () => {
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

  describe('of an audience', () => {
    const blockKeys = async () => (await own.store.redis.keys(`${own.store.prefix}{aud*:*`)).length;
    /** Audiences are dated by the machine's clock. */
    const farAhead = () => {
      own.clock.nowMs = Date.now() + 31 * DAY_MS;
    };

    test('R19: removes its recipients when nothing needs them; counts and digest stay', async () => {
      const before = (await own.audiences.get(audience)).value;
      await own.importAudience('newer');
      const keys = await blockKeys();
      own.clock.nowMs = Date.now() + 29 * DAY_MS;
      expect((await own.purge.run(RUN)).audiences).toEqual([]);
      farAhead();
      expect((await own.purge.run(RUN)).audiences).toEqual([{ audience, recipients: 1_203 }]);
      expect(await blockKeys()).toBe(keys / 2);
      const after = (await own.audiences.get(audience)).value;
      expect(after).toEqual({ ...before, purgingSince: expect.any(String), purgedAt: expect.any(String) });
      expect((await own.entries(`audience/${audience}`)).map(({ action, detail }) => [action, detail?.digest])).toEqual(
        [
          ['audience.import', before.digest],
          ['audience.purge', before.digest],
          ['audience.purged', before.digest],
        ],
      );
      expect((await own.purge.run(RUN)).audiences).toEqual([]);
    });

    test('makes an end of its use: it cannot be launched to, and nobody is found in it', async () => {
      await own.importAudience('newer');
      farAhead();
      await own.purge.run(RUN);
      await expect(own.audiences.usable(audience)).rejects.toMatchObject({ code: 'audience_purged' });
      expect(await own.audiences.locate(audience, recipientOf35(0))).toBeUndefined();
    });

    test('never is of the newest: a crisis cell must not find itself without', async () => {
      farAhead();
      const { audiences, left } = await own.purge.run(RUN);
      expect(audiences).toEqual([]);
      expect(left).toContainEqual({ what: `audience ${audience}`, why: expect.stringContaining('the newest') });
      await own.audiences.usable(audience);
    });

    test('waits for the ledgers of its broadcasts, which know recipients by their place in it', async () => {
      await own.importAudience('newer');
      const id = await own.closedBroadcast({ audience, changes: { closedAt: new Date().toISOString() } });
      own.clock.nowMs = Date.now() + 29.9 * DAY_MS;
      expect((await own.purge.run(RUN)).audiences).toEqual([]);
      farAhead();
      const { ledgers, audiences } = await own.purge.run(RUN);
      expect(ledgers).toEqual([{ broadcast: id, recipients: 1_203 }]);
      expect(audiences).toEqual([{ audience, recipients: 1_203 }]);
      const other = await own.importAudience('other');
      await own.importAudience('newest');
      await own.closedBroadcast({ audience: other, changes: { state: 'paused' } });
      farAhead();
      expect((await own.purge.run(RUN)).left).toContainEqual({
        what: `audience ${other}`,
        why: 'the ledger of b2 is not purged',
      });
    });

    test('waits while a notice to it is submitted or approved and has not expired', async () => {
      await own.importAudience('newer');
      farAhead();
      const [soon, past] = ['2099-01-01T00:00:00Z', '2026-01-01T00:00:00Z'];
      const cases = [
        ['submitted', soon, true],
        ['approved', soon, true],
        ['approved', past, false],
        ['draft', soon, false],
        ['returned', soon, false],
        ['cancelled', soon, false],
      ] as const;
      const notices = noticeRecords(own.store);
      let held = await storeNotice(own.store, 'n7', aNotice({ audience }));
      for (const [state, expires, stays] of cases) {
        held = await notices.update(held, aNotice({ state, expires, audience }), { ...RUN, action: 'x', subject: 'x' });
        const { audiences, left } = await own.purge.run({ ...RUN, dryRun: true });
        expect([state, expires, audiences.length === 0]).toEqual([state, expires, stays]);
        const why = { what: `audience ${audience}`, why: 'notice n7 may be launched to it' };
        expect(left.filter(({ what }) => what === `audience ${audience}`)).toEqual(stays ? [why] : []);
      }
    });

    test('goes on where it was when it was killed in the middle', async () => {
      await own.importAudience('newer');
      const keys = await blockKeys();
      farAhead();
      const { redis } = own.store;
      const unlink = redis.unlink.bind(redis);
      Object.assign(redis, { unlink: () => Promise.reject(new Error('killed')) });
      await expect(own.purge.run(RUN)).rejects.toThrow('killed');
      Object.assign(redis, { unlink });
      await expect(own.audiences.usable(audience)).rejects.toMatchObject({ code: 'audience_purged' });
      expect((await own.purge.run(RUN)).audiences).toEqual([{ audience, recipients: 1_203 }]);
      expect(await blockKeys()).toBe(keys / 2);
    });
  });

  describe('of files', () => {
    const aged = (path: string, days: number) => {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, 'x');
      const at = new Date(own.clock.nowMs - days * DAY_MS);
      utimesSync(path, at, at);
      return path;
    };

    test('R19: removes lists of refused lines, and work files of processes that died', async () => {
      own.clock.nowMs = Date.now() + DAY_MS;
      const gone = [
        aged(join(own.folder, 'rejected', 'old.csv'), 30),
        aged(join(own.folder, 'evidence-abc', '..', 'evidence-abc'), 2),
        aged(join(own.folder, 'archive', '.unfinished-x'), 2),
      ];
      const kept = [
        aged(join(own.folder, 'rejected', 'new.csv'), 29),
        aged(join(own.folder, 'evidence-def'), 0.5),
        aged(join(own.folder, 'archive', 'b1'), 3_000),
        aged(join(own.folder, 'other'), 3_000),
      ];
      expect((await own.purge.run({ ...RUN, dryRun: true })).files).toBe(3);
      expect(gone.every(existsSync)).toBe(true);
      expect((await own.purge.run(RUN)).files).toBe(3);
      expect(gone.filter(existsSync)).toEqual([]);
      expect(kept.filter((path) => !existsSync(path))).toEqual([]);
      expect((await own.entries('files'))[0]).toMatchObject({ action: 'files.purged', detail: { files: 3 } });
    });
  });
});

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
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
      expect(await own.purge.run(RUN)).toMatchObject({ ledgers: [], left: [{ what: `audience ${audience}` }] });
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

    test.each(['submitted', 'approved', 'returned'] as const)(
      'waits while a follow-up of it is %s: it may be launched yet',
      async (state) => {
        const id = await own.closedBroadcast({ audience });
        const { notice } = (await broadcastRecords(own.store).get(id)).value;
        afterClosing(30);
        const expires = new Date(own.clock.nowMs + DAY_MS).toISOString();
        await storeNotice(own.store, 'n9', aNotice({ state, followsUp: notice, expires, audience }));
        expect((await own.purge.run(RUN)).left).toContainEqual({
          what: `ledger of ${id}`,
          why: 'notice n9 follows it up and may be launched',
        });
        expect([await slotKeys(), await holding(id)]).toEqual([3, undefined]);
        afterClosing(32);
        expect((await own.purge.run(RUN)).ledgers).toHaveLength(1);
      },
    );

    test('waits for what follows up a follow-up of it: that goes to who had the first text', async () => {
      const id = await own.closedBroadcast({ audience });
      const closedAt = new Date(NOW + 20 * DAY_MS).toISOString();
      const changes = { state: 'closed', follows: 1, audience, closedAt } as const;
      const follower = await storeBroadcast(own.store, { no: 20, changes });
      afterClosing(30);
      const expires = new Date(own.clock.nowMs + DAY_MS).toISOString();
      await storeNotice(own.store, 'n9', aNotice({ followsUp: follower.broadcast.notice, expires, audience }));
      const why = 'notice n9 follows it up and may be launched';
      expect((await own.purge.run(RUN)).left).toContainEqual({ what: `ledger of ${id}`, why });
      await storeBroadcast(own.store, { no: 21, changes: { state: 'running', follows: 20, audience } });
      expect((await own.purge.run(RUN)).left).toContainEqual({
        what: `ledger of ${id}`,
        why: 'b21 follows it up and is not closed',
      });
    });

    test('is given back where a follow-up was launched while the archive was read back', async () => {
      const id = await own.closedBroadcast({ audience });
      const { archive } = own.calls;
      const agrees = archive.agrees.bind(archive);
      archive.agrees = async (archived) => {
        await storeBroadcast(own.store, { no: 20, changes: { state: 'running', follows: 1, audience } });
        return agrees(archived);
      };
      afterClosing(30);
      const { ledgers, left } = await own.purge.run(RUN);
      expect(ledgers).toEqual([]);
      expect(left).toContainEqual({ what: `ledger of ${id}`, why: 'b20 follows it up and is not closed' });
      expect([await slotKeys(), await holding(id)]).toEqual([3, 'held']);
      const acts = (await own.entries(`archive/${id}`)).map(({ action }) => action);
      expect(acts).toEqual(['archive.write', 'ledger.purge', 'ledger.kept']);
      const follow = followedBroadcast(own.store, noticeRecords(own.store), { followsUp: 'n1' });
      expect((await follow)?.id).toBe(id);
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
});

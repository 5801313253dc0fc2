import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aNotice, noticeRecords, storeNotice } from '../broadcasts/builders.ts';
import { DAY_MS, type Filed, filed, recipientOf35 } from './archive-fixture.ts';

const RUN = { actor: 'system' };

describe('the purge of what no broadcast needs', () => {
  let own: Filed;
  let audience: string;
  beforeEach(async () => {
    own = await filed();
    audience = await own.importAudience();
  });
  afterEach(() => own.close());

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
      expect(left).toContainEqual({ what: `audience ${audience}`, why: expect.stringContaining('no newer one') });
      await own.audiences.usable(audience);
    });

    test.each([
      ['a test list', 10, 1],
      ['a list of half as many but one in a region', 599, 3],
      ['a list without one of its regions', 1_200, 0],
    ])('never is of one that only %s has come after', async (_, of35, of2A) => {
      await own.importAudience('newer', of35, of2A);
      farAhead();
      const { audiences, left } = await own.purge.run(RUN);
      expect(audiences).toEqual([]);
      expect(left).toContainEqual({ what: `audience ${audience}`, why: expect.stringContaining('no newer one') });
    });

    test('is of one that another has come after, of half as many in each region', async () => {
      await own.importAudience('newer', 600, 2);
      farAhead();
      expect((await own.purge.run(RUN)).audiences).toEqual([{ audience, recipients: 1_203 }]);
    });

    test('counts no newer one that is purged itself', async () => {
      const newer = await own.importAudience('newer');
      await own.audiences.purge(newer, 'cli:test');
      farAhead();
      expect((await own.purge.run(RUN)).audiences).toEqual([]);
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

    test('waits while a notice to it is submitted, approved or returned, which may be approved yet, and has not expired', async () => {
      await own.importAudience('newer');
      farAhead();
      const [soon, past] = ['2099-01-01T00:00:00Z', '2026-01-01T00:00:00Z'];
      const cases = [
        ['submitted', soon, true],
        ['approved', soon, true],
        ['approved', past, false],
        ['draft', soon, false],
        ['returned', soon, true],
        ['returned', past, false],
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

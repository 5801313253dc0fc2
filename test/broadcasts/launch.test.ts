import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { broadcastRecords, planRecords } from '../../src/broadcasts/broadcast.ts';
import { type LaunchDeps, launch, launchPhrase } from '../../src/broadcasts/launch.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/demo/embedded-redis.ts';
import { findOrInstallRedis } from '../../src/demo/redis-binary.ts';
import { MAX_BROADCAST_NO } from '../../src/ledger/address.ts';
import { NOTICE_STATES } from '../../src/notices/lifecycle.ts';
import type { Notice } from '../../src/notices/notice.ts';
import { approvedRegions } from '../../src/notices/stages.ts';
import { controlChannel } from '../../src/queue/jobs.ts';
import { auditEntries, verifyAudit } from '../../src/store/audit.ts';
import { connectRedis, duplicate, ready, type Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  aNotice,
  approval,
  aRendering,
  aRoute,
  at,
  GROUPS,
  HOUR_MS,
  NOW,
  noticeRecords,
  OPERATOR,
  onRoutes,
  storeNotice,
} from './builders.ts';

const PHRASE = 'EXERCISE 2 REGIONS 3503 RECIPIENTS';
const LIVE = aRoute({ id: 'main', kind: 'live' });

function launchDeps(store: Store, changes: Partial<LaunchDeps> = {}): LaunchDeps {
  return {
    store,
    notices: noticeRecords(store),
    routes: [aRoute(), LIVE],
    groupsOf: async () => GROUPS,
    now: () => NOW,
    ...changes,
  };
}

describe('the launch phrase', () => {
  test.each([
    ['Exercise', ['2A', '35'], 100_000, 'EXERCISE 2 REGIONS 100000 RECIPIENTS'],
    ['Actual', ['35'], 7, 'ACTUAL 1 REGION 7 RECIPIENTS'],
    ['Test', ['2A', '35', '974'], 0, 'TEST 3 REGIONS 0 RECIPIENTS'],
  ] as const)('of %s to %j names type, regions and count', (status, regions, recipients, phrase) => {
    expect(launchPhrase({ status, regions }, recipients)).toBe(phrase);
  });
});

describe('the regions approved', () => {
  test('are those whose last word was yes', () => {
    const returned = { ...approval('35'), decision: 'returned' as const };
    expect(approvedRegions(aNotice({ decisions: [approval('2A'), returned] }))).toEqual(['2A']);
  });
});

describe('a launch', () => {
  let store: Store;
  let close: () => Promise<void>;

  beforeEach(async () => {
    ({ store, close } = await testStore());
  });
  afterEach(() => close());

  const given = (changes: Partial<Notice> = {}) => storeNotice(store, 'n1', aNotice(changes));
  const launchIt = (phrase = PHRASE, changes: Partial<LaunchDeps> = {}) =>
    launch(launchDeps(store, changes), 'n1', phrase, OPERATOR);

  /** The notice as it was, no broadcast, no plan, no word in the audit log. */
  async function expectNothingDone(before: Notice): Promise<void> {
    expect(await noticeRecords(store).get('n1')).toEqual({ id: 'n1', version: 1, value: before });
    expect(await broadcastRecords(store).list()).toEqual([]);
    expect(await planRecords(store).list()).toEqual([]);
    expect(await verifyAudit(store)).toEqual({ entries: 1 });
  }

  test('writes notice, broadcast and plan in one act', async () => {
    await given();
    const launched = await launchIt();
    expect(launched).toEqual({
      id: 'b1',
      version: 1,
      value: {
        no: 1,
        notice: 'n1',
        status: 'Exercise',
        severity: 'Severe',
        routes: ['drill'],
        audience: 'aud1',
        inDoubt: 'resend',
        expires: at(6 * HOUR_MS),
        receiptDeadline: at(7 * HOUR_MS),
        recipients: 3_503,
        launchedAt: at(0),
        launchedBy: 'Op',
        state: 'running',
        released: ['2A', '35'],
      },
    });
    expect(await broadcastRecords(store).get('b1')).toEqual(launched);
    expect((await planRecords(store).get('b1')).value.lanes).toHaveLength(3);
    const notice = await noticeRecords(store).get('n1');
    expect(notice.value).toMatchObject({
      state: 'launched',
      broadcast: 'b1',
      timings: { launched: at(0), created: at(-HOUR_MS) },
    });
    const entries = [];
    for await (const entry of auditEntries(store)) entries.push(entry);
    expect(entries).toHaveLength(2);
    expect(entries[1]).toMatchObject({
      actor: 'key:k1',
      action: 'notice.launch',
      subject: 'notice/n1',
      detail: { broadcast: 'b1', routes: ['drill'], recipients: 3_503, regions: 2 },
    });
  });

  test('is told to the dispatchers at once', async () => {
    await given();
    const listener = duplicate(store.redis);
    const heard: string[] = [];
    listener.on('message', (_, message: string) => heard.push(message));
    await listener.subscribe(controlChannel(store.prefix));
    await launchIt();
    await waitFor(() => heard.length > 0);
    expect(heard).toEqual(['{"broadcast":1}']);
    await listener.quit();
  });

  test('takes the phrase with blanks around it, and in no other way', async () => {
    const { value } = await given();
    const wrong = [
      '',
      PHRASE.toLowerCase(),
      PHRASE.replace('3503', '3504'),
      `${PHRASE}!`,
      PHRASE.replace('EXERCISE', 'ACTUAL'),
    ];
    for (const phrase of wrong) {
      await expect(launchIt(phrase)).rejects.toMatchObject({
        kind: 'invalid',
        code: 'wrong_phrase',
        faults: [{ at: '/phrase' }],
      });
    }
    await expectNothingDone(value);
    expect((await launchIt(` ${PHRASE}\n`)).id).toBe('b1');
  });

  test('names the phrase that it wants', async () => {
    await given();
    await expect(launchIt('go')).rejects.toThrow(`type exactly: ${PHRASE}`);
  });

  test('happens once', async () => {
    await given();
    await launchIt();
    await expect(launchIt()).rejects.toMatchObject({ kind: 'conflict', code: 'wrong_state' });
    expect(await broadcastRecords(store).list()).toHaveLength(1);
  });

  test('of two at the same moment happens once', async () => {
    await given();
    const both = await Promise.allSettled([launchIt(), launchIt()]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await broadcastRecords(store).list()).toHaveLength(1);
    expect(await planRecords(store).list()).toHaveLength(1);
    expect(await verifyAudit(store)).toEqual({ entries: 2 });
  });

  test.each(NOTICE_STATES.filter((state) => !['submitted', 'approved'].includes(state)))(
    'is refused of a notice that is %s',
    async (state) => {
      const { value } = await given({ state });
      await expect(launchIt()).rejects.toMatchObject({ kind: 'conflict', code: 'wrong_state' });
      await expectNothingDone(value);
    },
  );

  test.each([
    ['a past expiry', { expires: at(-1) }, 'conflict', 'expired_notice'],
    ['an expiry this very moment', { expires: at(0) }, 'conflict', 'expired_notice'],
    ['no approval', { state: 'submitted', decisions: [] }, 'conflict', 'not_approved'],
    ['an unknown route', { route: 'nowhere' }, 'invalid', 'unknown_route'],
    ['no rendering', { renderings: [] }, 'invalid', 'wrong_phrase'],
  ] as const)('is refused with %s, and nothing is half done', async (_, changes, kind, code) => {
    const { value } = await given(changes);
    await expect(launchIt()).rejects.toMatchObject({ kind, code });
    await expectNothingDone(value);
  });

  test('of a notice nobody knows is refused', async () => {
    await expect(launchIt()).rejects.toMatchObject({ kind: 'not-found', code: 'unknown_notice' });
  });

  test('to nobody is refused', async () => {
    const { value } = await given();
    const nobody = launchIt('EXERCISE 2 REGIONS 0 RECIPIENTS', { groupsOf: async () => [] });
    await expect(nobody).rejects.toMatchObject({ code: 'empty_audience' });
    await expectNothingDone(value);
  });

  test('to more batches than the ledger can address is refused', async () => {
    const { value } = await given();
    const recipients = 2 ** 20 * 1_000;
    const groups = GROUPS.map((group) => (group.language === 'en' ? { ...group, recipients } : group));
    const phrase = `EXERCISE 2 REGIONS ${recipients + 2_503} RECIPIENTS`;
    const tooMany = launchIt(phrase, { groupsOf: async () => groups });
    await expect(tooMany).rejects.toMatchObject({ kind: 'too-large', code: 'audience_too_large' });
    await expectNothingDone(value);
  });

  test('beyond the last broadcast number is refused', async () => {
    const { value } = await given();
    await store.redis.set(`${store.prefix}{rec}:broadcast-no`, MAX_BROADCAST_NO);
    await expect(launchIt()).rejects.toMatchObject({ kind: 'unavailable', code: 'ledger_full' });
    await expectNothingDone(value);
  });

  test('numbers broadcasts one after the other', async () => {
    await given();
    await storeNotice(store, 'n2', aNotice());
    const first = await launchIt();
    const second = await launch(launchDeps(store), 'n2', PHRASE, OPERATOR);
    expect([first.value.no, second.value.no]).toEqual([1, 2]);
  });

  test('before all regions have approved releases those that have, and plans the others', async () => {
    await given({ state: 'submitted', decisions: [approval('2A')] });
    const { value } = await launchIt();
    expect(value).toMatchObject({ released: ['2A'], recipients: 3_503 });
    expect((await planRecords(store).get('b1')).value.lanes.map(({ region }) => region)).toEqual(['2A', '35', '35']);
  });

  test('counts the recipients of the notice’s regions only', async () => {
    await given({ regions: ['2A'], renderings: [aRendering('2A', 'fr')], decisions: [approval('2A')] });
    expect((await launchIt('EXERCISE 1 REGION 3 RECIPIENTS')).value.recipients).toBe(3);
  });

  describe('with several routes', () => {
    const routes = [aRoute({ id: 'a' }), aRoute({ id: 'b' }), aRoute({ id: 'c' })];
    const lanes = async () => (await planRecords(store).get('b1')).value.lanes;

    test('gives each lane those of its region, by the order in force', async () => {
      await given();
      const share = [
        { route: 'b', weight: 2 },
        { route: 'c', weight: 1 },
      ];
      const order = [{ regions: ['35'], share, standBy: ['a'] }];
      expect((await launchIt(PHRASE, { routes, order })).value.routes).toEqual(['a', 'b', 'c']);
      expect((await lanes()).map(({ region, routes: of }) => [region, of])).toEqual([
        ['2A', onRoutes('a', 'b', 'c')],
        ['35', { share, standBy: ['a'] }],
        ['35', { share, standBy: ['a'] }],
      ]);
    });

    test('R10: uses those only that the approval names', async () => {
      await given({ routes: { '2A': ['a', 'b'], '35': ['c', 'gone'] } });
      await launchIt(PHRASE, { routes });
      expect((await lanes()).map(({ routes: of }) => of)).toEqual([onRoutes('a', 'b'), onRoutes('c'), onRoutes('c')]);
    });

    test('R10: is refused where none of those approved is left', async () => {
      const { value } = await given({ routes: { '2A': ['a'], '35': ['gone'] } });
      await expect(launchIt(PHRASE, { routes })).rejects.toMatchObject({
        kind: 'conflict',
        code: 'routes_not_approved',
        faults: [{ at: '/routes/35' }],
      });
      await expectNothingDone(value);
    });

    test('R10: leaves out a route whose alphabet lacks a character of the text', async () => {
      const text = 'EXERCICE Le 15 ne répond pas.';
      await given({ renderings: [aRendering('2A', 'fr', { text }), aRendering('35', 'en'), aRendering('35', 'fr')] });
      const poor = aRoute({ id: 'a', alphabet: 'ascii' });
      await launchIt(PHRASE, { routes: [poor, aRoute({ id: 'b' })] });
      const [accented, ...plain] = (await lanes()).map(({ routes: of }) => of);
      expect(accented).toEqual(onRoutes('b'));
      expect(plain).toEqual([onRoutes('a', 'b'), onRoutes('a', 'b')]);
    });

    test('R10: is refused where no route has the alphabet of a text', async () => {
      const text = 'EXERCICE Le 15 ne répond pas.';
      const renderings = [aRendering('2A', 'fr', { text }), aRendering('35', 'en'), aRendering('35', 'fr')];
      const { value } = await given({ renderings });
      const launched = launchIt(PHRASE, { routes: [aRoute({ alphabet: 'ascii' })] });
      await expect(launched).rejects.toMatchObject({ kind: 'invalid', code: 'text_not_carried' });
      await expectNothingDone(value);
    });

    test('waits for as many receipts as any of them gives', async () => {
      await given({ renderings: [aRendering('2A', 'fr', { segments: 3 }), aRendering('35', 'fr')] });
      const last = aRoute({ id: 'a', receipts: { segments: 'last' } });
      await launchIt('EXERCISE 2 REGIONS 2503 RECIPIENTS', { routes: [last, aRoute({ id: 'b' })] });
      expect((await lanes()).map(({ parts }) => parts)).toEqual([3, 1]);
    });
  });

  describe('R6: exercises and the real thing never meet', () => {
    test.each([
      ['Exercise', 'main'],
      ['Test', 'main'],
      ['Actual', 'drill'],
    ] as const)('%s never goes to the route "%s", even when it is named', async (status, route) => {
      const { value } = await given({ status, route });
      const phrase = `${status.toUpperCase()} 2 REGIONS 3503 RECIPIENTS`;
      await expect(launchIt(phrase)).rejects.toMatchObject({ kind: 'invalid', code: 'wrong_route_kind' });
      await expectNothingDone(value);
    });

    test('a notice that names no route takes the first of its kind', async () => {
      await given({ status: 'Actual' });
      const { value } = await launchIt('ACTUAL 2 REGIONS 3503 RECIPIENTS');
      expect(value).toMatchObject({ routes: ['main'], status: 'Actual' });
    });

    test('the others of its kind stand by, and none of the other kind does', async () => {
      await given();
      const routes = [LIVE, aRoute(), aRoute({ id: 'drill-2' }), aRoute({ id: 'main-2', kind: 'live' })];
      expect((await launchIt(PHRASE, { routes })).value.routes).toEqual(['drill', 'drill-2']);
    });

    test('without a route of its kind there is no launch', async () => {
      await given({ status: 'Actual' });
      const launched = launchIt('ACTUAL 2 REGIONS 3503 RECIPIENTS', { routes: [aRoute()] });
      await expect(launched).rejects.toMatchObject({ code: 'unknown_route' });
    });
  });
});

describe('a launch on a Redis that may forget', () => {
  let folder: string;
  let server: EmbeddedRedis;
  let store: Store;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-launch-'));
    server = await startEmbeddedRedis({ binary: await findOrInstallRedis({ say: () => {} }), folder });
    const redis = connectRedis(server.url, 'worker', () => {});
    await ready(redis);
    store = { redis, prefix: 't:' };
  });
  afterAll(async () => {
    await store.redis.quit();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await store.redis.flushall();
  });

  // A Redis that is told to append again refuses to end before it has rewritten its file, so that stays as it is set.
  const settings = [
    ['appendfsync', 'everysec', 'always'],
    ['maxmemory-policy', 'allkeys-lru', 'noeviction'],
    ['appendonly', 'no', 'no'],
  ] as const;

  test.each(settings)('is refused on a live route when %s is %s', async (setting, bad, after) => {
    const { value } = await storeNotice(store, 'n1', aNotice({ status: 'Actual' }));
    await store.redis.config('SET', setting, bad);
    const refused = launch(launchDeps(store), 'n1', 'ACTUAL 2 REGIONS 3503 RECIPIENTS', OPERATOR);
    await expect(refused).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'store_not_durable',
      faults: expect.arrayContaining([expect.objectContaining({ at: `redis ${setting}` })]),
    });
    await store.redis.config('SET', setting, after);
    expect((await noticeRecords(store).get('n1')).value).toEqual(value);
    expect(await broadcastRecords(store).list()).toEqual([]);
  });

  test('goes on for an exercise', async () => {
    await storeNotice(store, 'n1', aNotice());
    await store.redis.config('SET', 'appendonly', 'no');
    expect((await launch(launchDeps(store), 'n1', PHRASE, OPERATOR)).id).toBe('b1');
  });
});

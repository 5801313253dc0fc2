import { broadcastRecords, planRecords } from '../../src/broadcasts/broadcast.ts';
import { launch, launchPhrase } from '../../src/broadcasts/launch.ts';
import { MAX_BROADCAST_NO } from '../../src/ledger/address.ts';
import { NOTICE_STATES } from '../../src/notices/lifecycle.ts';
import { approvedRegions } from '../../src/notices/stages.ts';
import { controlChannel } from '../../src/queue/jobs.ts';
import { auditEntries, verifyAudit } from '../../src/store/audit.ts';
import { duplicate } from '../../src/store/connection.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  aNotice,
  approval,
  aRendering,
  at,
  GROUPS,
  HOUR_MS,
  noticeRecords,
  OPERATOR,
  storeNotice,
} from './builders.ts';
import { launchDeps, launchFixture, PHRASE } from './launching.ts';

describe('R6: the launch phrase', () => {
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
  const { here, given, launchIt, expectNothingDone } = launchFixture();

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
        detectedAt: at(-HOUR_MS),
        state: 'running',
        released: ['2A', '35'],
      },
    });
    expect(await broadcastRecords(here.store).get('b1')).toEqual(launched);
    expect((await planRecords(here.store).get('b1')).value.lanes).toHaveLength(3);
    const notice = await noticeRecords(here.store).get('n1');
    expect(notice.value).toMatchObject({
      state: 'launched',
      broadcast: 'b1',
      timings: { launched: at(0), created: at(-HOUR_MS) },
    });
    const entries = [];
    for await (const entry of auditEntries(here.store)) entries.push(entry);
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
    const listener = duplicate(here.store.redis);
    const heard: string[] = [];
    listener.on('message', (_, message: string) => heard.push(message));
    await listener.subscribe(controlChannel(here.store.prefix));
    await launchIt();
    await waitFor(() => heard.length > 0);
    expect(heard).toEqual(['{"broadcast":1}']);
    await listener.quit();
  });

  test('R6: takes the phrase with blanks around it, and in no other way', async () => {
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

  test('R6: names the phrase that it wants', async () => {
    await given();
    await expect(launchIt('go')).rejects.toThrow(`type exactly: ${PHRASE}`);
  });

  test('happens once', async () => {
    await given();
    await launchIt();
    await expect(launchIt()).rejects.toMatchObject({ kind: 'conflict', code: 'wrong_state' });
    expect(await broadcastRecords(here.store).list()).toHaveLength(1);
  });

  test('of two at the same moment happens once', async () => {
    await given();
    const both = await Promise.allSettled([launchIt(), launchIt()]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await broadcastRecords(here.store).list()).toHaveLength(1);
    expect(await planRecords(here.store).list()).toHaveLength(1);
    expect(await verifyAudit(here.store)).toEqual({ entries: 2 });
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
    await here.store.redis.set(`${here.store.prefix}{rec}:broadcast-no`, MAX_BROADCAST_NO);
    await expect(launchIt()).rejects.toMatchObject({ kind: 'unavailable', code: 'ledger_full' });
    await expectNothingDone(value);
  });

  test('numbers broadcasts one after the other', async () => {
    await given();
    await storeNotice(here.store, 'n2', aNotice());
    const first = await launchIt();
    const second = await launch(launchDeps(here.store), 'n2', PHRASE, OPERATOR);
    expect([first.value.no, second.value.no]).toEqual([1, 2]);
  });

  test('before all regions have approved releases those that have, and plans the others', async () => {
    await given({ state: 'submitted', decisions: [approval('2A')] });
    const { value } = await launchIt();
    expect(value).toMatchObject({ released: ['2A'], recipients: 3_503 });
    expect((await planRecords(here.store).get('b1')).value.lanes.map(({ region }) => region)).toEqual([
      '2A',
      '35',
      '35',
    ]);
  });

  test('of a region that needs two approvals waits for the second', async () => {
    const both = { approvals: [{ from: ['prefecture-35', 'ministry'], count: 2 }] };
    const second = { ...approval('35'), by: 'Minister', authority: 'ministry' };
    await given({ requires: { '35': both }, decisions: [approval('35')], state: 'submitted' });
    await expect(launchIt()).rejects.toMatchObject({ code: 'not_approved' });
    const held = await noticeRecords(here.store).get('n1');
    const act = { actor: 'key:k2', action: 'test', subject: 'notice/n1' };
    await noticeRecords(here.store).update(held, { ...held.value, decisions: [approval('35'), second] }, act);
    expect((await launchIt()).value.released).toEqual(['35']);
  });

  test('counts the recipients of the notice’s regions only', async () => {
    await given({ regions: ['2A'], renderings: [aRendering('2A', 'fr')], decisions: [approval('2A')] });
    expect((await launchIt('EXERCISE 1 REGION 3 RECIPIENTS')).value.recipients).toBe(3);
  });
});

import { decided, wrote } from '../../src/notices/decide.ts';
import { regionHash } from '../../src/notices/hashes.ts';
import type { Approver, Notice } from '../../src/notices/notice.ts';
import { approvedRegions, cancelled, closed, launched } from '../../src/notices/stages.ts';
import type { Rendering } from '../../src/templates/rendering.ts';
import { AUTHOR, MINISTER, noticeOf, PREFECT_29, PREFECT_35, refusalOf } from './samples.ts';

const AT = '2021-06-02T15:10:00.000Z';

const rendering = (region: string, language = 'fr', sha256 = `${region}${language}`): Rendering => ({
  region,
  language,
  wording: 'fr',
  text: 'x',
  encoding: 'gsm7',
  units: 1,
  segments: 1,
  sha256,
  numbers: [],
  transliterated: [],
});

const submitted = (changes: Partial<Notice> = {}) =>
  noticeOf({
    state: 'submitted',
    submitted: { by: 'Sam Submitter', at: '2021-06-02T15:05:00Z' },
    renderings: [rendering('29'), rendering('35'), rendering('35', 'en')],
    audienceDigest: 'd1',
    ...changes,
  });

function decide(notice: Notice, region: string, by: Approver, decision: 'approve' | 'return' = 'approve') {
  const reasons = decision === 'return' ? { reasons: 'Wrong number' } : {};
  return decided(notice, { region, decision, hash: regionHash(notice, region), ...reasons }, by, AT);
}

describe('who may decide for which region', () => {
  test.each<[string, Approver['regions'], string, boolean]>([
    ['a prefecture', ['35'], '35', true],
    ['a prefecture', ['29'], '35', false],
    ['a person with two regions', ['29', '35'], '35', true],
    ['the ministry', '*', '35', true],
    ['the ministry', '*', '29', true],
    ['a person with no region', [], '35', false],
    ['a person whose region begins alike', ['3'], '35', false],
    ['a person whose region is longer', ['350'], '35', false],
  ])('%s with regions %j, for region %s: %s', async (_, regions, region, may) => {
    const by: Approver = { actor: 'key:x', person: 'Xavière', regions };
    if (may) expect(decide(submitted(), region, by).decisions).toHaveLength(1);
    else {
      expect(await refusalOf(() => decide(submitted(), region, by))).toMatchObject({
        kind: 'forbidden',
        code: 'outside_jurisdiction',
        faults: [{ at: '/region' }],
      });
    }
  });

  test.each<[Approver, string]>([
    [PREFECT_35, 'prefecture-35'],
    [MINISTER, 'ministry'],
    [{ ...PREFECT_35, authority: 'deputy-35' }, 'deputy-35'],
  ])('the decision names the authority', (by, authority) => {
    expect(decide(submitted(), '35', by).decisions).toEqual([
      { region: '35', authority, by: by.person, at: AT, decision: 'approved', hash: regionHash(submitted(), '35') },
    ]);
  });
});

describe('nobody decides on their own words', () => {
  test.each(['Alix Author', 'alix  author ', 'ALIX AUTHOR', 'Eden Editor', 'Sam Submitter'])('%j', async (person) => {
    const notice = submitted({ editors: ['Eden Editor'] });
    for (const decision of ['approve', 'return'] as const) {
      expect(await refusalOf(() => decide(notice, '35', { ...MINISTER, person }, decision))).toMatchObject({
        kind: 'forbidden',
        code: 'own_submission',
      });
    }
  });

  test('not even with another key', async () => {
    expect(await refusalOf(() => decide(submitted(), '35', { ...MINISTER, person: AUTHOR.person }))).toMatchObject({
      code: 'own_submission',
    });
    expect(wrote(submitted(), 'Somebody Else')).toBe(false);
  });
});

describe('R10: an approval is of exact bytes', () => {
  const before = submitted();
  const hash = regionHash(before, '35');

  test.each<[string, Partial<Notice>]>([
    ['a text changed', { renderings: [rendering('29'), rendering('35', 'fr', 'other'), rendering('35', 'en')] }],
    ['a language was added', { renderings: [...(before.renderings ?? []), rendering('35', 'br')] }],
    ['a language was dropped', { renderings: [rendering('29'), rendering('35')] }],
    ['two texts changed places', { renderings: [rendering('35', 'fr', '35en'), rendering('35', 'en', '35fr')] }],
    ['the audience changed', { audienceDigest: 'd2' }],
    ['the route changed', { route: 'live-1' }],
    ['another route may carry it', { routes: { '35': ['live-1', 'live-2'] } }],
    ['the status changed', { status: 'Actual' }],
    ['it is another notice', { identifier: 'n2' }],
  ])('it is stale when %s', async (_, changes) => {
    const after = submitted(changes);
    const input = { region: '35', decision: 'approve', hash } as const;
    expect(await refusalOf(() => decided(after, input, PREFECT_35, AT))).toMatchObject({
      kind: 'conflict',
      code: 'stale_hash',
      faults: [{ at: '/hash' }],
    });
  });

  test('it holds whatever happens to another region, and in whatever order the texts lie', () => {
    const renderings = [rendering('35', 'en'), rendering('29', 'fr', 'other'), rendering('35')];
    expect(regionHash(submitted({ renderings }), '35')).toBe(hash);
  });

  test('it is of a set of routes: not of their order, nor of those of another region', () => {
    const of = (routes: Notice['routes']) => regionHash(submitted({ ...(routes && { routes }) }), '35');
    expect(of({ '35': ['a', 'b'], '29': ['c'] })).toBe(of({ '35': ['b', 'a'] }));
    expect(of({ '35': ['a', 'b'] })).not.toBe(of({ '35': ['a'] }));
    expect(of({ '35': ['a'] })).not.toBe(of(undefined));
  });

  test('the hash of one region is no approval of another with the same text', () => {
    const same = submitted({ renderings: [rendering('29', 'fr', 'same'), rendering('35', 'fr', 'same')] });
    expect(regionHash(same, '29')).not.toBe(regionHash(same, '35'));
  });
});

test.each(['approve', 'return'] as const)(
  'no region can %s what was stopped: it would start nothing',
  async (decision) => {
    const stopped = submitted({ state: 'launched', broadcast: 'b1', timings: { stopped: AT } });
    expect(await refusalOf(() => decide(stopped, '35', PREFECT_35, decision))).toMatchObject({
      kind: 'conflict',
      code: 'broadcast_stopped',
      faults: [{ at: '/region' }],
    });
  },
);

describe('the state after decisions', () => {
  test('is approved once every region is, with the times of the first and the last', () => {
    const first = decide(submitted(), '35', PREFECT_35);
    expect(first).toMatchObject({ state: 'submitted', timings: { firstApproval: AT } });
    expect(first.timings.approved).toBeUndefined();
    const second = decide(first, '29', PREFECT_29);
    expect(second).toMatchObject({ state: 'approved', timings: { firstApproval: AT, approved: AT } });
    expect(approvedRegions(second)).toEqual(['35', '29']);
  });

  test('is returned once a region returns it, and stays so whoever else approves', () => {
    const returned = decide(submitted(), '35', PREFECT_35, 'return');
    expect(returned).toMatchObject({ state: 'returned', timings: { returned: AT } });
    expect(returned.decisions[0]).toMatchObject({ decision: 'returned', reasons: 'Wrong number' });
    expect(decide(returned, '29', PREFECT_29).state).toBe('returned');
  });

  test('follows an authority that thinks again', () => {
    const approved = decide(decide(submitted(), '35', PREFECT_35), '29', PREFECT_29);
    const returned = decide(approved, '29', PREFECT_29, 'return');
    expect(returned.state).toBe('returned');
    expect(decide(returned, '29', PREFECT_29)).toMatchObject({
      state: 'approved',
      decisions: [{ region: '35' }, { region: '29' }],
    });
    const one = decide(submitted(), '35', PREFECT_35, 'return');
    expect(decide(one, '35', PREFECT_35).state).toBe('submitted');
  });

  test('stays launched: regions that come late are added, those that run are not taken back', async () => {
    const running = launched(decide(submitted(), '35', PREFECT_35), 'b1', AT);
    const late = decide(running, '29', PREFECT_29);
    expect(late).toMatchObject({ state: 'launched', timings: { launched: AT, approved: AT } });
    expect(approvedRegions(late)).toEqual(['35', '29']);
    expect(decide(running, '29', PREFECT_29, 'return').state).toBe('launched');
    expect(await refusalOf(() => decide(running, '35', PREFECT_35, 'return'))).toMatchObject({ code: 'wrong_state' });
  });
});

describe('a decision is refused', () => {
  test.each(['draft', 'closed', 'cancelled'] as const)('on a notice that is %s', async (state) => {
    expect(await refusalOf(() => decide(submitted({ state }), '35', PREFECT_35))).toMatchObject({
      kind: 'conflict',
      code: 'wrong_state',
    });
  });

  test('for a region that is not in the notice', async () => {
    expect(await refusalOf(() => decide(submitted(), '56', MINISTER))).toMatchObject({ code: 'region_not_in_notice' });
  });

  test('when it returns the notice without reasons', async () => {
    const hash = regionHash(submitted(), '35');
    const act = () => decided(submitted(), { region: '35', decision: 'return', hash }, PREFECT_35, AT);
    expect(await refusalOf(act)).toMatchObject({ code: 'missing_reasons', faults: [{ at: '/reasons' }] });
  });

  test('when it approves a notice that has expired; returning it is still possible', async () => {
    const expired = submitted({ expires: '2021-06-02T17:00:00+02:00' });
    expect(await refusalOf(() => decide(expired, '35', PREFECT_35))).toMatchObject({ code: 'expired_notice' });
    expect(decide(expired, '35', PREFECT_35, 'return').state).toBe('returned');
  });
});

describe('the steps of a launch', () => {
  const approved = decide(submitted(), '35', PREFECT_35);

  test('a notice is launched with its broadcast and the time', () => {
    expect(launched(approved, 'b7', AT)).toMatchObject({
      state: 'launched',
      broadcast: 'b7',
      timings: { launched: AT },
    });
  });

  test('not without one approved region', async () => {
    expect(await refusalOf(() => launched(submitted(), 'b7', AT))).toMatchObject({
      kind: 'conflict',
      code: 'not_approved',
    });
    const returned = decide(approved, '29', PREFECT_29, 'return');
    expect(await refusalOf(() => launched(returned, 'b7', AT))).toMatchObject({ code: 'wrong_state' });
  });

  test('not after it has expired', async () => {
    expect(await refusalOf(() => launched(approved, 'b7', '2021-06-02T21:00:00Z'))).toMatchObject({
      code: 'expired_notice',
    });
  });

  test('it ends closed or cancelled, with the time', async () => {
    const running = launched(approved, 'b7', AT);
    expect(closed(running, AT)).toMatchObject({ state: 'closed', timings: { closed: AT } });
    expect(cancelled(running, AT)).toMatchObject({ state: 'cancelled', timings: { cancelled: AT } });
    expect(await refusalOf(() => closed(approved, AT))).toMatchObject({ code: 'wrong_state' });
    expect(await refusalOf(() => launched(running, 'b8', AT))).toMatchObject({ code: 'wrong_state' });
  });
});

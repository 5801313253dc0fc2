import { decided } from '../../src/notices/decide.ts';
import { regionHash } from '../../src/notices/hashes.ts';
import type { Approver, Decision, Notice } from '../../src/notices/notice.ts';
import { ApprovalPolicy, type PolicyParts } from '../../src/notices/policy.ts';
import { agreementOf } from '../../src/notices/requirement.ts';
import { approvedRegions, launched } from '../../src/notices/stages.ts';
import { MINISTER, noticeOf, PREFECT_29, PREFECT_35, refusalOf } from './samples.ts';

const SUBMITTED_MS = Date.parse('2021-06-02T15:05:00Z');
const minutes = (n: number): string => new Date(SUBMITTED_MS + n * 60_000).toISOString();

const rule = (approvals: { from?: string[]; count?: number }[]): PolicyParts['rules'][number] => ({
  regions: '*',
  severities: '*',
  approvals: approvals.map(({ from = ['prefecture', 'ministry'], count = 1 }) => ({ from, count })),
  escalateAfterMinutes: 10,
  sms: true,
  webhooks: [],
});

const DEPUTY: Approver = { actor: 'key:d35', person: 'Dora Deputy', regions: ['35'] };
const SECOND_35: Approver = { actor: 'key:p35b', person: 'Sacha Second', regions: ['35'] };

const person = (id: string, name: string, authorities: string[], deputyFor: string[] = []) => ({
  ...{ id, person: name, authorities, deputyFor },
  language: 'fr' as const,
});
const DEPUTIES = [person('dora', DEPUTY.person, [], ['prefecture-35'])];

function submittedUnder(parts: PolicyParts, changes: Partial<Notice> = {}): { notice: Notice; policy: ApprovalPolicy } {
  const policy = new ApprovalPolicy(parts);
  const notice = noticeOf({
    state: 'submitted',
    submitted: { by: 'Sam Submitter', at: minutes(0) },
    audienceDigest: 'd1',
    ...changes,
  });
  return { policy, notice: { ...notice, requires: policy.requirements(notice, SUBMITTED_MS) } };
}

function decide(
  { notice, policy }: { notice: Notice; policy: ApprovalPolicy },
  region: string,
  by: Approver,
  { decision = 'approve' as 'approve' | 'return', atMinutes = 1 } = {},
) {
  const input = { region, decision, hash: regionHash(notice, region), ...(decision === 'return' && { reasons: 'No' }) };
  return { policy, notice: decided(notice, input, by, minutes(atMinutes), policy) };
}

describe('which rule holds', () => {
  const policy = new ApprovalPolicy({
    rules: [
      { ...rule([{ count: 3 }]), regions: ['2A', '2B'], severities: ['Extreme'] },
      { ...rule([{ count: 2 }]), severities: ['Extreme', 'Severe'] },
      rule([{ count: 1 }]),
    ],
  });
  test.each([
    ['2A', 'Extreme', 3],
    ['2A', 'Severe', 2],
    ['35', 'Extreme', 2],
    ['2B', 'Minor', 1],
  ] as const)('region %s, severity %s: %i', (region, severity, count) => {
    expect(policy.ruleFor(region, severity).approvals[0]?.count).toBe(count);
  });

  test('is settled at the submission, whatever the file says later', () => {
    const strict = submittedUnder({ rules: [rule([{ count: 2 }])] });
    const lax = new ApprovalPolicy({ rules: [rule([{ count: 1 }])] });
    expect(approvedRegions(decide({ ...strict, policy: lax }, '35', PREFECT_35).notice)).toEqual([]);
  });
});

describe('a region that needs two approvals', () => {
  const before = submittedUnder({ rules: [rule([{ count: 2 }])] });

  test('is approved with the second person, and says until then what is missing', () => {
    const first = decide(before, '35', PREFECT_35);
    expect(approvedRegions(first.notice)).toEqual([]);
    expect(first.notice.state).toBe('submitted');
    expect(agreementOf(first.notice, '35').missing).toEqual([{ from: ['prefecture-35', 'ministry'], count: 1 }]);
    const second = decide(first, '35', MINISTER);
    expect(approvedRegions(second.notice)).toEqual(['35']);
    expect(agreementOf(second.notice, '35')).toEqual({ approved: true, missing: [], returns: [] });
  });

  test('counts one person once, under another key and in other letters too', () => {
    const first = decide(before, '35', PREFECT_35);
    const again = decide(first, '35', { ...PREFECT_35, actor: 'key:other', person: ' paule  PRÉFÈTE', regions: '*' });
    expect(again.notice.decisions).toHaveLength(1);
    expect(approvedRegions(again.notice)).toEqual([]);
  });

  test('counts one person once even where two of their decisions were recorded', () => {
    const one: Decision = {
      ...{ region: '35', authority: 'prefecture-35', by: 'Paule Préfète', at: minutes(1), hash: 'h' },
      decision: 'approved',
    };
    const decisions = [one, { ...one, by: 'PAULE PRÉFÈTE', authority: 'ministry' }];
    expect(agreementOf({ ...before.notice, decisions }, '35').approved).toBe(false);
  });

  test('counts approvals of the same bytes only', () => {
    const one: Decision = {
      ...{ region: '35', authority: 'prefecture-35', by: 'A', at: minutes(1), hash: 'of other bytes' },
      decision: 'approved',
    };
    const decisions = [one, { ...one, by: 'B', hash: 'of these' }];
    expect(agreementOf({ ...before.notice, decisions }, '35').approved).toBe(false);
    expect(
      agreementOf({ ...before.notice, decisions: [...decisions, { ...one, by: 'C', hash: 'of these' }] }, '35'),
    ).toMatchObject({ approved: true });
  });

  test('cannot be launched before; a launch takes those regions only that have all of theirs', async () => {
    const first = decide(before, '35', PREFECT_35);
    expect(await refusalOf(() => launched(first.notice, 'b1', minutes(2)))).toMatchObject({ code: 'not_approved' });
    const other = decide(decide(first, '29', PREFECT_29), '29', MINISTER);
    const running = launched(other.notice, 'b1', minutes(3));
    expect(approvedRegions(running)).toEqual(['29']);
    const late = decide({ ...before, notice: running }, '35', MINISTER);
    expect(approvedRegions(late.notice)).toEqual(['35', '29']);
  });

  test('is stamped approved when the last of all regions is', () => {
    const all = [PREFECT_35, SECOND_35].reduce((held, by) => decide(held, '35', by), before);
    expect(all.notice.timings).toMatchObject({ firstApproval: minutes(1) });
    expect(all.notice.timings.approved).toBeUndefined();
    const last = decide(decide(all, '29', PREFECT_29), '29', MINISTER, { atMinutes: 4 });
    expect(last.notice).toMatchObject({ state: 'approved', timings: { approved: minutes(4) } });
  });
});

describe('a region that needs its prefecture and the ministry', () => {
  const before = submittedUnder({ rules: [rule([{ from: ['prefecture'] }, { from: ['ministry'] }])] });

  test('is not approved by two of one of them', () => {
    const two = decide(decide(before, '35', PREFECT_35), '35', SECOND_35);
    expect(agreementOf(two.notice, '35').missing).toEqual([{ from: ['ministry'], count: 1 }]);
    expect(approvedRegions(decide(two, '35', MINISTER).notice)).toEqual(['35']);
  });

  test('seats who may sit in two places where nobody else may', () => {
    const either = submittedUnder({ rules: [rule([{}, { from: ['ministry'] }])] });
    const ministryFirst = decide(decide(either, '35', MINISTER), '35', PREFECT_35);
    const prefectureFirst = decide(decide(either, '35', PREFECT_35), '35', MINISTER);
    expect([ministryFirst, prefectureFirst].map(({ notice }) => approvedRegions(notice))).toEqual([['35'], ['35']]);
    const two = decide(decide(either, '35', PREFECT_35), '35', SECOND_35);
    expect(agreementOf(two.notice, '35').missing).toEqual([{ from: ['ministry'], count: 1 }]);
  });

  test('refuses whoever is asked for in no place, saying who is', async () => {
    const only = submittedUnder({ rules: [rule([{ from: ['prefecture'] }])] });
    expect(await refusalOf(() => decide(only, '35', MINISTER))).toMatchObject({
      kind: 'forbidden',
      code: 'not_an_approver',
      faults: [{ at: '/region', message: 'asks for prefecture-35' }],
    });
  });

  test('another prefecture approves where the rule names it, with a key for the region', () => {
    const zone = submittedUnder({
      rules: [rule([{ from: ['prefecture-35'] }])],
      people: [person('p35', PREFECT_35.person, ['prefecture-35'])],
    });
    const done = decide(zone, '29', { ...PREFECT_35, regions: ['29', '35'] });
    expect(done.notice.decisions[0]).toMatchObject({ region: '29', authority: 'prefecture-35' });
    expect(approvedRegions(done.notice)).toEqual(['29']);
  });

  test('who is listed acts for the authorities of the list alone, whatever the key reaches', async () => {
    const listed = {
      ...before,
      policy: new ApprovalPolicy({ rules: [rule([{}])], people: [person('m', MINISTER.person, ['prefecture-29'])] }),
    };
    expect(decide(listed, '29', MINISTER).notice.decisions[0]?.authority).toBe('prefecture-29');
    expect(await refusalOf(() => decide(listed, '35', MINISTER))).toMatchObject({ code: 'not_an_approver' });
  });
});

describe('R18: deputies', () => {
  const before = submittedUnder({ rules: [rule([{ from: ['prefecture'] }])], people: DEPUTIES });

  test('may not act before it has escalated, to return no more than to approve', async () => {
    for (const decision of ['approve', 'return'] as const) {
      expect(await refusalOf(() => decide(before, '35', DEPUTY, { decision, atMinutes: 9.99 }))).toMatchObject({
        kind: 'forbidden',
        code: 'not_escalated',
        faults: [{ at: '/region', message: `has not escalated; it does at ${minutes(10)}` }],
      });
    }
  });

  test('may act from the minute of the policy on, for the authority they stand in for', () => {
    const done = decide(before, '35', DEPUTY, { atMinutes: 10 });
    expect(done.notice.decisions[0]).toMatchObject({ authority: 'prefecture-35', deputy: true, decision: 'approved' });
    expect(approvedRegions(done.notice)).toEqual(['35']);
    expect(decide(before, '35', PREFECT_35, { atMinutes: 11 }).notice.decisions[0]).not.toHaveProperty('deputy');
  });

  test('never act where nothing escalates, nor with a key that does not reach the region, nor on their own words', async () => {
    const never = submittedUnder({
      rules: [{ ...rule([{ from: ['prefecture'] }]), escalateAfterMinutes: null }],
      people: DEPUTIES,
    });
    expect(await refusalOf(() => decide(never, '35', DEPUTY, { atMinutes: 60 }))).toMatchObject({
      code: 'not_escalated',
    });
    const elsewhere = { ...DEPUTY, regions: ['29'] };
    expect(await refusalOf(() => decide(before, '35', elsewhere, { atMinutes: 60 }))).toMatchObject({
      code: 'outside_jurisdiction',
    });
    const own = { ...before, notice: { ...before.notice, editors: ['dora deputy'] } };
    expect(await refusalOf(() => decide(own, '35', DEPUTY, { atMinutes: 60 }))).toMatchObject({
      code: 'own_submission',
    });
  });

  test('who is principal and deputy acts in the capacity that is still asked for', () => {
    const both = submittedUnder({
      rules: [rule([{ from: ['prefecture'] }, { from: ['ministry'] }])],
      people: [person('maud', MINISTER.person, ['ministry'], ['prefecture'])],
    });
    const first = decide(both, '35', MINISTER, { atMinutes: 20 });
    expect(first.notice.decisions[0]).toMatchObject({ authority: 'ministry' });
    const other = decide(decide(both, '35', { ...MINISTER, person: 'Another' }), '35', MINISTER, { atMinutes: 20 });
    expect(other.notice.decisions[1]).toMatchObject({ authority: 'prefecture-35', deputy: true });
    expect(approvedRegions(other.notice)).toEqual(['35']);
  });
});

describe('a return', () => {
  const before = submittedUnder({ rules: [rule([{}])] });

  test('stands against the approval of another authority', () => {
    const returned = decide(before, '35', PREFECT_35, { decision: 'return' });
    const over = decide(returned, '35', MINISTER);
    expect(over.notice.state).toBe('returned');
    expect(approvedRegions(over.notice)).toEqual([]);
    expect(agreementOf(over.notice, '35').returns).toMatchObject([{ by: PREFECT_35.person }]);
  });

  test('gives way when its authority thinks again, by whichever of its people', () => {
    const returned = decide(before, '35', PREFECT_35, { decision: 'return' });
    const again = decide(returned, '35', SECOND_35);
    expect(again.notice.decisions).toMatchObject([{ by: SECOND_35.person, decision: 'approved' }]);
    expect(again.notice.state).toBe('submitted');
  });

  test('takes the approval of nobody else away', () => {
    const approved = decide(before, '35', MINISTER);
    const returned = decide(approved, '35', PREFECT_35, { decision: 'return' });
    expect(returned.notice.decisions.map(({ by }) => by)).toEqual([MINISTER.person, PREFECT_35.person]);
    expect(approvedRegions(decide(returned, '35', PREFECT_35).notice)).toEqual(['35']);
  });
});

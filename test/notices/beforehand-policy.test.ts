/** Approvals given beforehand under a policy: they count as any other, no more often and for nobody else. */
import type { Approver, Notice } from '../../src/notices/notice.ts';
import type { Notices } from '../../src/notices/notices.ts';
import { ApprovalPolicy, type PolicyParts } from '../../src/notices/policy.ts';
import { StandingApprovalInput } from '../../src/notices/standing-approval.ts';
import type { Store } from '../../src/store/connection.ts';
import type { Person } from '../../src/store/person.ts';
import { testStore } from '../support/redis.ts';
import { HARD_TO_REACH } from '../templates/samples.ts';
import { AUTHOR, inputOf, MINISTER, noticesOver, PREFECT_35 } from './samples.ts';

let store: Store;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ store, close } = await testStore());
});
afterEach(() => close());

const SECOND_35 = { actor: 'key:p35b', person: 'Sacha Second', regions: ['35'] } as const;
const DEPUTY = { actor: 'key:d35', person: 'Dora Deputy', regions: ['35'] } as const;

function policyOf(approvals: PolicyParts['rules'][number]['approvals'], people: PolicyParts['people'] = []) {
  const escalation = { escalateAfterMinutes: 10, sms: true, webhooks: [] };
  return new ApprovalPolicy({ rules: [{ regions: '*', severities: '*', approvals, ...escalation }], people });
}

const TWO_OF_THE_PREFECTURE = policyOf([{ from: ['prefecture'], count: 2 }]);

const standing = (template = HARD_TO_REACH) =>
  StandingApprovalInput.parse({
    ...{
      regions: ['35'],
      template,
      statuses: ['Exercise'],
      severities: ['Severe'],
      services: ['15', '17', '18', '112'],
    },
    ...{ languages: ['fr', 'en'], validUntil: '2021-12-01T00:00:00Z' },
  });

async function submitted(notices: Notices): Promise<{ id: string; value: Notice }> {
  const { id } = await notices.create(inputOf({ regions: ['35'] }), AUTHOR);
  return notices.submit(id, AUTHOR);
}

const decide = async (notices: Notices, id: string, by: Approver, decision: 'approve' | 'return' = 'approve') => {
  const { regions } = await notices.preview(id);
  const reasons = decision === 'return' ? { reasons: 'the number is wrong' } : {};
  return notices.decide(id, { region: '35', decision, hash: regions[0]?.hash ?? '', ...reasons }, by);
};

async function corrected(notices: Notices, id: string, by: Person = AUTHOR): Promise<Notice> {
  const draft = await notices.followUp(id, 'correction', { parameters: {} }, by);
  return (await notices.submit(draft.id, by)).value;
}

describe('standing approvals under a policy', () => {
  test('two persons give two of them, where a region asks for two approvals', async () => {
    const { notices } = noticesOver(store, { policy: TWO_OF_THE_PREFECTURE });
    await notices.standing.give(standing(), PREFECT_35);
    expect((await submitted(notices)).value).toMatchObject({
      state: 'submitted',
      decisions: [{ by: PREFECT_35.person }],
    });
    await notices.standing.give(standing(), PREFECT_35);
    expect((await submitted(notices)).value.state).toBe('submitted');
    await notices.standing.give(standing(), SECOND_35);
    const { state, decisions } = (await submitted(notices)).value;
    expect([state, decisions.map(({ by }) => by).sort()]).toEqual(['approved', [PREFECT_35.person, SECOND_35.person]]);
  });

  test('only as many are used as the region asks for', async () => {
    const { notices } = noticesOver(store);
    const given = [
      await notices.standing.give(standing(), PREFECT_35),
      await notices.standing.give(standing(), SECOND_35),
    ];
    expect((await submitted(notices)).value.decisions).toHaveLength(1);
    const uses = await Promise.all(given.map(async ({ id }) => (await notices.standing.get(id)).value.uses));
    expect(uses.sort()).toEqual([0, 1]);
  });

  const ofRegion = (changes: Record<string, unknown> = {}) => ({ ...standing(), ...changes });
  const usesOf = (notices: Notices, given: readonly { id: string }[]) =>
    Promise.all(given.map(async ({ id }) => (await notices.standing.get(id)).value.uses));

  test('of two of one person one is used: the other makes no decision that holds', async () => {
    const { notices } = noticesOver(store, { policy: TWO_OF_THE_PREFECTURE });
    const given = [];
    for (const maxUses of [1, 2]) given.push(await notices.standing.give(ofRegion({ maxUses }), PREFECT_35));
    const { decisions } = (await submitted(notices)).value;
    const used = decisions.flatMap(({ basis }) => (basis?.kind === 'standing' ? [basis.approval] : []));
    expect(used).toHaveLength(1);
    expect(await usesOf(notices, given)).toEqual(given.map(({ id }) => (used.includes(id) ? 1 : 0)));
  });

  test('one that brings the region no further is not used: it waits for others all the same', async () => {
    const policy = policyOf([
      { from: ['prefecture'], count: 1 },
      { from: ['ministry'], count: 1 },
    ]);
    const { notices } = noticesOver(store, { policy });
    const given = [
      await notices.standing.give(standing(), PREFECT_35),
      await notices.standing.give(standing(), SECOND_35),
    ];
    const { id, value } = await submitted(notices);
    expect([value.state, value.decisions.length]).toEqual(['submitted', 1]);
    expect((await usesOf(notices, given)).sort()).toEqual([0, 1]);
    const [judged] = (await notices.preview(id)).beforehand;
    expect([judged?.standing.map(({ holds }) => holds), judged?.suffices]).toEqual([[true, true], false]);
  });

  test('one is not used where its giver approved the same text with the first notice', async () => {
    const { notices } = noticesOver(store, { policy: TWO_OF_THE_PREFECTURE });
    const { id } = await submitted(notices);
    for (const by of [PREFECT_35, SECOND_35]) await decide(notices, id, by);
    const given = await notices.standing.give(standing('correction'), PREFECT_35);
    const { decisions } = await corrected(notices, id, SECOND_35);
    expect(decisions).toMatchObject([{ by: PREFECT_35.person, basis: { kind: 'prepared' } }]);
    expect(await usesOf(notices, [given])).toEqual([0]);
  });

  test('that of an authority whom the region does not ask holds for nothing, and the preview says so', async () => {
    const { notices } = noticesOver(store, { policy: policyOf([{ from: ['prefecture'], count: 1 }]) });
    await notices.standing.give(standing(), MINISTER);
    const { id, value } = await submitted(notices);
    expect(value.decisions).toEqual([]);
    expect((await notices.preview(id)).beforehand[0]?.standing[0]).toMatchObject({
      holds: false,
      reasons: [expect.stringContaining('asks for the approval of others than Maud Ministre')],
    });
  });

  test('that of a deputy holds for nothing: their turn comes when a region has waited in vain', async () => {
    const entry = {
      id: 'dora',
      person: DEPUTY.person,
      authorities: [],
      deputyFor: ['prefecture-35'],
      language: 'fr' as const,
    };
    const { notices } = noticesOver(store, { policy: policyOf([{ from: ['prefecture'], count: 1 }], [entry]) });
    await notices.standing.give(standing(), DEPUTY);
    expect((await submitted(notices)).value.decisions).toEqual([]);
  });
});

describe('prepared follow-ups under a policy', () => {
  test('have all the approvals that the notice had', async () => {
    const { notices } = noticesOver(store, { policy: TWO_OF_THE_PREFECTURE });
    const { id } = await submitted(notices);
    await decide(notices, id, PREFECT_35);
    expect((await corrected(notices, id)).decisions).toEqual([]);
    await decide(notices, id, SECOND_35);
    const { state, decisions } = await corrected(notices, id);
    expect([state, decisions.map(({ by }) => by)]).toEqual(['approved', [PREFECT_35.person, SECOND_35.person]]);
  });

  test('have none while somebody has returned the notice', async () => {
    const { notices } = noticesOver(store);
    const { id } = await submitted(notices);
    await decide(notices, id, PREFECT_35);
    await decide(notices, id, MINISTER, 'return');
    expect((await corrected(notices, id)).decisions).toEqual([]);
  });
});

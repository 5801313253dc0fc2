/** The order of a follow-up where a region asks for more approvals than were given beforehand. */
import { FollowUpOrder, orderFollowUp } from '../../src/api/follow-up-order.ts';
import { ApprovalPolicy } from '../../src/notices/policy.ts';
import { StandingApprovalInput } from '../../src/notices/standing-approval.ts';
import { AUTHOR, audienceOf, inputOf, noticesOver, PREFECT_35 } from '../notices/samples.ts';
import { testStore } from '../support/redis.ts';

const { store, close } = await testStore();
afterAll(close);

const TWO_OF_THE_PREFECTURE = new ApprovalPolicy({
  rules: [
    {
      ...{ regions: '*', severities: '*', escalateAfterMinutes: 10, sms: true, webhooks: [] },
      approvals: [{ from: ['prefecture'], count: 2 }],
    },
  ],
});

test.each(['draft', 'submitted'] as const)(
  'up to %s it says that the region waits for another approval',
  async (upTo) => {
    const { notices } = noticesOver(store, { policy: TWO_OF_THE_PREFECTURE });
    const approval = StandingApprovalInput.parse({
      ...{ regions: ['35'], template: 'correction', statuses: ['Exercise'], severities: ['Severe'] },
      ...{ services: ['15', '17', '18', '112'], languages: ['fr', 'en'], validUntil: '2021-12-01T00:00:00Z' },
    });
    await notices.standing.give(approval, PREFECT_35);
    const { id } = await notices.create(inputOf({ regions: ['35'] }), AUTHOR);
    await notices.submit(id, AUTHOR);
    const audiences = { get: async () => ({ value: audienceOf() }) };
    const broadcasts = { launch: () => Promise.reject(new Error('nothing is launched')) };
    const caller = {
      ...{ ...AUTHOR, roles: ['operator' as const], regions: '*' as const, token: 't' },
      requireInForce: async () => {},
    };
    const input = FollowUpOrder.parse({ upTo });
    const { order } = await orderFollowUp({ notices, audiences, broadcasts }, id, 'correction', input, caller);
    expect(order.ready).toEqual([]);
    expect(order.waiting).toEqual([
      { region: '35', why: [expect.stringContaining('has not approved'), expect.stringContaining('more approvals')] },
    ]);
  },
);

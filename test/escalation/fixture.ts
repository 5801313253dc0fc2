import { startEscalation } from '../../src/escalation/escalation.ts';
import { stillWanted } from '../../src/escalation/still-wanted.ts';
import { EscalationWatch } from '../../src/escalation/watch.ts';
import { Webhooks } from '../../src/escalation/webhooks.ts';
import { createLogger } from '../../src/log.ts';
import { regionHash } from '../../src/notices/hashes.ts';
import type { Approver, Notice } from '../../src/notices/notice.ts';
import { Notices } from '../../src/notices/notices.ts';
import { ApprovalPolicy, type PolicyParts, type PolicyPerson, type PolicyRule } from '../../src/notices/policy.ts';
import { Notifications } from '../../src/queue/notifications.ts';
import { auditEntries } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/connection.ts';
import type { Stored } from '../../src/store/records.ts';
import { AT_MS, AUTHOR, audienceOf, directoryOf, inputOf, NUMBERS, templates } from '../notices/samples.ts';

export const DEPUTY: Approver = { actor: 'key:d35', person: 'Dora Deputy', regions: ['35'] };

const person = (id: string, name: string, changes: Partial<PolicyPerson> = {}): PolicyPerson => ({
  ...{ id, person: name, authorities: [], deputyFor: [], language: 'fr' },
  ...changes,
});

/** From ARCEP's range for fiction. */
export const PHONES = { paule: 33639980011, quentin: 33639980012, dora: 33639980013, maud: 33639980014 } as const;

export const PEOPLE: readonly PolicyPerson[] = [
  person('paule', 'Paule Préfète', { authorities: ['prefecture-35'], msisdn: PHONES.paule }),
  person('quentin', 'Quentin Préfet', { authorities: ['prefecture-29'], msisdn: PHONES.quentin }),
  person('dora', DEPUTY.person, { deputyFor: ['prefecture-35', 'prefecture-29'], msisdn: PHONES.dora }),
  person('maud', 'Maud Ministre', { authorities: ['ministry'], msisdn: PHONES.maud, language: 'en' }),
  person('mute', 'Nomen Nescio', { authorities: ['prefecture-35'] }),
];

export const aRule = (changes: Partial<PolicyRule> = {}): PolicyRule => ({
  regions: '*',
  severities: '*',
  approvals: [{ from: ['prefecture'], count: 1 }],
  escalateAfterMinutes: 10,
  sms: true,
  webhooks: [],
  ...changes,
});

/** Notices, their watch and its webhooks over a store, on a clock of the test's. */
export function escalationOver(store: Store, parts: Partial<PolicyParts> = {}) {
  const policy = new ApprovalPolicy({ rules: [aRule()], people: PEOPLE, ...parts });
  const clock = { ms: AT_MS };
  const now = () => clock.ms;
  const notices = new Notices({
    ...{ store, templates, policy, now },
    directory: directoryOf(NUMBERS),
    snapshot: async () => audienceOf(),
  });
  const log = createLogger('silent', 'test');
  const notifications = new Notifications({ store, now, wanted: stillWanted(notices.records) });
  const deps = { store, notices: notices.records, policy, notifications, now, log };
  const approve = (notice: Stored<Notice>, region: string, by: Approver) =>
    notices.decide(notice.id, { region, decision: 'approve', hash: regionHash(notice.value, region) }, by);
  return {
    policy,
    clock,
    notices,
    notifications,
    approve,
    /** Another process, but for the process. */
    watch: () => new EscalationWatch(deps),
    webhooks: (timeoutMs?: number) =>
      new Webhooks({
        notifications,
        webhooks: policy.webhooks,
        now,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      }),
    start: () => startEscalation({ ...deps, everyMs: 20 }),
    submitted: async (changes: Record<string, unknown> = {}) => {
      const { id } = await notices.create(inputOf(changes), AUTHOR);
      return notices.submit(id, AUTHOR);
    },
    /** Notifications of a notice, in the order of its calls. */
    told: async (id: string) => {
      const ids = ((await notices.get(id)).value.calls ?? []).flatMap((call) => call.notifications);
      return Promise.all(ids.map(async (one) => (await notifications.records.get(one)).value));
    },
    audited: async (id: string) => {
      const entries = [];
      for await (const entry of auditEntries(store)) if (entry.subject === `notice/${id}`) entries.push(entry);
      return entries;
    },
  };
}

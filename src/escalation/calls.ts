/**
 * Who is to be told what, and when: the authorities of every region at the submission, their deputies when a region has
 * waited for as long as the policy says. Pure; writing it down is watch.ts.
 */
import type { Notice, NoticeCall } from '../notices/notice.ts';
import type { ApprovalPolicy, PolicyPerson } from '../notices/policy.ts';
import { agreementOf, requirementOf } from '../notices/requirement.ts';
import type { Channel, Notification } from '../queue/notifications.ts';
import type { Stored } from '../store/records.ts';
import { callPayload, callText, type Stage } from './call-texts.ts';

const DELIVER_WITHIN_MS = 24 * 3_600_000;

export interface Call {
  readonly entry: NoticeCall;
  readonly notifications: readonly { readonly id: string; readonly value: Notification }[];
  /** Ids of the entries of the approvals file, for the audit. */
  readonly people: readonly string[];
  readonly webhooks: readonly string[];
}

/** Whether anybody is waited for. A returned notice waits for its author, one whose broadcast was stopped for nobody. */
export const awaitsApprovals = ({ state, timings }: Pick<Notice, 'state' | 'timings'>): boolean =>
  state === 'submitted' || (state === 'launched' && timings.stopped === undefined);

/** Regions that lack an approval. */
export function waitingRegions(notice: Notice): string[] {
  return awaitsApprovals(notice) ? notice.regions.filter((region) => !agreementOf(notice, region).approved) : [];
}

/** When a region that waits escalates next, ms since epoch; undefined when none will. */
export function nextEscalation(notice: Notice): number | undefined {
  const times = notEscalated(notice).map((region) => escalationMs(notice, region));
  const next = Math.min(...times);
  return Number.isFinite(next) ? next : undefined;
}

/** The calls that are due and have not been made. */
export function dueCalls(current: Stored<Notice>, policy: ApprovalPolicy, nowMs: number): Call[] {
  const notice = current.value;
  const calls: Call[] = [];
  const add = (stage: Stage, regions: readonly string[]) => {
    if (regions.length === 0) return;
    const call = callOf(current, policy, stage, regions, calls.length, nowMs);
    // An escalation changes who may approve, so it is written down though nobody is listed; a submission does not.
    if (stage === 'escalated' || call.notifications.length > 0) calls.push(call);
  };
  if (!notice.calls?.some(({ stage }) => stage === 'submitted')) add('submitted', waitingRegions(notice));
  add(
    'escalated',
    notEscalated(notice).filter((region) => escalationMs(notice, region) <= nowMs),
  );
  return calls;
}

function notEscalated(notice: Notice): string[] {
  const done = new Set((notice.calls ?? []).flatMap(({ stage, regions }) => (stage === 'escalated' ? regions : [])));
  return waitingRegions(notice).filter((region) => !done.has(region));
}

function escalationMs(notice: Notice, region: string): number {
  const { escalatesAt } = requirementOf(notice, region);
  return escalatesAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(escalatesAt);
}

function callOf(
  current: Stored<Notice>,
  policy: ApprovalPolicy,
  stage: Stage,
  regions: readonly string[],
  position: number,
  nowMs: number,
): Call {
  const notice = current.value;
  const at = new Date(nowMs).toISOString();
  const submittedAt = notice.submitted?.at ?? notice.createdAt;
  const deliverBy = new Date(Math.min(Date.parse(notice.expires), nowMs + DELIVER_WITHIN_MS)).toISOString();
  const called = peopleFor(notice, policy, stage, regions);
  const common = { notice: current.id, submittedAt, stage, status: notice.status, createdAt: at, deliverBy };
  const start = `${current.id}.${Date.parse(submittedAt)}.${(notice.calls?.length ?? 0) + position}`;
  const fresh = (channel: Channel, to: string, theirs: readonly string[]) => ({
    id: `${start}.${channel === 'webhook' ? 'webhook' : 'sms'}.${to}`,
    value: { ...common, channel, to, regions: theirs, state: 'waiting' as const, attempts: 0 },
  });

  // R6: an exercise leaves by the routes for exercises, whoever it calls.
  const byKind: Channel = notice.status === 'Actual' ? 'live' : 'exercise';
  const sms = called
    .filter(({ person, bySms }) => person.msisdn !== undefined && bySms.length > 0)
    .map(({ person, bySms }) => {
      const { id, value } = fresh(byKind, person.id, bySms);
      return { id, value: { ...value, text: callText(current, stage, bySms, person.language) } };
    });
  const names = called.map(({ person }) => person.person);
  const webhooks = policy.webhooks.flatMap((webhook) => {
    const theirs = regions.filter((region) => policy.ruleFor(region, notice.severity).webhooks.includes(webhook.id));
    if (theirs.length === 0) return [];
    const { id, value } = fresh('webhook', webhook.id, theirs);
    return [{ id, value: { ...value, payload: callPayload(current, stage, theirs, names, at) } }];
  });
  const notifications = [...sms, ...webhooks];
  return {
    entry: { stage, at, regions, notifications: notifications.map(({ id }) => id) },
    notifications,
    people: called.map(({ person }) => person.id),
    webhooks: webhooks.map(({ value }) => value.to),
  };
}

/** Each person once, with the regions that lack an approval of an authority of theirs. */
function peopleFor(notice: Notice, policy: ApprovalPolicy, stage: Stage, regions: readonly string[]) {
  const called = new Map<string, { person: PolicyPerson; bySms: string[] }>();
  for (const region of regions) {
    const { sms } = policy.ruleFor(region, notice.severity);
    for (const { from } of agreementOf(notice, region).missing) {
      for (const person of policy.peopleOf(from, region, stage === 'escalated')) {
        const entry = called.get(person.id) ?? { person, bySms: [] };
        if (sms && !entry.bySms.includes(region)) entry.bySms.push(region);
        called.set(person.id, entry);
      }
    }
  }
  return [...called.values()];
}

/**
 * Watches the notices that wait for approvals: has the authorities told at the submission, and their deputies when it
 * escalates (R18). Every call is written with the notice itself in one step, so of several processes one makes it, and one
 * that dies loses none.
 */
import { TocsinError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { awaitApprovals, awaitNoMore, dueNotices } from '../notices/awaiting.ts';
import type { Notice } from '../notices/notice.ts';
import type { ApprovalPolicy } from '../notices/policy.ts';
import type { Notifications } from '../queue/notifications.ts';
import type { Store } from '../store/connection.ts';
import { commit, type Records, type Stored } from '../store/records.ts';
import { type Call, dueCalls, nextEscalation, waitingRegions } from './calls.ts';

export interface WatchDeps {
  readonly store: Store;
  readonly notices: Records<Notice>;
  readonly policy: ApprovalPolicy;
  readonly notifications: Notifications;
  /** ms since epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

const AT_ONCE = 20;
/** An entry is written before its submission; without one after this, nobody submitted. */
const NOT_SUBMITTED_MS = 60_000;
/** How soon a notice is looked at again that waits for nobody now, but may: its approver or its author thinks again. */
const AGAIN_MS = 10_000;

export class EscalationWatch {
  readonly #deps: WatchDeps;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  /** One look at the notices that are due. */
  async tick(): Promise<void> {
    const { store, now, log } = this.#deps;
    for (const { id, atMs } of await dueNotices(store, now(), AT_ONCE)) {
      try {
        await this.#look(id, atMs);
      } catch (error) {
        // Decided on, or called by another process, in this very moment: the next look sees it as it is then.
        const overtaken = error instanceof TocsinError && error.code === 'version_conflict';
        if (!overtaken) log.error({ err: error, notice: id }, 'a notice that waits could not be looked at');
      }
    }
  }

  async #look(id: string, dueMs: number): Promise<void> {
    const { store, notices, policy, now } = this.#deps;
    const current = await notices.find(id);
    const nowMs = now();
    if (!current || current.value.state === 'draft') {
      if (nowMs - dueMs > NOT_SUBMITTED_MS) await awaitNoMore(store, id);
      return;
    }
    const notice = current.value;
    const over = notice.state === 'closed' || notice.state === 'cancelled' || Date.parse(notice.expires) <= nowMs;
    if (over || (notice.state === 'launched' && waitingRegions(notice).length === 0)) {
      await awaitNoMore(store, id);
      return;
    }
    const calls = dueCalls(current, policy, nowMs);
    const called = calls.length > 0 ? await this.#call(current, calls) : notice;
    // A region whose approval is taken back waits again, without a new submission.
    await awaitApprovals(store, id, Math.min(nextEscalation(called) ?? Number.POSITIVE_INFINITY, nowMs + AGAIN_MS));
  }

  async #call(current: Stored<Notice>, calls: readonly Call[]): Promise<Notice> {
    const { store, notices, notifications, log } = this.#deps;
    const made = calls.flatMap((call) => call.notifications);
    await notifications.announce(made.map(({ id, value: { channel } }) => ({ id, channel })));
    let held = current;
    for (const call of calls) {
      const { stage, at, regions } = call.entry;
      const { timings } = held.value;
      const value: Notice = {
        ...held.value,
        calls: [...(held.value.calls ?? []), call.entry],
        timings: {
          ...timings,
          ...(stage === 'submitted' ? { notified: at } : { escalated: timings.escalated ?? at }),
        },
      };
      const act = {
        actor: 'system',
        action: stage === 'submitted' ? 'notice.notify' : 'notice.escalate',
        subject: `notice/${current.id}`,
        detail: { regions, people: call.people, webhooks: call.webhooks },
      };
      const written = call.notifications.map(({ id, value: one }) =>
        notifications.records.put({ id, version: 0 }, one),
      );
      await commit(store, act, [notices.put(held, value), ...written]);
      held = { id: held.id, version: held.version + 1, value };
      log.info({ notice: current.id, stage, regions: regions.length, told: written.length }, 'approvals are asked for');
    }
    return held.value;
  }
}

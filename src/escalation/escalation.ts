/** Runs the watch and the webhooks in a process of the API; any number of them may. The dispatchers send the SMS. */
import type { Logger } from '../log.ts';
import type { Notice } from '../notices/notice.ts';
import type { ApprovalPolicy } from '../notices/policy.ts';
import { Notifications } from '../queue/notifications.ts';
import { Rounds } from '../rounds.ts';
import type { Store } from '../store/connection.ts';
import type { Records } from '../store/records.ts';
import { stillWanted } from './still-wanted.ts';
import { EscalationWatch } from './watch.ts';
import { Webhooks } from './webhooks.ts';

export interface EscalationDeps {
  readonly store: Store;
  readonly notices: Records<Notice>;
  readonly policy: ApprovalPolicy;
  /** ms since epoch. */
  readonly now: () => number;
  readonly log: Logger;
  readonly everyMs?: number;
}

const EVERY_MS = 1_000;

/** Starts; the returned function stops it, and resolves when nothing is under way. */
export function startEscalation({ everyMs = EVERY_MS, ...deps }: EscalationDeps): () => Promise<void> {
  const { store, notices, policy, now, log } = deps;
  const notifications = new Notifications({ store, now, wanted: stillWanted(notices) });
  const watch = new EscalationWatch({ store, notices, policy, notifications, now, log });
  const webhooks = new Webhooks({ notifications, webhooks: policy.webhooks, now });
  const onError = (error: unknown) => log.error({ err: error }, 'escalation could not go on');
  // Apart: a webhook that hangs must hold up no escalation.
  const each = [() => watch.tick(), () => webhooks.tick(), () => notifications.lapse()].map(
    (tick) => new Rounds(tick, onError),
  );
  const timer = setInterval(() => {
    for (const rounds of each) rounds.ask();
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await Promise.all(each.map((rounds) => rounds.end()));
  };
}

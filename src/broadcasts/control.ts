/** Pause, resume and cancel: a change of the broadcast's record, told to every process at once. */

import { TocsinError } from '../errors.ts';
import type { Notice } from '../notices/notice.ts';
import { stopped } from '../notices/stages.ts';
import { tellControl } from '../queue/jobs.ts';
import type { Store } from '../store/connection.ts';
import type { Person } from '../store/person.ts';
import { type Change, commit, Records, type Stored } from '../store/records.ts';
import { type Broadcast, type BroadcastState, broadcastRecords, requireBroadcastChange } from './broadcast.ts';

/** Whoever stops a broadcast must not be turned away because the keeper wrote to its record at that moment. */
const MAX_ROUNDS = 20;

async function change(
  store: Store,
  id: string,
  to: BroadcastState,
  by: Person,
  stamp: Partial<Broadcast> = {},
  beside: (broadcast: Broadcast) => Promise<Change[]> = async () => [],
): Promise<Stored<Broadcast>> {
  const records = broadcastRecords(store);
  for (let round = 1; ; round += 1) {
    const current = await records.get(id);
    requireBroadcastChange(current.value, to);
    const act = { actor: by.actor, action: `broadcast.${to}`, subject: `broadcast/${id}` };
    try {
      const value = { ...current.value, ...stamp, state: to };
      await commit(store, act, [records.put(current, value), ...(await beside(current.value))]);
      await tellControl(store, { broadcast: current.value.no });
      return { id, version: current.version + 1, value };
    } catch (error) {
      const raced = error instanceof TocsinError && error.code === 'version_conflict';
      if (!raced || round === MAX_ROUNDS) throw error;
    }
  }
}

/** Nothing more is submitted; what is in flight is still answered and receipted. */
export const pause = (store: Store, id: string, by: Person): Promise<Stored<Broadcast>> =>
  change(store, id, 'paused', by);

export const resume = (store: Store, id: string, by: Person): Promise<Stored<Broadcast>> =>
  change(store, id, 'running', by);

/** What is written with the cancelling of a broadcast: that nobody need approve its notice any more. */
export async function noticeStopped(store: Store, { notice: id }: Broadcast, at: string): Promise<Change[]> {
  const notices = new Records<Notice>(store, 'notice');
  const notice = await notices.get(id);
  return [notices.put(notice, stopped(notice.value, at))];
}

/** For good: every recipient not yet submitted to ends `cancelled`. */
export function cancel(store: Store, id: string, by: Person, now: () => number): Promise<Stored<Broadcast>> {
  const cancelledAt = new Date(now()).toISOString();
  return change(store, id, 'cancelled', by, { cancelledAt }, (one) => noticeStopped(store, one, cancelledAt));
}

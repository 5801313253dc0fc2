/** Pause, resume and cancel: a change of the broadcast's record, told to every process at once. */

import { TocsinError } from '../errors.ts';
import { tellControl } from '../queue/jobs.ts';
import type { Store } from '../store/connection.ts';
import type { Person } from '../store/person.ts';
import type { Stored } from '../store/records.ts';
import { type Broadcast, type BroadcastState, broadcastRecords, requireBroadcastChange } from './broadcast.ts';

/** Whoever stops a broadcast must not be turned away because the keeper wrote to its record at that moment. */
const MAX_ROUNDS = 20;

async function change(
  store: Store,
  id: string,
  to: BroadcastState,
  by: Person,
  stamp: Partial<Broadcast> = {},
): Promise<Stored<Broadcast>> {
  const records = broadcastRecords(store);
  for (let round = 1; ; round += 1) {
    const current = await records.get(id);
    requireBroadcastChange(current.value, to);
    const act = { actor: by.actor, action: `broadcast.${to}`, subject: `broadcast/${id}` };
    try {
      const changed = await records.update(current, { ...current.value, ...stamp, state: to }, act);
      await tellControl(store, { broadcast: current.value.no });
      return changed;
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

/** For good: every recipient not yet submitted to ends `cancelled`. */
export const cancel = (store: Store, id: string, by: Person, now: () => number): Promise<Stored<Broadcast>> =>
  change(store, id, 'cancelled', by, { cancelledAt: new Date(now()).toISOString() });

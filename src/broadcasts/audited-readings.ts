/**
 * Readings of personal data are acts like any other: who looked a recipient up or took the evidence away is in the audit
 * log, whom they looked up is not. Subjects of their own keep them out of the evidence, which must not change by reading.
 */
import type { Store } from '../store/connection.ts';
import type { Person } from '../store/person.ts';
import { commit } from '../store/records.ts';
import { broadcastRecords } from './broadcast.ts';

const ACTIONS = { recipient: 'recipient.lookup', evidence: 'evidence.export', replies: 'replies.read' } as const;

/** Durable before anything is told. Throws `not-found` / `unknown_broadcast`. */
export async function auditReading(store: Store, what: keyof typeof ACTIONS, id: string, by: Person): Promise<void> {
  await broadcastRecords(store).get(id);
  const act = { actor: by.actor, action: ACTIONS[what], subject: `${what}/${id}`, detail: { person: by.person } };
  await commit(store, act, []);
}

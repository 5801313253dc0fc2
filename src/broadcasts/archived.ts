/**
 * What is known of a broadcast's archive: that its evidence lies in files, and how far its ledger and those files were
 * purged. A record of its own, since the broadcast's is part of the evidence and must not change any more.
 */
import { TocsinError } from '../errors.ts';
import type { Store } from '../store/connection.ts';
import { Records, type Stored } from '../store/records.ts';
import type { Counts } from './progress.ts';

/** `purging`: some of it may be gone already; it is never read again, and the purge goes on. */
export type Holding = 'held' | 'purging' | 'purged';

export interface ArchivedBroadcast {
  /** RFC 3339: when the files were written. */
  readonly at: string;
  readonly recipients: number;
  readonly counts: Counts;
  readonly inDoubt: number;
  /** SHA-256 over the states of all slots that the files tell, see archive/slots-digest.ts. */
  readonly slots: string;
  /** SHA-256 of the manifest, which has those of all files. */
  readonly manifest: string;
  /** The slots in Redis. */
  readonly ledger: Holding;
  /** The lists of recipients among the files. */
  readonly lists: Holding;
  readonly ledgerPurgedAt?: string;
  readonly listsPurgedAt?: string;
}

/** By the id of the broadcast. */
export const archiveRecords = (store: Store) => new Records<ArchivedBroadcast>(store, 'archive');

/** The archive of a broadcast whose slots are not in Redis any more; undefined where they are. */
export async function purgedLedger(store: Store, id: string): Promise<Stored<ArchivedBroadcast> | undefined> {
  const found = await archiveRecords(store).find(id);
  return found === undefined || found.value.ledger === 'held' ? undefined : found;
}

/** Throws `conflict` / `ledger_purged`. */
export async function requireLedger(store: Store, id: string): Promise<void> {
  if ((await purgedLedger(store, id)) === undefined) return;
  const message = `Who was sent what by ${id} was purged: only its archive knows`;
  throw new TocsinError('conflict', 'ledger_purged', message);
}

/** How long recipients' data is kept (R19), and of what the time has come. Decides by records only; purge.ts acts. */

import type { AudienceSnapshot } from '../audience/snapshot.ts';
import { type ArchivedBroadcast, archiveRecords } from '../broadcasts/archived.ts';
import { type Broadcast, broadcastId, broadcastRecords } from '../broadcasts/broadcast.ts';
import type { Store } from '../store/connection.ts';
import type { Records, Stored } from '../store/records.ts';

export interface Retention {
  /** After the closing of a broadcast: the states of its recipients in Redis. */
  readonly ledgerDays: number;
  /** After import: audiences that no broadcast needs any more, the newest excepted. */
  readonly audienceDays: number;
  /** After the closing of a broadcast: the lists of recipients in its archive. */
  readonly archiveDays: number;
  /** After import: the lists of refused lines. */
  readonly rejectedDays: number;
}

/** Receipts find their slot for four days (message-ids.ts); a ledger that still changes is never purged. */
export const LEAST_LEDGER_DAYS = 5;

const DAY_MS = 86_400_000;
const PAGE = 100;

export const isOver = (since: string | undefined, days: number, nowMs: number): boolean =>
  since !== undefined && Date.parse(since) + days * DAY_MS <= nowMs;

export interface Kept {
  readonly broadcast: Stored<Broadcast>;
  readonly archived: Stored<ArchivedBroadcast> | undefined;
}

export async function* allRecords<T>(records: Records<T>): AsyncGenerator<Stored<T>> {
  let before: string | undefined;
  for (;;) {
    const page = await records.list({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    yield* page;
    before = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}

/** Every broadcast with what is known of its archive, newest first. */
export async function everyBroadcast(store: Store): Promise<Kept[]> {
  const kept: Kept[] = [];
  for await (const broadcast of allRecords(broadcastRecords(store))) {
    kept.push({ broadcast, archived: await archiveRecords(store).find(broadcast.id) });
  }
  return kept;
}

/** Closed for long enough. `why` it stays nevertheless: a follow-up asks the ledger whom to address. */
export function dueLedgers(
  all: readonly Kept[],
  { ledgerDays }: Retention,
  nowMs: number,
): (Kept & { why?: string })[] {
  const open = all.map(({ broadcast }) => broadcast.value).filter(({ state }) => state !== 'closed');
  return all
    .filter(({ broadcast: { value }, archived }) => value.state === 'closed' && archived?.value.ledger !== 'purged')
    .filter(({ broadcast: { value } }) => isOver(value.closedAt, Math.max(ledgerDays, LEAST_LEDGER_DAYS), nowMs))
    .map((kept) => {
      const follower = open.find(({ follows }) => follows === kept.broadcast.value.no);
      return follower ? { ...kept, why: `${broadcastId(follower.no)} follows it up and is not closed` } : kept;
    });
}

/** Lists in the archive are purged after the ledger, never before. */
export function dueLists(all: readonly Kept[], { archiveDays }: Retention, nowMs: number) {
  return all.flatMap(({ broadcast, archived }) => {
    const due = archived?.value.ledger === 'purged' && archived.value.lists !== 'purged';
    return archived && due && isOver(broadcast.value.closedAt, archiveDays, nowMs) ? [{ broadcast, archived }] : [];
  });
}

/** `why` one stays nevertheless. The newest always does: a crisis cell must never find itself without any audience. */
export function dueAudiences(
  audiences: readonly Stored<AudienceSnapshot>[],
  all: readonly Kept[],
  { audienceDays }: Retention,
  nowMs: number,
): { audience: Stored<AudienceSnapshot>; why?: string }[] {
  const [newest] = audiences.toSorted((a, b) => Date.parse(b.value.createdAt) - Date.parse(a.value.createdAt));
  return audiences
    .filter(({ value }) => value.purgedAt === undefined && isOver(value.createdAt, audienceDays, nowMs))
    .map((audience) => {
      if (audience === newest) return { audience, why: 'it is the newest: without it nobody could be told anything' };
      const needed = all.find(
        ({ broadcast, archived }) => broadcast.value.audience === audience.id && archived?.value.ledger !== 'purged',
      );
      return needed ? { audience, why: `the ledger of ${needed.broadcast.id} is not purged` } : { audience };
    });
}

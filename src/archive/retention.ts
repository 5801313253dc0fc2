/** How long recipients' data is kept (R19), and of what the time has come. Decides by records only; purge.ts acts. */

import type { AudienceSnapshot } from '../audience/snapshot.ts';
import { type ArchivedBroadcast, archiveRecords } from '../broadcasts/archived.ts';
import { type Broadcast, broadcastId, broadcastRecords } from '../broadcasts/broadcast.ts';
import type { Notice } from '../notices/notice.ts';
import type { Store } from '../store/connection.ts';
import { allRecords, type Records, type Stored } from '../store/records.ts';

export interface Retention {
  /** After the closing of a broadcast: the states of its recipients in Redis. */
  readonly ledgerDays: number;
  /** After import: audiences that no broadcast needs any more, where a newer one reaches the same regions. */
  readonly audienceDays: number;
  /** After the closing of a broadcast: the lists of recipients in its archive. */
  readonly archiveDays: number;
  /** After import: the lists of refused lines. */
  readonly rejectedDays: number;
}

/** Receipts find their slot for four days (message-ids.ts); a ledger that still changes is never purged. */
export const LEAST_LEDGER_DAYS = 5;

const DAY_MS = 86_400_000;
/** Of notices, each of which holds all its texts. */
const NOTICES_AT_ONCE = 10;

export const isOver = (since: string | undefined, days: number, nowMs: number): boolean =>
  since !== undefined && Date.parse(since) + days * DAY_MS <= nowMs;

export interface Kept {
  readonly broadcast: Stored<Broadcast>;
  readonly archived: Stored<ArchivedBroadcast> | undefined;
}

/** Every broadcast with what is known of its archive, newest first. */
export async function everyBroadcast(store: Store): Promise<Kept[]> {
  const kept: Kept[] = [];
  for await (const broadcast of allRecords(broadcastRecords(store))) {
    kept.push({ broadcast, archived: await archiveRecords(store).find(broadcast.id) });
  }
  return kept;
}

/** States in which a notice may be launched yet: its audience must be there, and the ledger of what it follows up. */
const AWAITED: ReadonlySet<Notice['state']> = new Set(['submitted', 'approved', 'returned']);

/** Notices that may be launched yet. */
export interface Awaited {
  /** Their ids by the audience that they name, and by the notice that they follow up. */
  readonly byAudience: ReadonlyMap<string, string>;
  readonly byFollowed: ReadonlyMap<string, string>;
}

export async function awaitedNotices(notices: Records<Notice>, nowMs: number): Promise<Awaited> {
  const [byAudience, byFollowed] = [new Map<string, string>(), new Map<string, string>()];
  for await (const { id, value } of allRecords(notices, NOTICES_AT_ONCE)) {
    if (!AWAITED.has(value.state) || Date.parse(value.expires) <= nowMs) continue;
    byAudience.set(value.audience, id);
    if (value.followsUp !== undefined) byFollowed.set(value.followsUp, id);
  }
  return { byAudience, byFollowed };
}

/** Closed for long enough. */
export function dueLedgers(all: readonly Kept[], { ledgerDays }: Retention, nowMs: number): Kept[] {
  return all
    .filter(({ broadcast: { value }, archived }) => value.state === 'closed' && archived?.value.ledger !== 'purged')
    .filter(({ broadcast: { value } }) => isOver(value.closedAt, Math.max(ledgerDays, LEAST_LEDGER_DAYS), nowMs));
}

/** Why a ledger stays whose time is over: a follow-up asks it whom to address. */
export function whyLedgerStays({ value }: Stored<Broadcast>, all: readonly Kept[], awaited: Awaited) {
  const followers = followersOf(value, all);
  const open = followers.find(({ state }) => state !== 'closed');
  if (open) return `${broadcastId(open.no)} follows it up and is not closed`;
  const notice = [value, ...followers].map((one) => awaited.byFollowed.get(one.notice)).find((id) => id !== undefined);
  return notice === undefined ? undefined : `notice ${notice} follows it up and may be launched`;
}

/** Those of its follow-ups with them: all of them address who was sent the first text. */
function followersOf({ no }: Broadcast, all: readonly Kept[]): Broadcast[] {
  const direct = all.map(({ broadcast }) => broadcast.value).filter(({ follows }) => follows === no);
  return direct.flatMap((one) => [one, ...followersOf(one, all)]);
}

/** Lists in the archive are purged after the ledger, never before. */
export function dueLists(all: readonly Kept[], { archiveDays }: Retention, nowMs: number) {
  return all.flatMap(({ broadcast, archived }) => {
    const due = archived?.value.ledger === 'purged' && archived.value.lists !== 'purged';
    return archived && due && isOver(broadcast.value.closedAt, archiveDays, nowMs) ? [{ broadcast, archived }] : [];
  });
}

/** `why` one stays nevertheless. A crisis cell must never find a region without any audience, nor with a test list only. */
export function dueAudiences(
  audiences: readonly Stored<AudienceSnapshot>[],
  all: readonly Kept[],
  { audienceDays }: Retention,
  nowMs: number,
): { audience: Stored<AudienceSnapshot>; why?: string }[] {
  const whole = audiences.filter(({ value }) => value.purgedAt === undefined && value.purgingSince === undefined);
  return audiences
    .filter(({ value }) => value.purgedAt === undefined && isOver(value.createdAt, audienceDays, nowMs))
    .map((audience) => {
      if (whole.includes(audience) && !whole.some((other) => replaces(other.value, audience.value))) {
        return { audience, why: 'no newer one reaches as many in each of its regions: people there could not be told' };
      }
      const needed = all.find(
        ({ broadcast, archived }) => broadcast.value.audience === audience.id && archived?.value.ledger !== 'purged',
      );
      return needed ? { audience, why: `the ledger of ${needed.broadcast.id} is not purged` } : { audience };
    });
}

/** Whether it is newer and reaches half as many at least in each region. */
function replaces(newer: AudienceSnapshot, older: AudienceSnapshot): boolean {
  if (Date.parse(newer.createdAt) <= Date.parse(older.createdAt)) return false;
  const [reached, before] = [byRegion(newer), byRegion(older)];
  return [...before].every(([region, recipients]) => (reached.get(region) ?? 0) * 2 >= recipients);
}

function byRegion({ groups }: AudienceSnapshot): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { region, recipients } of groups) counts.set(region, (counts.get(region) ?? 0) + recipients);
  return counts;
}

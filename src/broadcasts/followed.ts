/** The broadcasts that a follow-up is about: they are stopped by its launch, so that nobody gets an older text after it. */
import { TocsinError } from '../errors.ts';
import { Slots } from '../ledger/slots.ts';
import type { Notice } from '../notices/notice.ts';
import type { Store } from '../store/connection.ts';
import { Records, type Stored } from '../store/records.ts';
import { requireLedger } from './archived.ts';
import { type Broadcast, broadcastId, broadcastRecords, planRecords } from './broadcast.ts';

const PAGE = 50;

/** The last follow-up of a first broadcast, by that one's id: of two launched at once one must see the other. */
export const lastFollowUps = (store: Store) => new Records<{ readonly broadcast: string }>(store, 'last-follow-up');

/**
 * The first broadcast of the matter: that of the notice that `notice` follows up, or what that one followed itself. Whoever
 * was told anything of the matter was sent the first text, so those are the people whom each of its follow-ups addresses.
 * Throws `conflict` / `not_launched`, `ledger_purged`.
 */
export async function followedBroadcast(
  store: Store,
  notices: Records<Notice>,
  notice: Pick<Notice, 'followsUp'>,
): Promise<Stored<Broadcast> | undefined> {
  if (notice.followsUp === undefined) return undefined;
  const { broadcast, followsUp } = (await notices.get(notice.followsUp)).value;
  if (broadcast === undefined) return refuseUnlaunched(notices, followsUp);
  const records = broadcastRecords(store);
  let first = await records.get(broadcast);
  while (first.value.follows !== undefined) first = await records.get(broadcastId(first.value.follows));
  // The ledger says whom to address; without it nobody would be (R19, R20).
  await requireLedger(store, first.id);
  return first;
}

async function refuseUnlaunched(notices: Records<Notice>, before: string | undefined): Promise<never> {
  let told = before === undefined ? undefined : await notices.get(before);
  // A notice that came from elsewhere may name itself.
  for (const seen = new Set<string>(); told?.value.followsUp !== undefined && !seen.has(told.id); ) {
    seen.add(told.id);
    told = await notices.get(told.value.followsUp);
  }
  const other = told?.value.broadcast === undefined ? '' : `; follow up the first notice, "${told.id}"`;
  const message = `The notice that this one follows up was never launched: nobody was sent it${other}`;
  throw new TocsinError('conflict', 'not_launched', message, { faults: [{ at: '/followsUp', message }] });
}

/**
 * The broadcasts that a follow-up of `followed` in these regions puts an end to: that one, and its earlier follow-ups there,
 * those of its follow-ups with them.
 * Whoever has had the all-clear must not get the correction after it (R12). A broadcast is stopped as a whole: throws
 * `conflict` / `would_stop_others` where people of other regions still wait for it.
 */
export async function overtakenBy(
  store: Store,
  followed: Stored<Broadcast>,
  regions: readonly string[],
): Promise<Stored<Broadcast>[]> {
  const overtaken: Stored<Broadcast>[] = [];
  const others = new Set<string>();
  for (const one of [followed, ...(await followUpsOf(store, followed))]) {
    const { state, no } = one.value;
    if (state === 'cancelled' || state === 'closed') continue;
    const { lanes } = (await planRecords(store).get(one.id)).value;
    if (one !== followed && !lanes.some(({ region }) => regions.includes(region))) continue;
    const sizes = lanes.map(({ recipients }) => recipients);
    const counts = await new Slots({ store }).counts(no, sizes);
    for (const [i, { region }] of lanes.entries()) {
      if (!regions.includes(region) && counts[i]!.states.pending > 0) others.add(region);
    }
    overtaken.push(one);
  }
  if (others.size === 0) return overtaken;
  const message = `It would stop the earlier text in ${others.size} other regions that still wait for it`;
  throw new TocsinError('conflict', 'would_stop_others', `${message}: order it for these too, or wait`, {
    faults: [...others].map((region) => ({ at: `region ${region}`, message: 'is still being told the earlier text' })),
  });
}

/** What follows a broadcast, directly or not, oldest first. */
async function followUpsOf(store: Store, first: Stored<Broadcast>): Promise<Stored<Broadcast>[]> {
  const newer: Stored<Broadcast>[] = [];
  const records = broadcastRecords(store);
  for (let before: string | undefined; ; ) {
    const page = await records.list({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    // Only what follows anything may follow this, and most follow nothing.
    newer.push(...page.filter(({ value }) => value.follows !== undefined));
    before = page.at(-1)?.id;
    // Newest first: nothing that is older than the first can follow it.
    if (page.length < PAGE || page.some(({ value }) => value.no <= first.value.no)) break;
  }
  const about = new Set([first.value.no]);
  const found: Stored<Broadcast>[] = [];
  for (const one of newer.sort((two, other) => two.value.no - other.value.no)) {
    const { no, follows } = one.value;
    if (follows === undefined || !about.has(follows)) continue;
    about.add(no);
    found.push(one);
  }
  return found;
}

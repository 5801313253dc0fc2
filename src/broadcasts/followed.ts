/** The broadcasts that a follow-up is about: they are stopped by its launch, so that nobody gets an older text after it. */
import { TocsinError } from '../errors.ts';
import type { Notice } from '../notices/notice.ts';
import type { Store } from '../store/connection.ts';
import type { Records, Stored } from '../store/records.ts';
import { requireLedger } from './archived.ts';
import { type Broadcast, broadcastRecords } from './broadcast.ts';

const PAGE = 50;

/** The broadcast of the notice that `notice` follows up. Throws `conflict` / `not_launched`, `ledger_purged`. */
export async function followedBroadcast(
  store: Store,
  notices: Records<Notice>,
  notice: Pick<Notice, 'followsUp'>,
): Promise<Stored<Broadcast> | undefined> {
  if (notice.followsUp === undefined) return undefined;
  const first = (await notices.get(notice.followsUp)).value;
  if (first.broadcast !== undefined) {
    // The ledger says whom to address; without it nobody would be (R19, R20).
    await requireLedger(store, first.broadcast);
    return broadcastRecords(store).get(first.broadcast);
  }
  const message = 'The notice that this one follows up was never launched: nobody was sent it';
  throw new TocsinError('conflict', 'not_launched', message, { faults: [{ at: '/followsUp', message }] });
}

/**
 * The broadcasts that a follow-up of `followed` puts an end to: that one, and its earlier follow-ups. Whoever has had the
 * all-clear must not get the correction after it (R12).
 */
export async function overtakenBy(store: Store, followed: Stored<Broadcast>): Promise<Stored<Broadcast>[]> {
  const found = [followed];
  const records = broadcastRecords(store);
  for (let before: string | undefined; ; ) {
    const page = await records.list({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    found.push(...page.filter(({ value }) => value.follows === followed.value.no));
    before = page.at(-1)?.id;
    // Newest first: nothing that is older than the first can follow it.
    if (page.length < PAGE || page.some(({ value }) => value.no <= followed.value.no)) break;
  }
  return found.filter(({ value: { state } }) => state !== 'cancelled' && state !== 'closed');
}

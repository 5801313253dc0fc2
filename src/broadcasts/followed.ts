/** The broadcasts that a follow-up is about: they are stopped by its launch, so that nobody gets an older text after it. */
import { TocsinError } from '../errors.ts';
import { Slots } from '../ledger/slots.ts';
import type { Notice } from '../notices/notice.ts';
import type { Store } from '../store/connection.ts';
import type { Records, Stored } from '../store/records.ts';
import { requireLedger } from './archived.ts';
import { type Broadcast, broadcastRecords, planRecords } from './broadcast.ts';

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
 * The broadcasts that a follow-up of `followed` in these regions puts an end to: that one, and its earlier follow-ups there.
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

async function followUpsOf(store: Store, followed: Stored<Broadcast>): Promise<Stored<Broadcast>[]> {
  const found: Stored<Broadcast>[] = [];
  const records = broadcastRecords(store);
  for (let before: string | undefined; ; ) {
    const page = await records.list({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    found.push(...page.filter(({ value }) => value.follows === followed.value.no));
    before = page.at(-1)?.id;
    // Newest first: nothing that is older than the first can follow it.
    if (page.length < PAGE || page.some(({ value }) => value.no <= followed.value.no)) return found;
  }
}

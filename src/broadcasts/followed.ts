/** The broadcast that a follow-up is about: it is stopped by the follow-up's launch, so that nobody gets the first text after it. */
import { TocsinError } from '../errors.ts';
import type { Notice } from '../notices/notice.ts';
import type { Store } from '../store/connection.ts';
import type { Records, Stored } from '../store/records.ts';
import { type Broadcast, broadcastRecords } from './broadcast.ts';

/** The broadcast of the notice that `notice` follows up. Throws `conflict` / `not_launched` when there is none. */
export async function followedBroadcast(
  store: Store,
  notices: Records<Notice>,
  notice: Pick<Notice, 'followsUp'>,
): Promise<Stored<Broadcast> | undefined> {
  if (notice.followsUp === undefined) return undefined;
  const first = (await notices.get(notice.followsUp)).value;
  if (first.broadcast !== undefined) return broadcastRecords(store).get(first.broadcast);
  const message = 'The notice that this one follows up was never launched: nobody was sent it';
  throw new TocsinError('conflict', 'not_launched', message, { faults: [{ at: '/followsUp', message }] });
}

/** The same broadcast stopped for good, or undefined where it is already. */
export function stopped(broadcast: Broadcast, at: string): Broadcast | undefined {
  const over = broadcast.state === 'cancelled' || broadcast.state === 'closed';
  return over ? undefined : { ...broadcast, state: 'cancelled', cancelledAt: at };
}

/**
 * What recipients answer: messages that subscribers send to the sender of a route. A bounded list by route that expires;
 * whose reply it is, and to which broadcast, is found when somebody reads. Numbers are in here and in no log.
 */
import type { Store } from '../store/connection.ts';
import { RECORDS_TAG } from '../store/records.ts';
import { confirmed } from '../store/replicas.ts';
import { broadcastRecords, planRecords } from './broadcast.ts';
import type { RecipientPlace } from './recipient.ts';

/** A message of a subscriber, as a route got it. */
export interface Reply {
  readonly at: string;
  readonly msisdn: string;
  readonly text: string;
}

/** The latest of a route; older ones give way. */
const KEPT = 10_000;
const KEPT_SECONDS = 30 * 86_400;
/** Look-ups of numbers under way at once. */
const AT_ONCE = 100;

const key = (store: Store, route: string): string => `${store.prefix}{rec}:replies:${route}`;

/** Durable when it resolves; rejects when the store refuses. */
export async function keepReply(store: Store, route: string, reply: Reply): Promise<void> {
  const at = key(store, route);
  const keep = () => {
    const steps = store.redis.multi().lpush(at, JSON.stringify(reply));
    return steps
      .ltrim(at, 0, KEPT - 1)
      .expire(at, KEPT_SECONDS)
      .exec();
  };
  const done = await confirmed(store, RECORDS_TAG, keep);
  const failed = done?.find(([error]) => error)?.[0];
  if (!done || failed) throw failed ?? new Error('the reply was not kept');
}

/** Replies of recipients of a broadcast since its launch, the latest first. Throws `not-found` / `unknown_broadcast`. */
export async function repliesTo(
  store: Store,
  locate: (audience: string, msisdn: number) => Promise<RecipientPlace | undefined>,
  id: string,
): Promise<Reply[]> {
  const [{ value: broadcast }, { value: plan }] = await Promise.all([
    broadcastRecords(store).get(id),
    planRecords(store).get(id),
  ]);
  const lists = await Promise.all(broadcast.routes.map((route) => store.redis.lrange(key(store, route), 0, -1)));
  const since = lists
    .flat()
    .map((json) => JSON.parse(json) as Reply)
    .filter(({ at }) => at >= broadcast.launchedAt)
    .sort((a, b) => (a.at < b.at ? 1 : -1));
  const addressed = new Map<string, boolean>();
  const numbers = [...new Set(since.map(({ msisdn }) => msisdn))];
  for (let i = 0; i < numbers.length; i += AT_ONCE) {
    await Promise.all(
      numbers.slice(i, i + AT_ONCE).map(async (msisdn) => {
        const place = await locate(broadcast.audience, Number(msisdn));
        const isOf = plan.lanes.some(
          ({ region, language }) => region === place?.region && language === place?.language,
        );
        addressed.set(msisdn, isOf);
      }),
    );
  }
  return since.filter(({ msisdn }) => addressed.get(msisdn));
}

/** Routes with message ids of their own, on a clock that stands where a test puts it. */
import { parkedKey, SHARDS, shardOfId } from '../../src/ledger/keys.ts';
import { MessageIds } from '../../src/ledger/message-ids.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

export const DAY_MS = 24 * 3_600_000;
export const START = Date.UTC(2026, 0, 15, 12);
export const START_DAY = Math.floor(START / DAY_MS);

/** Gives, for the tests of the block that it is called in, the ids of a new route, as processes that share a clock see them. */
export function idRoutes() {
  let store: Store;
  let close: () => Promise<void>;
  let routes = 0;
  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());

  return () => {
    routes += 1;
    const clock = { now: START };
    const route = `r${routes}`;
    const open = () => new MessageIds({ store, route, now: () => clock.now });
    /** How many are parked on the first day. */
    const parked = async () => {
      const keys = Array.from({ length: SHARDS }, (_, shard) => parkedKey(store, shard, route, START_DAY));
      const lengths = await Promise.all(keys.map((key) => store.redis.hlen(key)));
      return lengths.reduce((sum, length) => sum + length, 0);
    };
    return { store, clock, route, open, ids: open(), parked };
  };
}

/** So many ids that share a shard. */
export function idsInShard(shard: number, count: number): string[] {
  const found: string[] = [];
  for (let i = 0; found.length < count; i += 1) if (shardOfId(`x${i}`) === shard) found.push(`x${i}`);
  return found;
}

/** Quirk 16: an SMSC waits some seconds for the answer to a receipt, and then sends it again for a day. */
import { nonZero } from '../dispatch/harness.ts';
import { ownRedis } from '../support/own-redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { quirkFixture } from './broadcasting.ts';

const fixture = quirkFixture();
// It is stopped in its tracks.
const own = ownRedis();
let stores = 0;

function aStore() {
  stores += 1;
  return own.open(`quirk${stores}:`);
}

test('quirk 16: every receipt is answered at once, so that none comes again', async () => {
  const { counts, running } = await fixture.broadcast(
    { behaviour: { receipts: { retry: { unansweredAfterMs: 1_000 } } } },
    { recipients: 500 },
  );
  expect(counts).toEqual({ delivered: 500 });
  await waitFor(() => running.record().receipts.acknowledged === 500);
  expect(running.record().receipts).toMatchObject({ sent: 500, resent: 0, unanswered: 0 });
});

test('quirk 16: no receipt is answered before its effect is durable', async () => {
  const store = await aStore();
  const hand = await aStore();
  const running = await fixture.start({ store, behaviour: { receipts: { delayMs: { min: 800, max: 800 } } } });
  const id = await running.launch({ recipients: 50 });
  await running.until(id, ({ counts }) => counts.accepted === 50);
  await hand.redis.call('CLIENT', 'PAUSE', '20000', 'WRITE');
  await waitFor(() => running.record().receipts.sent === 50);
  const sentAt = performance.now();
  await waitFor(() => performance.now() - sentAt > 400);
  expect(running.record().receipts).toMatchObject({ acknowledged: 0, nackedPermanent: 0 });
  await hand.redis.call('CLIENT', 'UNPAUSE');
  expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 50 });
  await waitFor(() => running.record().receipts.acknowledged === 50);
});

test('quirk 16: while the store is down receipts get a temporary error, and are taken when they come again', async () => {
  const store = await aStore();
  const hand = await aStore();
  const running = await fixture.start({
    store,
    behaviour: { receipts: { delayMs: { min: 3_000, max: 5_000 }, retry: { temporaryErrorAfterMs: 300 } } },
  });
  const id = await running.launch({ recipients: 50 });
  await running.until(id, ({ counts }) => counts.accepted === 50);
  // No memory for anything new: each write is refused, and the connection stays.
  await hand.redis.config('SET', 'maxmemory', '1');
  await waitFor(() => running.record().receipts.nackedTemporary > 0);
  expect(running.record().receipts).toMatchObject({ acknowledged: 0, nackedPermanent: 0 });
  await hand.redis.config('SET', 'maxmemory', '0');
  expect(nonZero((await running.closed(id)).counts)).toEqual({ delivered: 50 });
  expect(running.record().submits).toBe(50);
});

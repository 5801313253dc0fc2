/** R11 over processes: who has nothing graver holds back while another process has, and goes on when that is done. */
import { Feed } from '../../src/dispatch/feed.ts';
import { Precedence } from '../../src/dispatch/precedence.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { dispatchFixture, nonZero } from './harness.ts';

describe('precedence', () => {
  let store: Store;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ store, close } = await testStore());
  });
  afterEach(() => close());

  const started: Precedence[] = [];
  afterEach(() => {
    for (const each of started.splice(0)) each.stop();
  });
  const process = (work: { rank: number | undefined }, onChange = () => {}, route = 'r') => {
    const feed = new Feed();
    const onStoreFault = (error: Error) => {
      throw error;
    };
    const precedence = new Precedence({ store, route, feed, gravest: () => work.rank, onChange, onStoreFault });
    precedence.start();
    started.push(precedence);
    return feed;
  };

  test('R11: holds what is of lower rank while another process has graver work, and no longer', async () => {
    const grave = { rank: 0 as number | undefined };
    let changes = 0;
    const first = process(grave);
    await waitFor(() => first.ceiling === 0);
    const second = process({ rank: 3 }, () => {
      changes += 1;
    });
    await waitFor(() => second.ceiling === 0);
    grave.rank = undefined;
    await waitFor(() => second.ceiling === 3);
    expect(changes).toBe(1);
  });

  test('does not concern another route', async () => {
    const grave = process({ rank: 0 });
    await waitFor(() => grave.ceiling === 0);
    const other = process({ rank: 3 }, () => {}, 'other');
    await waitFor(() => other.ceiling === 3);
  });
});

describe('several processes', () => {
  const dispatch = dispatchFixture();

  test('R11: an Extreme notice of few batches stops a Minor one in all of them, also where they have none of it', async () => {
    const running = await dispatch.start({ dispatchers: 3, route: { segmentsPerSecond: 2_000 } });
    const minor = await running.launch({ recipients: 12_000, notice: { severity: 'Minor' } });
    await waitFor(() => running.record().submits > 500);
    const extreme = await running.launch({ recipients: 1_500, notice: { severity: 'Extreme' } });
    const before = running.record().submits;
    await running.until(extreme, ({ counts }) => counts.pending === 0);
    const ofTheMinor = running.record().submits - before - 1_500;
    // What left before it was in force everywhere; without it the Minor one would have had two thirds: 3,000.
    expect(ofTheMinor).toBeLessThan(1_800);
    expect(nonZero((await running.closed(minor, 15_000)).counts)).toEqual({ delivered: 12_000 });
  });
});

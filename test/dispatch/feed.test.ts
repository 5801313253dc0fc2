import { Feed } from '../../src/dispatch/feed.ts';
import { aLane, aRun, pending } from './builders.ts';
import { SHORT_TEXT } from './harness.ts';

describe('the feed', () => {
  test('has nothing without a run, nor where no run has work', () => {
    const feed = new Feed();
    expect(feed.next(0)).toBeUndefined();
    feed.add(aRun(['delivered']));
    expect(feed.next(0)).toBeUndefined();
  });

  test('gives lanes that are equally far their turn one after the other', () => {
    const feed = new Feed();
    const runs = [0, 1, 2].map((no) =>
      aRun(pending(8), { batch: no, lane: aLane(SHORT_TEXT, { no, firstBatch: no }) }),
    );
    for (const run of runs) feed.add(run);
    const order = Array.from({ length: 6 }, () => runs.indexOf(feed.next(0)!));
    expect(order).toEqual([0, 1, 2, 0, 1, 2]);
  });

  test('lets lanes of any size advance and end together', () => {
    const feed = new Feed();
    const lanes = [1_000, 100, 300].map((recipients, no) => aLane(SHORT_TEXT, { no, recipients, firstBatch: no }));
    const runs = lanes.map((lane) => aRun(pending(lane.recipients), { lane, batch: lane.no }));
    for (const run of runs) feed.add(run);
    for (let run = feed.next(0); run; run = feed.next(0)) {
      run.take(run.turn, 0);
      const progress = runs.map((each) => each.progress);
      // A turn is 2 % of a lane, or 20 recipients: 20 % of the smallest.
      expect(Math.max(...progress) - Math.min(...progress)).toBeLessThanOrEqual(0.2 + 1e-9);
    }
    expect(runs.map((run) => run.progress)).toEqual([1, 1, 1]);
  });

  test('R11: gives the graver broadcast every turn while it has work', () => {
    const feed = new Feed();
    const minor = aRun(pending(8), { batch: 0, rank: 3 });
    const extreme = aRun(pending(2), { batch: 1, rank: 0 });
    feed.add(minor);
    feed.add(extreme);
    expect([feed.next(0), feed.next(0)]).toEqual([extreme, extreme]);
    extreme.take(2, 0);
    expect(feed.next(0)).toBe(minor);
  });

  test('passes over a run that waits, until it is due', () => {
    const feed = new Feed();
    const waiting = aRun(pending(1), { batch: 0, rank: 0 });
    waiting.take(1, 0);
    waiting.again(0, 50);
    const other = aRun(pending(8), { batch: 1 });
    feed.add(waiting);
    feed.add(other);
    expect([feed.next(49), feed.next(50)]).toEqual([other, waiting]);
  });

  test('says whose turn it would be, if that might go: of what is held, only who is before the one that goes', () => {
    const feed = new Feed();
    const lanes = [0, 1, 2, 3].map((no) => aLane(SHORT_TEXT, { no, recipients: 8, firstBatch: no }));
    const [behind, ahead, goes, graver] = lanes.map((lane) => aRun(pending(8), { lane, batch: lane.no }));
    ahead!.take(6, 0);
    goes!.take(3, 0);
    for (const run of [ahead!, behind!, goes!]) feed.add(run);
    const held: unknown[] = [];
    const next = () =>
      feed.next(
        0,
        (run) => run === goes,
        (run) => held.push(run),
      );
    expect([next(), held]).toEqual([goes, [behind]]);
    feed.add(aRun(pending(8), { lane: graver!.lane, batch: 3, rank: 0 }));
    held.length = 0;
    next();
    expect(new Set(held)).toEqual(new Set([behind, feed.runs.at(-1)]));
    feed.remove(goes!);
    held.length = 0;
    expect([next(), held.length]).toEqual([undefined, 3]);
  });

  test('knows when the first waiting slot of any run is due', () => {
    const feed = new Feed();
    expect(feed.nextDue()).toBeUndefined();
    for (const [batch, at] of [70, 30, 50].entries()) {
      const run = aRun(pending(1), { batch });
      run.take(1, 0);
      run.again(0, at);
      feed.add(run);
    }
    expect(feed.nextDue()).toBe(30);
  });

  test('forgets a run that is removed, in whatever turn', () => {
    const feed = new Feed();
    const runs = [0, 1, 2].map((batch) => aRun(pending(8), { batch }));
    for (const run of runs) feed.add(run);
    feed.next(0);
    feed.next(0);
    feed.remove(runs[2]!);
    feed.remove(runs[1]!);
    expect(feed.runs).toEqual([runs[0]]);
    expect(feed.next(0)).toBe(runs[0]);
  });
});

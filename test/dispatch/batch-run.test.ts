import type { BatchRun, RunEnd, Work } from '../../src/dispatch/batch-run.ts';
import { slotOf } from '../../src/ledger/address.ts';
import { aRun, pending } from './builders.ts';
import { LONG_TEXT } from './harness.ts';

/** How the run has ended by now, if it has. */
async function endOf(run: BatchRun): Promise<RunEnd | undefined> {
  return Promise.race([run.ended, new Promise<undefined>((resolve) => setImmediate(resolve, undefined))]);
}

describe('a run of a batch', () => {
  test('hands out every pending slot once, lowest first, and nothing else', () => {
    const run = aRun(['delivered', 'pending', 'pending', 'accepted', 'sending', 'pending', 'cancelled', 'pending']);
    const taken: number[] = [];
    for (let work = run.take(2, 0); work; work = run.take(2, 0)) {
      if (work.kind === 'claim') for (let slot = work.first; slot <= work.last; slot += 1) taken.push(slot);
    }
    expect(taken).toEqual([1, 2, 5, 7]);
    expect(run.inherited).toEqual([4]);
    expect(run.hasWork(0)).toBe(false);
  });

  test('knows each slot’s recipient and address', () => {
    const run = aRun(pending(3), { text: LONG_TEXT });
    expect([...run.msisdns]).toEqual([999_000_000_000, 999_000_000_001, 999_000_000_002]);
    expect(run.addresses.map((part) => [...part].map(slotOf))).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(new Set(run.addresses.flatMap((part) => [...part])).size).toBe(6);
  });

  test('is over at once when nothing is left', async () => {
    expect(await endOf(aRun(['delivered', 'refused']))).toBe('done');
  });

  test('is done when all it claimed is settled', async () => {
    const run = aRun(pending(3));
    run.take(10, 0);
    run.settle(2);
    expect(await endOf(run)).toBeUndefined();
    run.settle();
    expect(await endOf(run)).toBe('done');
  });

  test('claims a slot that was refused for now again when it is due, and not before', async () => {
    const run = aRun(pending(2));
    run.take(10, 0);
    run.settle();
    run.again(1, 500);
    expect([run.hasWork(499), run.nextDue, run.take(1, 499)]).toEqual([false, 500, undefined]);
    expect(run.take(5, 500)).toEqual({ kind: 'claim', first: 1, last: 1 });
    run.settle();
    expect(await endOf(run)).toBe('done');
  });

  test('rests when all that is left waits for long, and says when to come again', async () => {
    const run = aRun(pending(3));
    run.take(10, 0);
    run.refusals(1);
    run.refusals(2);
    run.refusals(2);
    run.again(1, 9_000);
    run.again(2, 8_000);
    run.rest(5_000);
    expect(await endOf(run)).toBeUndefined();
    run.settle();
    run.rest(8_000);
    expect(await endOf(run)).toBeUndefined();
    run.rest(5_000);
    expect(await endOf(run)).toBe('resting');
    expect([run.nextDue, run.refused]).toEqual([8_000, 1]);
  });

  test('does not rest while something is pending, or claimed by another taker', async () => {
    const untouched = aRun(pending(2));
    untouched.rest(0);
    const begun = aRun(pending(3));
    begun.take(1, 0);
    begun.again(0, 9_000);
    begun.rest(0);
    expect(await endOf(begun)).toBeUndefined();
    const inherited = aRun(['sending', 'pending']);
    inherited.take(1, 0);
    inherited.again(1, 9_000);
    inherited.rest(5_000);
    expect([await endOf(untouched), await endOf(inherited)]).toEqual([undefined, undefined]);
  });

  test('counts on from the refusals of earlier runs', () => {
    const run = aRun(pending(2), { refused: 4 });
    expect([run.refusals(0), run.refusals(0), run.refusals(1)]).toEqual([5, 6, 5]);
  });

  test('hands out what waits in the order it is due', () => {
    const run = aRun(pending(3));
    run.take(10, 0);
    run.again(0, 300);
    run.again(1, 100);
    run.again(2, 200);
    expect(run.nextDue).toBe(100);
    const order = [run.take(1, 400), run.take(1, 400), run.take(1, 400)];
    expect(order.map((work) => work?.kind === 'claim' && work.first)).toEqual([1, 2, 0]);
  });

  test('counts refusals by slot', () => {
    const run = aRun(pending(2));
    expect([run.refusals(0), run.refusals(0), run.refusals(1)]).toEqual([1, 2, 1]);
  });

  test('takes back what was claimed and not written', () => {
    const run = aRun(pending(4));
    run.take(4, 0);
    run.giveBack(1, 2);
    run.settle(2);
    expect(run.take(10, 0)).toEqual({ kind: 'claim', first: 1, last: 2 });
  });
});

describe('rule 7: a run', () => {
  /** Everything that is to be had at a moment. */
  const rest = (run: BatchRun, max: number, nowMs = 0) => {
    const all: Work[] = [];
    for (let work = run.take(max, nowMs); work; work = run.take(max, nowMs)) all.push(work);
    return all;
  };

  test('loses no slot of a range that is taken piece by piece, and is over with the last of them', async () => {
    const run = aRun(['delivered', ...pending(7)]);
    const taken = rest(run, 3).map((work) => (work.kind === 'claim' ? [work.first, work.last] : []));
    expect(taken).toEqual([
      [1, 3],
      [4, 6],
      [7, 7],
    ]);
    run.settle(6);
    expect(await endOf(run)).toBeUndefined();
    run.settle();
    expect(await endOf(run)).toBe('done');
  });

  test('is over only when what it took back was claimed again and settled', async () => {
    const run = aRun(pending(6));
    run.take(6, 0);
    run.giveBack(2, 4);
    expect(run.hasWork(0)).toBe(true);
    run.settle(3);
    expect(await endOf(run)).toBeUndefined();
    expect(run.take(6, 0)).toEqual({ kind: 'claim', first: 2, last: 4 });
    run.settle(2);
    expect(await endOf(run)).toBeUndefined();
    run.settle();
    expect(await endOf(run)).toBe('done');
  });

  test('that is stopped ends as soon as all it claimed is settled or taken back, and leaves the rest', async () => {
    const run = aRun(pending(6));
    run.take(5, 0);
    run.stop('stopped');
    run.giveBack(1, 3);
    expect(await endOf(run)).toBeUndefined();
    run.settle(2);
    expect(await endOf(run)).toBe('stopped');
  });

  test('is not over while a slot that was tried again is out', async () => {
    const run = aRun(pending(2));
    run.take(2, 0);
    run.settle();
    run.again(1, 0);
    run.take(1, 0);
    expect(await endOf(run)).toBeUndefined();
    run.settle();
    expect(await endOf(run)).toBe('done');
  });

  test('that adopted a slot waits for it, and adopts none once it is over', async () => {
    const run = aRun(['sending', 'pending']);
    run.adopt();
    run.take(1, 0);
    run.settle();
    expect(await endOf(run)).toBeUndefined();
    run.settle();
    expect(await endOf(run)).toBe('done');
    const abandoned = aRun(['sending']);
    abandoned.abandon();
    expect([abandoned.adopt(), abandoned.over]).toEqual([false, true]);
  });

  test('says that it is over, however that came', async () => {
    const [done, rested] = [aRun(pending(1)), aRun(pending(1))];
    for (const run of [done, rested]) run.take(1, 0);
    expect([done.over, done.stopping]).toEqual([false, false]);
    done.settle();
    rested.again(0, 9_000);
    rested.rest(0);
    expect([done.over, rested.over, rested.hasWork(9_000)]).toEqual([true, true, false]);
  });

  test('that is stopped does not rest: it ends as what it is', async () => {
    const run = aRun(pending(2), { text: LONG_TEXT });
    run.take(2, 0);
    run.stop('lost');
    run.again(0, 9_000);
    run.rest(0);
    expect(await endOf(run)).toBeUndefined();
    run.settle();
    run.rest(0);
    expect(await endOf(run)).toBe('lost');
  });
});

describe('a run that is stopped', () => {
  test('leaves a text that waits to be tried again as a whole, and hands out parts of others when they are due', () => {
    const run = aRun(pending(3), { text: LONG_TEXT });
    run.take(3, 0);
    run.decide(0);
    run.again(0, 0);
    run.partAgain(1, 0, 0);
    run.partAgain(2, 1, 20);
    run.stop('stopped');
    expect(run.hasWork(0)).toBe(true);
    expect(run.take(5, 0)).toEqual({ kind: 'part', slot: 1, part: 0 });
    expect([run.hasWork(0), run.take(5, 0)]).toEqual([false, undefined]);
    expect([run.hasWork(20), run.take(5, 20)]).toEqual([true, { kind: 'part', slot: 2, part: 1 }]);
  });

  test('lets no part leave after it gave them up, and says whose texts are not whole', () => {
    const run = aRun(pending(4), { text: LONG_TEXT });
    run.take(4, 0);
    run.decide(0);
    run.again(0, 0);
    run.partAgain(1, 0, 0);
    run.partAgain(1, 1, 0);
    run.partAgain(2, 1, 0);
    run.partAgain(3, 0, 0);
    run.stop('stopped');
    expect(run.partsOver).toBe(false);
    expect(run.giveUpParts()).toEqual([1, 2, 3]);
    expect([run.partsOver, run.hasWork(0), run.take(5, 0), run.nextDue]).toEqual([true, false, undefined, undefined]);
  });

  test('hands out nothing new and ends when what is out is settled', async () => {
    const run = aRun(pending(4));
    run.take(2, 0);
    run.stop('stopped');
    expect([run.stopping, run.hasWork(0), run.take(1, 0)]).toEqual([true, false, undefined]);
    run.settle();
    run.again(1, 0);
    expect(await endOf(run)).toBe('stopped');
  });

  test('hands out nothing new where it is only given back, but what is claimed may leave: unless somebody says stop', async () => {
    const run = aRun(pending(4));
    run.take(2, 0);
    run.stop('given back');
    expect([run.stopping, run.hasWork(0), run.take(1, 0)]).toEqual([false, false, undefined]);
    run.stop('stopped');
    expect(run.stopping).toBe(true);
    run.settle(2);
    expect(await endOf(run)).toBe('stopped');
  });

  test('with nothing out ends at once; the first reason counts', async () => {
    const run = aRun(pending(4));
    run.stop('lost');
    run.stop('stopped');
    expect(await endOf(run)).toBe('lost');
  });

  test('with nothing left is done', async () => {
    const run = aRun(pending(1));
    run.take(1, 0);
    run.stop('stopped');
    run.settle();
    expect(await endOf(run)).toBe('done');
  });

  test('still hands out the parts of texts that were begun', () => {
    const run = aRun(pending(2), { text: LONG_TEXT });
    run.take(1, 0);
    run.partAccepted(0, 0);
    run.partAgain(0, 1, 10);
    run.stop('stopped');
    expect(run.hasWork(10)).toBe(true);
    expect(run.take(5, 10)).toEqual({ kind: 'part', slot: 0, part: 1 });
  });

  test('is abandoned with submissions out: it ends, once', async () => {
    const run = aRun(pending(2));
    run.take(2, 0);
    run.abandon();
    run.settle(2);
    expect(await endOf(run)).toBe('stopped');
    expect(run.over).toBe(true);
  });
});

describe('rule 5: slots that an earlier taker claimed', () => {
  test('keep the run open until they are adopted and settled', async () => {
    const run = aRun(['sending', 'delivered']);
    expect(await endOf(run)).toBeUndefined();
    expect(run.adopt()).toBe(true);
    run.again(0, 0);
    expect(run.take(1, 0)).toEqual({ kind: 'claim', first: 0, last: 0 });
    run.settle();
    expect(await endOf(run)).toBe('done');
  });

  test('are not adopted by a run that is stopped', async () => {
    const run = aRun(['sending']);
    run.stop('stopped');
    expect(run.adopt()).toBe(false);
    expect(await endOf(run)).toBe('stopped');
  });
});

describe('a text of several parts', () => {
  test('is accepted with its last part, whatever their order', () => {
    const run = aRun(pending(1), { text: LONG_TEXT });
    run.take(1, 0);
    expect([run.partAccepted(0, 1), run.partAccepted(0, 0)]).toEqual([false, true]);
  });

  test('is accepted once, though a copy of a part is accepted too', () => {
    const run = aRun(pending(1), { text: LONG_TEXT });
    run.take(1, 0);
    expect([0, 1, 1, 0].map((part) => run.partAccepted(0, part))).toEqual([false, true, false, false]);
  });

  test('is decided by the first refusal or silence, and by nothing after it', () => {
    const run = aRun(pending(1), { text: LONG_TEXT });
    run.take(1, 0);
    run.partAgain(0, 1, 0);
    expect([run.decide(0), run.decide(0), run.partAccepted(0, 0)]).toEqual([true, false, false]);
    expect(run.take(1, 0)).toBeUndefined();
  });

  test('is decided for itself alone: the parts of others leave as before', () => {
    const run = aRun(pending(2), { text: LONG_TEXT });
    run.take(2, 0);
    run.partAgain(0, 1, 0);
    run.partAgain(1, 1, 0);
    run.decide(0);
    expect([run.take(1, 0), run.take(1, 0)]).toEqual([{ kind: 'part', slot: 1, part: 1 }, undefined]);
  });

  test('starts anew when it is sent again as a whole', () => {
    const run = aRun(pending(1), { text: LONG_TEXT });
    run.take(1, 0);
    run.partAccepted(0, 0);
    run.decide(0);
    run.again(0, 0);
    expect(run.take(1, 0)).toEqual({ kind: 'claim', first: 0, last: 0 });
    expect([run.partAccepted(0, 1), run.partAccepted(0, 0)]).toEqual([false, true]);
  });

  test('whose parts do not fit the window together hands out the rest one by one', () => {
    const run = aRun(pending(2), { text: LONG_TEXT });
    run.take(2, 0);
    run.partsLater(0, 1, 1, 5);
    expect(run.hasWork(4)).toBe(false);
    expect([run.take(1, 5), run.take(1, 5), run.take(1, 5)]).toEqual([
      { kind: 'part', slot: 0, part: 1 },
      { kind: 'part', slot: 1, part: 1 },
      undefined,
    ]);
  });
});

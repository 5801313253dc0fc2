/** When a pump writes what it has claimed: at its moment, and not if somebody says stop before. */
import type { BatchRun } from '../../src/dispatch/batch-run.ts';
import { waitFor } from '../support/wait-for.ts';
import { aRun, pending } from './builders.ts';
import { LONG_TEXT } from './harness.ts';
import { GRANTED, held, pumpingFixture, STALE_MS, turns } from './pumping.ts';

describe('a pump', () => {
  const pumping = pumpingFixture();

  test('writes nothing before it is due, on the route and in its region', async () => {
    const [due, dueInRegion] = [held<void>(), held<void>()];
    const { steps, until } = pumping(aRun(pending(8)), { due: due.act, dueInRegion: dueInRegion.act });
    await until('claim 0-7');
    await turns();
    due.goOn();
    await until('due');
    await turns();
    expect(steps).toEqual(['claim 0-7', 'due']);
    dueInRegion.goOn();
    await until('write 0-7');
  });

  test('writes what it claimed in slices, each when it is due, and gives their places free as they go', async () => {
    const waits = [held<void>(), held<void>()];
    let asked = 0;
    const dues = [
      { segments: 5, at: 1 },
      { segments: 3, at: 2 },
    ];
    const { steps, told, link, until } = pumping(aRun(pending(8)), { dues, due: () => waits[asked++]!.act() });
    await until('claim 0-7');
    expect(link.room).toBe(42);
    waits[0]!.goOn();
    await until('write 0-4');
    await turns();
    expect([steps, told.submitted, link.room]).toEqual([['claim 0-7', 'due 1', 'write 0-4'], [5], 47]);
    waits[1]!.goOn();
    await until('write 5-7');
    await waitFor(() => link.room === 50);
  });

  test('puts back the slices that are not due yet when it is stopped', async () => {
    const run = aRun(pending(8));
    const waits = [held<void>(), held<void>()];
    let asked = 0;
    const dues = [
      { segments: 5, at: 1 },
      { segments: 3, at: 2 },
    ];
    const { steps, link, until } = pumping(run, { dues, due: () => waits[asked++]!.act() });
    await until('claim 0-7');
    waits[0]!.goOn();
    await until('write 0-4');
    run.settle(5);
    run.stop('stopped');
    waits[1]!.goOn();
    expect(await run.ended).toBe('stopped');
    expect(steps.slice(3)).toEqual(['due 2', 'unused 3', 'unused in its region 3', 'put back']);
    await waitFor(() => link.room === 50);
  });

  test('puts back just the slices that are not due yet when its link is gone, and sends them by the next', async () => {
    const waits = [held<void>(), held<void>(), held<void>()];
    let asked = 0;
    const dues = [
      { segments: 5, at: 1 },
      { segments: 3, at: 2 },
    ];
    const due = () => waits[Math.min(asked++, 2)]!.act();
    const { steps, link, until, pump } = pumping(aRun(pending(8)), { dues, due });
    await until('claim 0-7');
    waits[0]!.goOn();
    await until('write 0-4');
    link.open = false;
    waits[1]!.goOn();
    await until('put back');
    await turns();
    link.open = true;
    pump.wake();
    await until('claim 5-7');
    expect(steps.filter((each) => each.startsWith('claim'))).toEqual(['claim 0-7', 'claim 5-7']);
    waits[2]!.goOn();
  });

  test('writes what is claimed of a batch that is only given back', async () => {
    const run = aRun(pending(8));
    const due = held<void>();
    const { steps, until } = pumping(run, { room: 4, due: due.act });
    await until('claim 0-3');
    run.stop('given back');
    due.goOn();
    await until('write 0-3');
    run.settle(4);
    expect(await run.ended).toBe('stopped');
    expect(steps).toEqual(['claim 0-3', 'due', 'write 0-3']);
  });

  test('waits for the moment again where the store refused it', async () => {
    let asked = 0;
    const due = async () => {
      asked += 1;
      if (asked === 1) throw new Error('connection lost');
    };
    const { steps, until } = pumping(aRun(pending(8)), { due });
    await until('write 0-7');
    expect(steps).toEqual(['claim 0-7', 'fault', 'due', 'write 0-7']);
  });

  test('puts back what was claimed and is stopped before it is written', async () => {
    const run = aRun(pending(8));
    const due = held<void>();
    const { steps, until } = pumping(run, { due: due.act });
    await until('claim 0-7');
    run.stop('stopped');
    due.goOn();
    expect(await run.ended).toBe('stopped');
    // Not written, so it must not count as out: an unlimited route would wait for its answers.
    expect(steps).toEqual(['claim 0-7', 'due', 'unused 8', 'unused in its region 8', 'put back']);
  });

  test('puts back what was claimed for a link that is gone, and sends it by the next', async () => {
    const run = aRun(pending(8));
    const due = held<void>();
    const { steps, link, until, pump } = pumping(run, { due: due.act });
    await until('claim 0-7');
    link.open = false;
    due.goOn();
    await until('put back');
    await turns();
    expect(steps.some((each) => each.startsWith('write'))).toBe(false);
    link.open = true;
    pump.wake();
    await until('write 0-7');
  });

  test('confirms what is in force where it was read too long ago, and obeys that', async () => {
    const run = aRun(pending(8));
    const { steps } = pumping(run, {
      lookedAt: () => performance.now() - STALE_MS,
      confirm: async (of) => of.stop('stopped'),
    });
    expect(await run.ended).toBe('stopped');
    expect(steps).toEqual(['claim 0-7', 'due', 'confirm', 'unused 8', 'unused in its region 8', 'put back']);
  });

  test('confirms what is in force after a claim that took long: it is as old as that', async () => {
    const run = aRun(pending(8));
    const claim = () => new Promise<Buffer>((resolve) => setTimeout(() => resolve(GRANTED), STALE_MS));
    const { steps } = pumping(run, { claim, confirm: async (of) => of.stop('stopped') });
    expect(await run.ended).toBe('stopped');
    expect(steps).toContain('confirm');
    expect(steps).not.toContain('write 0-7');
  });

  test('confirms it also before a part of a text that was begun leaves', async () => {
    const run = aRun(pending(8), { text: LONG_TEXT });
    run.take(8, 0);
    run.partAgain(3, 1, 0);
    const confirm = async (of: BatchRun) => {
      of.giveUpParts();
    };
    const { steps, until } = pumping(run, { lookedAt: () => performance.now() - STALE_MS, confirm });
    await until('confirm');
    await turns();
    expect(steps).toEqual(['due', 'confirm']);
  });
});

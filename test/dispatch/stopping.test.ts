/** Stop means stop: what people order under full load is in force in every process within one second. */
import { pause, resume } from '../../src/broadcasts/control.ts';
import { halt, lift } from '../../src/broadcasts/halt.ts';
import { verify } from '../../src/broadcasts/verify.ts';
import { OPERATOR } from '../broadcasts/builders.ts';
import { waitFor } from '../support/wait-for.ts';
import { type FullLoad, lastSubmissionAfter, startFullLoad } from './full-load.ts';

const RECIPIENTS = 400_000;
const WARM = 15_000;

describe('at full load, with three dispatchers', () => {
  let load: FullLoad;
  beforeAll(async () => {
    load = await startFullLoad({ recipients: RECIPIENTS, dispatchers: 3 });
  }, 60_000);
  afterAll(() => load.end(), 30_000);
  let id = '';
  afterEach(async () => {
    if (id !== '') await load.cancel(id).catch(() => {});
  });

  /** What stands in the ledger is what the SMSC heard: nobody was submitted to and put back as pending. */
  const expectAccounted = async () => {
    const settled = await waitFor(async () => {
      const { counts } = await load.progress(id);
      return counts.sending === 0 ? counts : undefined;
    }, 10_000);
    expect(settled.pending).toBeGreaterThan(0);
    expect((await verify(load.store, id)).differences).toEqual([]);
  };

  test('a pause is obeyed within one second, and the rest goes on when it is resumed', async () => {
    id = await load.launch(WARM);
    expect(await lastSubmissionAfter(load, () => pause(load.store, id, OPERATOR))).toBeLessThan(1_000);
    await expectAccounted();
    const { submits } = await load.record();
    await resume(load.store, id, OPERATOR);
    await waitFor(async () => (await load.record()).submits > submits + 1_000, 5_000, 'the rest');
  }, 60_000);

  test('a cancel is obeyed within one second', async () => {
    id = await load.launch(WARM);
    expect(await lastSubmissionAfter(load, () => load.cancel(id))).toBeLessThan(1_000);
    const { counts } = await load.closed(id);
    expect(counts.cancelled).toBeGreaterThan(0);
    expect(counts.cancelled + counts.delivered).toBe(RECIPIENTS);
    expect((await verify(load.store, id)).differences).toEqual([]);
  }, 60_000);

  test('a halt is obeyed within one second, by a process that starts meanwhile too; lifted, all goes on', async () => {
    id = await load.launch(WARM);
    expect(await lastSubmissionAfter(load, () => halt(load.store, OPERATOR, 'drill', Date.now))).toBeLessThan(1_000);
    await expectAccounted();
    const { submits } = await load.record();
    const late = load.dispatcher();
    await waitFor(() => late.logged.some(({ msg }) => msg === 'dispatcher ready'), 10_000, 'the late dispatcher');
    const readyAt = Date.now();
    await waitFor(() => Date.now() - readyAt > 1_500);
    expect((await load.record()).submits).toBe(submits);
    await lift(load.store, OPERATOR, 'drill over', Date.now);
    await waitFor(async () => (await load.record()).submits > submits + 1_000, 5_000, 'the rest');
    expect((await late.terminate()).code).toBe(0);
    expect((await load.record()).repeatedParts).toBe(0);
  }, 60_000);
});

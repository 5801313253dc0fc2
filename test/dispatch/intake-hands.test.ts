/** How many batches a process has at hand, and which: graver ones first, lanes level, and no more than its share of the last. */
import { waitFor } from '../support/wait-for.ts';
import { type AnIntake, intakeFixture } from './an-intake.ts';

describe('the hands of an intake', () => {
  const anIntake = intakeFixture();

  test('R11: gives back what is less grave, and only that, where graver batches wait and all hands are full', async () => {
    const { intake, stopped, add, runs } = await anIntake();
    await add(60, 3);
    await add(4, 1, 60);
    intake.follow();
    await runs(64);
    await add(4, 2, 70);
    await intake.settle(1);
    expect(stopped.toSorted()).toEqual(Array.from({ length: 60 }, (_, i) => `a ${i}`).toSorted());
  });

  /** In which a worker would take what it may. */
  const moment = async () => {
    const until = performance.now() + 200;
    await waitFor(() => performance.now() > until);
  };

  /** An idle intake that is not alone has as many hands as fill its windows; these take `count` batches of a lane. */
  async function withFullHands(given: AnIntake, count = 4, rank = 1) {
    await given.intake.settle(2);
    given.intake.follow();
    await given.intake.settle(2);
    await given.add(count, rank);
    await given.runs(4);
  }

  test('R11: takes graver batches beside those it has, and does not wait for one of them to end', async () => {
    const given = await anIntake();
    await withFullHands(given, 4, 3);
    await given.add(20, 1, 10);
    await given.intake.settle(2);
    await given.runs(8);
    expect(given.stopped).toEqual([]);
  });

  test('takes what is behind all it has, and what takes the place of those that are submitted', async () => {
    const given = await anIntake();
    await withFullHands(given, 30);
    await given.intake.settle(2);
    await moment();
    expect(given.begun).toHaveLength(4);
    for (const batch of [0, 1]) given.marks.progress.set(batch, 0.9);
    given.marks.left.set(2, 0);
    await given.intake.settle(2);
    await given.runs(7);
    expect(given.stopped).toEqual([]);
  });

  test('leaves other processes their share: what is furthest goes back, but nothing of which somebody waits for a try', async () => {
    const { intake, begun, marks, stopped, add, runs } = await anIntake();
    await add(3, 1, 30);
    intake.follow();
    await runs(3);
    // Those that are over are nobody's share.
    for (const one of [...begun]) one.end('over');
    await add(9);
    await runs(9);
    for (const batch of [1, 4, 7]) marks.progress.set(batch, 0.5 + batch / 100);
    marks.waiting.add(4);
    await intake.settle(3);
    expect(stopped.slice(0, 2)).toEqual(['a 7', 'a 1']);
    expect(stopped).toHaveLength(6);
    expect(stopped).not.toContain('a 4');
  });

  test('gives back nothing twice, while what is out of it is answered', async () => {
    const { intake, marks, stopped, add, runs } = await anIntake();
    marks.slow = true;
    await add(8);
    intake.follow();
    await runs(8);
    await intake.settle(4);
    await intake.settle(4);
    expect(stopped).toHaveLength(6);
  });

  test('takes nothing for having hands free where it cannot send any more, and goes on when it can', async () => {
    const given = await anIntake();
    await withFullHands(given, 20);
    for (const batch of [0, 1, 2, 3]) given.marks.progress.set(batch, 0.9);
    given.here.serves = false;
    await given.intake.settle(2);
    await moment();
    expect(given.begun).toHaveLength(4);
    given.here.serves = true;
    given.intake.follow();
    await given.runs(8);
  });

  test('takes no more of the last batches than its share', async () => {
    const given = await anIntake();
    await withFullHands(given, 6);
    await given.intake.settle(6);
    given.begun[0]!.end('over');
    await moment();
    expect(given.begun).toHaveLength(3);
  });

  test('has more at hand the faster they end', async () => {
    const given = await anIntake();
    await withFullHands(given, 60);
    for (let ended = 0; ended < 30; ended += 1) {
      given.begun[0]!.end('over');
      await given.runs(4);
    }
    await given.intake.settle(2);
    await waitFor(() => given.begun.length > 4);
  });

  test('has all hands free while it is the only one: it keeps lanes level by itself', async () => {
    const { intake, add, runs } = await anIntake();
    await intake.settle(1);
    intake.follow();
    await intake.settle(1);
    await add(40);
    await runs(40);
  });

  test('leaves them nothing that is nearly done, and nothing twice', async () => {
    const { intake, marks, stopped, add, runs } = await anIntake();
    await add(8);
    intake.follow();
    await runs(8);
    for (const batch of [0, 1, 2, 3, 4]) marks.left.set(batch, 199);
    await intake.settle(4);
    await intake.settle(4);
    expect(stopped.toSorted()).toEqual(['a 5', 'a 6', 'a 7']);
  });

  test('where none waits, leases by what is left here and in other processes, so that they end together', async () => {
    const { intake, marks, weights, add, runs, otherProcess } = await anIntake();
    await add(2);
    intake.follow();
    await runs(2);
    marks.left.set(0, 500);
    await otherProcess.tell(500);
    await intake.settle(2);
    expect(weights).toEqual(['a 1.5']);
    marks.left.set(1, 0);
    await otherProcess.tell(1_500);
    await intake.settle(2);
    expect(weights.at(-1)).toBe('a 0.5');
    await intake.settle(1);
    expect(weights.at(-1)).toBe('a 1');
  });

  test('where some wait, leases as much as any process: what it has at hand is not all that it will send', async () => {
    const given = await anIntake();
    await withFullHands(given, 30);
    await given.otherProcess.tell(100);
    await given.intake.settle(2);
    expect(given.weights.at(-1)).toBe('a 1');
  });

  test('leases on its own route by what it sends there, and weighs no other', async () => {
    const { intake, here, weights, add, runs, otherProcess } = await anIntake();
    here.carrier = 'b';
    await add(2);
    intake.follow();
    await runs(2);
    await otherProcess.tell(500);
    await intake.settle(2);
    expect(weights).toEqual([]);
  });
});

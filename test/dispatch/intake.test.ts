/** The jobs of a queue: none is lost, whatever comes of a batch. */
import { waitFor } from '../support/wait-for.ts';
import { intakeFixture } from './an-intake.ts';

describe('an intake', () => {
  const anIntake = intakeFixture();

  test('is done with a job whose batch is over, and with none before', async () => {
    const { intake, queue, begun, add, runs } = await anIntake();
    await add(2);
    intake.follow();
    await runs(2);
    expect(begun.map(({ on, probing, payload }) => [on, probing, payload.broadcast])).toEqual([
      ['a', false, 1],
      ['a', false, 1],
    ]);
    begun[0]!.end('over');
    await waitFor(async () => (await queue.depth()) === 1);
    begun[0]!.end('over');
    await waitFor(async () => (await queue.depth()) === 0);
  });

  test('rule 7: takes a batch again that was stopped with something left', async () => {
    const { intake, queue, begun, add, runs } = await anIntake();
    await add(1);
    intake.follow();
    await runs(1);
    begun[0]!.end('again');
    await runs(1);
    expect(await queue.depth()).toBe(1);
  });

  test('rule 7: takes a batch that rests again when its time has come, and tells it how often it was refused', async () => {
    const { intake, begun, add, runs } = await anIntake();
    await add(1);
    intake.follow();
    await runs(1);
    const since = performance.now();
    begun[0]!.end({ inMs: 400, refused: 3 });
    await runs(1);
    expect(performance.now() - since).toBeGreaterThan(380);
    expect(begun[0]!.payload).toEqual({ broadcast: 1, batch: 0, rank: 1, refused: 3 });
    begun[0]!.end({ inMs: 0 });
    await runs(1);
    expect(begun[0]!.payload.refused).toBe(3);
  });

  test('rule 7: keeps a batch that no route can carry, and takes it again when one can', async () => {
    const { intake, queue, begun, here, add, runs } = await anIntake();
    here.carrier = undefined;
    await add(1);
    intake.follow();
    await waitFor(() => here.asked > 0);
    await waitFor(async () => (await queue.head()) === undefined);
    expect([begun.length, await queue.depth()]).toEqual([0, 1]);
    // It comes again after a while, not in haste.
    expect(here.asked).toBe(2);
    here.carrier = 'b';
    await runs(1);
    expect(begun[0]!.on).toBe('b');
  });

  test('rule 5: has a batch in which somebody may have the text already carried by a route that is not only tried', async () => {
    const { intake, begun, here, add, runs } = await anIntake();
    [here.carrier, here.sure] = ['a', 'b'];
    await add(1);
    intake.follow();
    await runs(1);
    expect(begun[0]).toMatchObject({ on: 'a', probing: true });
    begun[0]!.end('unfit');
    await runs(1);
    expect(begun[0]).toMatchObject({ on: 'b', probing: false });
  });

  test('is done with a job whose broadcast was purged', async () => {
    const { intake, queue, begun } = await anIntake();
    await queue.add([{ broadcast: 9, batch: 0, rank: 1, priority: 1 }]);
    intake.follow();
    await waitFor(async () => (await queue.depth()) === 0);
    expect(begun).toEqual([]);
  });

  test('takes nothing while this process can send nothing: jobs stay for those that can', async () => {
    const { intake, queue, begun, here, add, runs } = await anIntake();
    here.serves = false;
    await add(1);
    intake.follow();
    const nothingUntil = performance.now() + 300;
    await waitFor(() => performance.now() > nothingUntil);
    expect([begun.length, (await queue.head())?.rank]).toEqual([0, 1]);
    here.serves = true;
    intake.follow();
    await runs(1);
    here.serves = false;
    intake.follow();
    begun[0]!.end('over');
    // A worker that waits for a job when it is paused may take that one.
    await add(2, 1, 1);
    await waitFor(async () => (await queue.depth()) === 2);
    const heldUntil = performance.now() + 1_500;
    await waitFor(() => performance.now() > heldUntil);
    expect(begun.length).toBeLessThan(2);
    here.serves = true;
    intake.follow();
    await runs(2);
  });

  test('takes nothing more once it closes, and waits for what is at hand', async () => {
    const { intake, queue, begun, add, runs } = await anIntake();
    await add(1);
    intake.follow();
    await runs(1);
    let isClosed = false;
    const closed = intake.close().then(() => {
      isClosed = true;
    });
    const waitsUntil = performance.now() + 100;
    await waitFor(() => performance.now() > waitsUntil);
    expect([isClosed, begun.length]).toEqual([false, 1]);
    begun[0]!.end('over');
    await closed;
    await add(1, 1, 1);
    intake.follow();
    const nothingUntil = performance.now() + 300;
    await waitFor(() => performance.now() > nothingUntil);
    expect([begun.length, await queue.depth()]).toEqual([0, 1]);
  });

  test('takes nothing when it is closed before it began', async () => {
    const { intake, begun, queue, add } = await anIntake();
    await intake.settle(1);
    await intake.close();
    await add(1);
    intake.follow();
    const nothingUntil = performance.now() + 300;
    await waitFor(() => performance.now() > nothingUntil);
    expect([begun.length, await queue.depth()]).toEqual([0, 1]);
  });

  test('lets batches return to their own route one at a time, but none in which somebody may have the text', async () => {
    const { intake, begun, here, marks, stopped, add, runs } = await anIntake();
    here.carrier = 'b';
    await add(4);
    intake.follow();
    await runs(4);
    await intake.settle(1);
    expect(stopped).toEqual([]);
    here.carrier = undefined;
    await intake.settle(1);
    expect(stopped).toEqual([]);
    here.carrier = 'a';
    marks.doubtful.add(begun[0]!.payload.batch);
    const [, second, third] = begun.map(({ payload }) => payload.batch);
    await intake.settle(1);
    expect(stopped).toEqual([`b ${second}`]);
    await waitFor(() => begun.filter(({ on }) => on === 'a').length === 1);
    await intake.settle(1);
    expect(stopped).toEqual([`b ${second}`, `b ${third}`]);
  });
});

import { Rounds } from '../src/rounds.ts';

/** Promises that the test settles, one for each call. */
function steps() {
  const settle: { done: () => void; fail: (error: Error) => void }[] = [];
  const act = () => new Promise<void>((done, fail) => settle.push({ done, fail }));
  return { act, settle };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('rounds', () => {
  test('run one at a time, and once more when they were asked for meanwhile, however often', async () => {
    const { act, settle } = steps();
    const rounds = new Rounds(act, () => {});
    for (let i = 0; i < 5; i += 1) rounds.ask();
    expect(settle).toHaveLength(1);
    settle[0]!.done();
    await turn();
    expect(settle).toHaveLength(2);
    settle[1]!.done();
    await turn();
    expect(settle).toHaveLength(2);
  });

  test('go on after one that failed, which is told', async () => {
    const { act, settle } = steps();
    const errors: unknown[] = [];
    const rounds = new Rounds(act, (error) => errors.push(error));
    rounds.ask();
    settle[0]!.fail(new Error('gone'));
    await turn();
    rounds.ask();
    expect(settle).toHaveLength(2);
    expect(errors).toEqual([new Error('gone')]);
    settle[1]!.done();
  });

  test('end with the one that runs, and none follows', async () => {
    const { act, settle } = steps();
    const rounds = new Rounds(act, () => {});
    rounds.ask();
    rounds.ask();
    let ended = false;
    const end = rounds.end().then(() => {
      ended = true;
    });
    await turn();
    expect(ended).toBe(false);
    settle[0]!.done();
    await end;
    rounds.ask();
    await turn();
    expect(settle).toHaveLength(1);
  });
});

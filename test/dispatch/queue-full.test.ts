import { QueueFull } from '../../src/dispatch/queue-full.ts';

/** Answers in the order they come: `true` is a refusal for a full queue. Returns what was said to each refusal. */
function judged(answers: readonly boolean[], queue: QueueFull, counted: { answered: number }, nowMs = 0): boolean[] {
  return answers.flatMap((refused) => {
    counted.answered += 1;
    return refused ? [queue.concernsAccount(nowMs)] : [];
  });
}

const many = (count: number, refused: boolean): boolean[] => new Array<boolean>(count).fill(refused);

describe('a full queue', () => {
  test('is that of single recipients while there are few of them', () => {
    const counted = { answered: 0 };
    expect(judged(many(19, true), new QueueFull(counted), counted)).not.toContain(true);
  });

  test('is that of the account when many in a second are refused, and most of them are', () => {
    const counted = { answered: 0 };
    expect(judged(many(30, true), new QueueFull(counted), counted).indexOf(true)).toBe(19);
  });

  test('is that of single recipients where the others are taken, however many they are', () => {
    const counted = { answered: 0 };
    const queue = new QueueFull(counted);
    const answers = Array.from({ length: 4_000 }, (_, i) => i % 20 === 0);
    expect(judged(answers, queue, counted)).toEqual(many(200, false));
  });

  test('is judged by the last second only', () => {
    const counted = { answered: 0 };
    const queue = new QueueFull(counted);
    judged(many(19, true), queue, counted, 0);
    expect(judged(many(19, true), queue, counted, 1_000)).not.toContain(true);
    expect(judged(many(1, true), queue, counted, 1_999)).toEqual([true]);
  });

  test('is judged anew when the clock goes back', () => {
    const counted = { answered: 0 };
    const queue = new QueueFull(counted);
    judged(many(19, true), queue, counted, 3_600_000);
    expect(judged(many(1, true), queue, counted, 0)).toEqual([false]);
  });
});

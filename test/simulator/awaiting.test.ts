import { Awaiting, NO_MESSAGE } from '../../src/simulator/awaiting.ts';

describe('what awaits an answer', () => {
  test('is taken out by its sequence number, once', () => {
    const awaiting = new Awaiting(1);
    expect([awaiting.next(0, 70), awaiting.next(0, 71), awaiting.next(0), awaiting.next(0, NO_MESSAGE)]).toEqual([
      1, 2, 3, 4,
    ]);
    expect(awaiting.waiting).toBe(3);
    expect(awaiting.answered(2)).toBe(71);
    expect(awaiting.answered(2)).toBe(-1);
    expect(awaiting.answered(3)).toBe(-1);
    expect(awaiting.answered(4)).toBe(NO_MESSAGE);
    expect(awaiting.answered(99)).toBe(-1);
    expect(awaiting.answered(1)).toBe(70);
    expect(awaiting.waiting).toBe(0);
  });

  test('is found across the wrap of sequence numbers', () => {
    const awaiting = new Awaiting(0x7ffffffe);
    expect([1, 2, 3].map((place) => awaiting.next(0, place))).toEqual([0x7ffffffe, 0x7fffffff, 1]);
    expect([1, 0x7fffffff, 0x7ffffffe].map((sequence) => awaiting.answered(sequence))).toEqual([3, 2, 1]);
  });

  test('is overdue oldest first', () => {
    const awaiting = new Awaiting(1);
    for (const [sentAt, place] of [
      [10, 1],
      [20, 2],
      [30, 3],
    ] as const) {
      awaiting.next(sentAt, place);
    }
    awaiting.answered(1);
    expect(awaiting.overdue(20)).toBe(2);
    expect(awaiting.overdue(20)).toBe(-1);
    const left: number[] = [];
    awaiting.drain((place) => left.push(place));
    expect(left).toEqual([3]);
  });

  test('is full before the ring closes, and has room again with the first answer', () => {
    const awaiting = new Awaiting(1);
    let sent = 0;
    while (!awaiting.isFull) awaiting.next(0, sent++);
    expect(sent).toBeGreaterThan(15_000);
    awaiting.answered(1);
    expect(awaiting.isFull).toBe(false);
  });
});

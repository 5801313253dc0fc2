import { PduWriter } from '../../src/smpp/pdu-writer.ts';
import { Submissions } from '../../src/smpp/submissions.ts';
import { Pipe, TEMPLATE } from './session-fixture.ts';

function open(inUse: number[]): { submissions: Submissions<string>; writer: PduWriter; told: unknown[] } {
  const told: unknown[] = [];
  const tell = (...what: unknown[]): void => {
    told.push(what);
  };
  const handlers = { onResponse: tell, onLateResponse: tell, onExpired: tell };
  const submissions = new Submissions<string>(4, handlers, (sequence) => inUse.includes(sequence));
  return { submissions, writer: new PduWriter(new Pipe()), told };
}

describe('Submissions', () => {
  test('quirk 37: skip the sequence numbers of other requests, and those in flight', () => {
    const { submissions, writer, told } = open([2, 3]);
    submissions.submit(writer, TEMPLATE, [999123, 999124], ['a', 'b'], 0, 2, 0);
    writer.close();
    expect([1, 2, 3, 4].map((sequence) => submissions.settle(sequence, 0, ''))).toEqual([true, false, false, true]);
    expect(told).toEqual([
      ['a', 0, ''],
      ['b', 0, ''],
    ]);
    expect(submissions.nextSequence()).toBe(5);
  });

  test('quirk 21: write what was begun before the window was narrowed, and no more than it was made for', () => {
    const { submissions, writer } = open([]);
    submissions.limit = 1;
    expect(submissions.room).toBe(1);
    submissions.submit(writer, TEMPLATE, [999123, 999124, 999125], ['a', 'b', 'c'], 0, 3, 0);
    expect([submissions.unanswered, submissions.room]).toEqual([3, 0]);
    expect(() => submissions.submit(writer, TEMPLATE, [999126, 999127], ['d', 'e'], 0, 2, 0)).toThrow(
      expect.objectContaining({ kind: 'invalid', code: 'smpp_window_full', message: 'no room in the window' }),
    );
    writer.close();
  });

  test('keep the number of one that is in flight while the numbers go round its slot', () => {
    const { submissions, writer } = open([]);
    submissions.submit(writer, TEMPLATE, [999123], ['a'], 0, 1, 0);
    writer.close();
    const numbers = Array.from({ length: 20 }, () => submissions.nextSequence());
    expect(new Set(numbers).size).toBe(20);
    expect(numbers).not.toContain(1);
    expect(submissions.settle(1, 0, '')).toBe(true);
  });

  test('quirk 21: a window is one place at least, and what it was made for at most', () => {
    const { submissions, writer } = open([]);
    for (const [limit, room] of [
      [0, 1],
      [-3, 1],
      [3, 3],
      [4, 4],
      [99, 4],
    ] as const) {
      submissions.limit = limit;
      expect([limit, submissions.room]).toEqual([limit, room]);
    }
    writer.close();
  });

  test('a recipient that is no number of 1 to 15 digits is refused before anything is written', () => {
    const { submissions, writer } = open([]);
    for (const wrong of [0, -1, 1e15, Number.NaN]) {
      expect(() => submissions.submit(writer, TEMPLATE, [999123, wrong], ['a', 'b'], 0, 2, 0)).toThrow(
        expect.objectContaining({
          kind: 'invalid',
          code: 'smpp_msisdn',
          message: 'a recipient is not an integer of 1 to 15 digits',
        }),
      );
    }
    expect([submissions.unanswered, writer.queuedBytes]).toEqual([0, 0]);
    submissions.submit(writer, TEMPLATE, [1, 999_999_999_999_999], ['a', 'b'], 0, 2, 0);
    expect(submissions.unanswered).toBe(2);
    writer.close();
  });

  test('nothing at all may be submitted, and takes no place', () => {
    const { submissions, writer } = open([]);
    submissions.submit(writer, TEMPLATE, [], [], 0, 0, 0);
    writer.close();
    expect([submissions.room, submissions.unanswered]).toEqual([4, 0]);
  });
});

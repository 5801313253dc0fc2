import fc from 'fast-check';
import { MAX_SEQUENCE, Sequence } from '../../src/smpp/sequence.ts';
import { NONE, Window } from '../../src/smpp/window.ts';

describe('Sequence', () => {
  test('quirk 37: counts from 1 to 0x7FFFFFFF and on with 1', () => {
    const sequence = new Sequence();
    expect([1, 2, 3].map(() => sequence.next(() => false))).toEqual([1, 2, 3]);
    const last = new Sequence(MAX_SEQUENCE);
    expect([last.next(() => false), last.next(() => false)]).toEqual([0x7fffffff, 1]);
  });

  test('quirk 37: skips numbers in use, over the wrap too', () => {
    const inUse = new Set([MAX_SEQUENCE, 1, 2, 4]);
    const sequence = new Sequence(MAX_SEQUENCE - 1);
    expect([1, 2, 3].map(() => sequence.next((n) => inUse.has(n)))).toEqual([MAX_SEQUENCE - 1, 3, 5]);
  });
});

describe('Window', () => {
  test('gives back the reference of an answer once, in any order', () => {
    const window = new Window<string>(10);
    for (const [i, ref] of ['a', 'b', 'c'].entries()) window.take(i + 1, ref, 0);
    expect([window.answer(2), window.answer(1), window.answer(2), window.answer(9)]).toEqual(['b', 'a', NONE, NONE]);
    expect(window.unansweredRefs()).toEqual(['c']);
  });

  test('holds a place after the answer until it is released', () => {
    const window = new Window<number>(10);
    window.take(1, 0, 0);
    window.take(2, 0, 0);
    window.answer(1);
    expect([window.size, window.unanswered]).toEqual([2, 1]);
    window.release(1);
    expect([window.size, window.unanswered]).toEqual([1, 1]);
  });

  test('refuses to release places that are not answered', () => {
    const window = new Window<number>(10);
    window.take(1, 0, 0);
    expect(() => window.release(1)).toThrow(new RangeError('release of 1 places that are not answered'));
  });

  test('quirk 28: expires the oldest first, and each place is free then', () => {
    const window = new Window<string>(10);
    window.take(1, 'a', 0);
    window.take(2, 'b', 10);
    window.take(3, 'c', 20);
    const expired: string[] = [];
    window.expire(99, 100, (ref) => expired.push(ref));
    expect(expired).toEqual([]);
    window.expire(110, 100, (ref) => expired.push(ref));
    expect(expired).toEqual(['a', 'b']);
    expect([window.size, window.unanswered]).toEqual([1, 1]);
  });

  test('quirk 29: finds the reference of a late response once, and remembers a bounded number', () => {
    const window = new Window<number>(10, 3);
    for (let i = 1; i <= 5; i++) window.take(i, i * 10, 0);
    window.expire(1, 1, () => {});
    expect([1, 2, 3, 4, 5].map((i) => window.answer(i))).toEqual(Array(5).fill(NONE));
    expect([1, 2, 3, 4, 5, 5].map((i) => window.late(i))).toEqual([NONE, NONE, 30, 40, 50, NONE]);
  });

  test('a number used again is no longer late', () => {
    const window = new Window<string>(10);
    window.take(1, 'old', 0);
    window.expire(1, 1, () => {});
    window.take(1, 'new', 2);
    expect([window.late(1), window.answer(1)]).toEqual([NONE, 'new']);
  });

  test('quirk 37: numbers go on around a submission that stays unanswered, and never meet its place', () => {
    const window = new Window<number>(5);
    const sequence = new Sequence();
    const oldest = sequence.next((n) => window.clashes(n));
    window.take(oldest, -1, 0);
    const used: number[] = [];
    for (let i = 0; i < 200; i++) {
      const number = sequence.next((n) => window.clashes(n));
      window.take(number, i, 0);
      expect(window.unansweredRefs()).toEqual([-1, i]);
      expect(window.answer(number)).toBe(i);
      window.release(1);
      used.push(number);
    }
    expect(new Set(used).size).toBe(200);
    expect(window.answer(oldest)).toBe(-1);
  });

  test('skips no number while the window moves on in order', () => {
    const window = new Window<number>(8);
    for (let number = 1; number <= 200; number++) {
      expect(window.clashes(number)).toBe(false);
      window.take(number, number, 0);
      if (number >= 8) {
        expect(window.answer(number - 7)).toBe(number - 7);
        window.release(1);
      }
    }
  });

  test('does not know sequence number 0', () => {
    expect(new Window<number>(10).answer(0)).toBe(NONE);
  });

  test('agrees with a plain map whatever is taken, answered, released and expired', () => {
    const step = fc.record({ do: fc.constantFrom('take', 'answer', 'release', 'expire'), pick: fc.nat(1000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.constantFrom(1, MAX_SEQUENCE - 20), (steps, first) => {
        const capacity = 5;
        const window = new Window<number>(capacity);
        const sequence = new Sequence(first);
        const model = new Map<number, { ref: number; at: number }>();
        let answered = 0;
        for (const [now, { do: what, pick }] of steps.entries()) {
          if (what === 'take' && window.size < capacity) {
            const number = sequence.next((n) => window.clashes(n));
            expect(model.has(number)).toBe(false);
            window.take(number, now, now);
            model.set(number, { ref: now, at: now });
          } else if (what === 'answer' && model.size > 0) {
            const number = [...model.keys()][pick % model.size]!;
            expect(window.answer(number)).toBe(model.get(number)!.ref);
            model.delete(number);
            answered++;
          } else if (what === 'release') {
            window.release(answered);
            answered = 0;
          } else if (what === 'expire') {
            const expired: number[] = [];
            window.expire(now, pick % 50, (ref) => expired.push(ref));
            const expected = [...model].filter(([, { at }]) => now - at >= pick % 50);
            expect(expired).toEqual(expected.map(([, { ref }]) => ref));
            for (const [number] of expected) model.delete(number);
          }
          expect(window.size).toBe(model.size + answered);
          expect(window.unansweredRefs()).toEqual([...model.values()].map(({ ref }) => ref));
        }
      }),
    );
  });
});

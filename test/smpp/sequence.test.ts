import { MAX_SEQUENCE, Sequence } from '../../src/smpp/sequence.ts';

const free = () => false;

describe('the sequence numbers of a session', () => {
  test('begin with 1, and each is one more', () => {
    const sequence = new Sequence();
    expect([1, 2, 3].map(() => sequence.next(free))).toEqual([1, 2, 3]);
  });

  test('begin with 1 again after the last that SMPP 3.4 §5.1.4 allows', () => {
    const sequence = new Sequence(MAX_SEQUENCE - 1);
    expect([1, 2, 3].map(() => sequence.next(free))).toEqual([0x7ffffffe, 0x7fffffff, 1]);
  });

  test('leave out those still in use, also where they begin again', () => {
    const sequence = new Sequence(MAX_SEQUENCE);
    const inUse = new Set([MAX_SEQUENCE, 1, 2, 4]);
    const next = () => sequence.next((number) => inUse.has(number));
    expect([next(), next()]).toEqual([3, 5]);
  });
});

import { TextParts } from '../../src/dispatch/text-parts.ts';

describe('texts of several parts', () => {
  test('are whole at the last of their parts, once, in whatever order they come and however often', () => {
    const parts = new TextParts(2, 3);
    expect([2, 0, 2, 0].map((part) => parts.accept(1, part))).toEqual([false, false, false, false]);
    expect([parts.accept(0, 1), parts.accept(1, 1), parts.accept(1, 1)]).toEqual([false, true, false]);
  });

  test('are never whole after one part was decided, until they are claimed again', () => {
    const parts = new TextParts(1, 2);
    parts.accept(0, 0);
    expect([parts.decide(0), parts.decide(0), parts.accept(0, 1)]).toEqual([true, false, false]);
    parts.begin(0);
    expect([parts.accept(0, 1), parts.accept(0, 0)]).toEqual([false, true]);
  });

  test('of one part are whole with it', () => {
    const parts = new TextParts(1, 1);
    expect([parts.accept(0, 0), parts.decide(0), parts.decide(0)]).toEqual([true, true, true]);
    parts.begin(0);
  });
});

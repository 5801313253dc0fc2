import { luaMutants } from './lua-mutants.ts';

const afterOf = (source: string): string[] => luaMutants(source).map(({ after }) => after);

describe('mutants of a script', () => {
  test('change one line each, and leave the others as they are', () => {
    const source = 'local a = 1\nif a < 2 then\n  a = a + 1\nend\nreturn a';
    for (const { line, before, source: changed } of luaMutants(source)) {
      const [old, now] = [source.split('\n'), changed.split('\n')];
      expect(now).toHaveLength(old.length);
      expect(old.filter((text, i) => text !== now[i])).toEqual([old[line - 1]]);
      expect(old[line - 1]!.trim()).toBe(before);
    }
  });

  test('turn comparisons round, move their edge, and take conditions for false and true', () => {
    expect(afterOf('if a < b then return end')).toEqual([
      'if a <= b then return end',
      'if a >= b then return end',
      'if false then return end',
      'if true then return end',
    ]);
    expect(afterOf('while a ~= b do')).toEqual(['while a == b do', 'while false do']);
  });

  test('negate what is no comparison, and swap and, or and not', () => {
    expect(afterOf('if a or not b then')).toEqual([
      'if a and not b then',
      'if a or  b then',
      'if not (a or not b) then',
      'if false then',
      'if true then',
    ]);
  });

  test('move whole numbers by one, but neither keys nor arguments', () => {
    expect(afterOf("local x = redis.call('GET', KEYS[1], ARGV[2], 7)")).toEqual([
      "local x = redis.call('GET', KEYS[1], ARGV[2], (8))",
      "local x = redis.call('GET', KEYS[1], ARGV[2], (6))",
    ]);
  });

  test('leave out statements, but neither declarations nor lines that open or close a block', () => {
    expect(afterOf('put(x)')).toEqual(['']);
    expect(afterOf('local x = y')).toEqual([]);
    expect(afterOf('end')).toEqual([]);
    expect(afterOf('for i = a, b do')).toEqual([]);
    expect(afterOf('call({')).toEqual([]);
  });

  test('change no comment and no word in quotes', () => {
    expect(afterOf('-- 1 < 2 and 3')).toEqual([]);
    expect(afterOf("local x = 'a - 1' -- 2 + 2")).toEqual([]);
  });
});

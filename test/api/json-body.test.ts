import { jsonBreaksAt, parseJson } from '../../src/api/json-body.ts';

const parse = (text: string) => () => parseJson(Buffer.from(text));

describe('JSON bodies', () => {
  test('valid JSON is read as it is', () => {
    expect(parseJson(Buffer.from('{"a":[1,"é",null,true,-1.5e3]}'))).toEqual({ a: [1, 'é', null, true, -1500] });
  });

  test.each([
    ['{"a":}', 5],
    ['{"a" 1}', 5],
    ['{"a":1,}', 7],
    ['{a:1}', 1],
    ['[1,2', 4],
    ['', 0],
    ['   ', 3],
    ['{"a":"x', 7],
    ['{"a":"x\ny"}', 7],
    ['{"a":"\\q"}', 6],
    ['[1] 2', 4],
    ['[01]', 2],
    ['[1.]', 2],
    ["{'a':1}", 1],
    ['{"a":tru}', 5],
    ['[,1]', 1],
    ['{"a":1 "b":2}', 7],
    ['{]', 1],
    ['[}', 1],
    ['{"a":undefined}', 5],
  ])('%j breaks at offset %i', (text, offset) => {
    expect(jsonBreaksAt(text)).toBe(offset);
    expect(parse(text)).toThrow(expect.objectContaining({ code: 'malformed_json' }));
  });

  test('what is nested deeper than 32 is refused before anything walks through it, at its place', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parse(nested(32))).not.toThrow();
    expect(parse(nested(33))).toThrow(
      expect.objectContaining({ code: 'too_deep', faults: [{ at: 'line 1, column 33', message: expect.any(String) }] }),
    );
    expect(parse('{"a":'.repeat(500_000))).toThrow(expect.objectContaining({ code: 'too_deep' }));
    expect(parse(JSON.stringify({ text: '[{'.repeat(100), quote: '\\"[[' }))).not.toThrow();
  });

  test('a mebibyte of quotes and backslashes is read through once', () => {
    const startedMs = performance.now();
    expect(parse(`"${'\\\\"'.repeat(350_000)}`)).toThrow();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  test('a name like __proto__ changes nothing of what other objects have', () => {
    const value = parseJson(Buffer.from('{"__proto__":{"role":"admin"},"a":{}}')) as { a: { role?: string } };
    expect(value.a.role).toBeUndefined();
    expect(({} as { role?: string }).role).toBeUndefined();
  });

  test('the fault names line and column, both from 1', () => {
    expect(parse('{\n  "event": "x",\n  "status" "Test"\n}')).toThrow(
      expect.objectContaining({ faults: [{ at: 'line 3, column 12', message: 'The JSON breaks here' }] }),
    );
  });

  test('a text that ends too early says so', () => {
    expect(parse('{"a":1')).toThrow(
      expect.objectContaining({ faults: [{ at: 'line 1, column 7', message: 'The JSON ends too early' }] }),
    );
  });

  test('the text itself is not repeated in the error', () => {
    expect(parse('{"msisdn": 33639980001 x}')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('33639980001') as string }),
    );
  });

  test('bytes that are not UTF-8 are refused', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xe9, 0x22]))).toThrow(expect.objectContaining({ code: 'not_utf8' }));
  });

  test.each([
    ['"\\ud83d\\ude00"', '😀'],
    ['"\\\\ud83d"', '\\ud83d'],
    ['"\\u00e9\\ud83d\\ude00\\n"', 'é😀\n'],
  ])('the escapes of %s make whole characters', (text, expected) => {
    expect(parseJson(Buffer.from(text))).toBe(expected);
  });

  test.each([
    ['{"a":"\\ud800"}', 7],
    ['{"\\udc00":1}', 3],
    ['"\\ud83d \\ude00"', 2],
    ['"\\ud83d\\ud83d\\ude00"', 2],
    ['"\\ud83d\\ude00\\ude00"', 14],
    ['"\\ud83d\\n"', 2],
  ])('half a character in %s is refused, by its place', (text, column) => {
    expect(parse(text)).toThrow(
      expect.objectContaining({
        code: 'lone_surrogate',
        faults: [{ at: `line 1, column ${column}`, message: 'is half of a surrogate pair' }],
      }),
    );
  });

  test('nesting without end is found without a stack', () => {
    const deep = '['.repeat(500_000);
    expect(jsonBreaksAt(deep)).toBe(500_000);
  });

  test('the scanner agrees with JSON.parse on what is valid', () => {
    const texts = [
      '1',
      '"a"',
      '{}',
      '[]',
      '[[],{}]',
      '{"a":{"b":[1,2,{"c":null}]}}',
      '-0.0e-1',
      '"\\u00e9\\n"',
      ' [ 1 , 2 ] ',
    ];
    for (const text of texts) {
      expect(() => JSON.parse(text) as unknown).not.toThrow();
      expect(jsonBreaksAt(text)).toBe(text.length);
    }
  });
});

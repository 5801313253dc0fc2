import fc from 'fast-check';
import { parseBehaviour } from '../../src/simulator/behaviour.ts';
import { ID_FORMATS } from '../../src/simulator/behaviour-submissions.ts';
import { firstId, idWriter, serialOf } from '../../src/simulator/message-ids.ts';

describe('message ids', () => {
  test.each([
    ['decimal', 0, '255'],
    ['decimal', 10, '0000000255'],
    ['hex', 0, 'ff'],
    ['hexUpper', 8, '000000FF'],
    ['uuid', 0, '00000000-0000-4000-8000-0000000000ff'],
    ['uuidUpper', 0, '00000000-0000-4000-8000-0000000000FF'],
  ] as const)('%s padded to %i', (format, padTo, id) => {
    expect(idWriter({ format, padTo }, 250n)(5)).toBe(id);
  });

  test('go beyond 53 bits without rounding', () => {
    const first = 9_223_372_036_854_700_000n;
    expect(idWriter({ format: 'decimal', padTo: 0 }, first)(1)).toBe('9223372036854700001');
    expect(idWriter({ format: 'hex', padTo: 0 }, first)(1)).toBe((first + 1n).toString(16));
  });

  test('are read back to their serial, in every format', () => {
    const first = fc.bigInt({ min: 1n, max: (1n << 63n) - 1n });
    const serial = fc.integer({ min: 0, max: 1e9 });
    fc.assert(
      fc.property(fc.constantFrom(...ID_FORMATS), fc.nat(20), first, serial, (format, padTo, start, number) => {
        const shape = { format, padTo };
        const id = idWriter(shape, start)(number);
        expect(serialOf(id, shape, start)).toBe(number);
        expect(serialOf(id.toLowerCase(), shape, start)).toBe(number);
      }),
    );
  });

  test('that are none of ours have no serial', () => {
    const shape = { format: 'decimal', padTo: 0 } as const;
    for (const id of ['', 'abc', '99', '1e3', '9'.repeat(70)]) expect(serialOf(id, shape, 100n)).toBeUndefined();
  });

  test('start from the clock, so that a restart gives others', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(firstId(null, now + 1000) - firstId(null, now)).toBe(1_000_000n);
    expect(firstId('42', now)).toBe(42n);
  });

  test('are decimal unless told otherwise', () => {
    expect(parseBehaviour({}).messageIds).toEqual({
      response: { format: 'decimal', padTo: 0 },
      receipt: null,
      first: null,
    });
  });
});

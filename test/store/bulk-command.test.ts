import fc from 'fast-check';
import { hmgetIntegers, hsetIntegers } from '../../src/store/bulk-command.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

let store: Store;
let close: () => Promise<void>;
let key: string;
let count = 0;

beforeAll(async () => {
  ({ store, close } = await testStore());
});

afterAll(() => close());

beforeEach(() => {
  count += 1;
  key = `${store.prefix}{bulk}:${count}`;
});

const BOUNDS = [0, 9, 10, 99_999_999, 100_000_000, 2 ** 31, 999_999_999_999_999, Number.MAX_SAFE_INTEGER];

describe('integers of a hash, many at once', () => {
  test.each(BOUNDS)('%d is written as the client writes it, and read as it is', async (value) => {
    await hsetIntegers(store.redis, key, ['a'], [value]);
    expect(await store.redis.hget(key, 'a')).toBe(String(value));
    expect(await hmgetIntegers(store.redis, key, ['a'])).toEqual([value]);
  });

  test('any fields and values, whatever their characters, as the client itself writes and reads them', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ maxLength: 40 }));
    const entries = fc.uniqueArray(fc.tuple(text, fc.maxSafeNat()), { selector: ([field]) => field, minLength: 1 });
    await fc.assert(
      fc.asyncProperty(entries, async (pairs) => {
        await store.redis.del(key);
        const fields = pairs.map(([field]) => field);
        const values = pairs.map(([, value]) => value);
        await hsetIntegers(store.redis, key, fields, values);
        expect(await store.redis.hmget(key, ...fields)).toEqual(values.map(String));
        expect(await hmgetIntegers(store.redis, key, fields)).toEqual(values);
        expect(await store.redis.hlen(key)).toBe(fields.length);
      }),
      { numRuns: 100 },
    );
  });

  test('null where there is no such field, and no such key', async () => {
    await hsetIntegers(store.redis, key, ['a'], [1]);
    expect(await hmgetIntegers(store.redis, key, ['b', 'a', 'c'])).toEqual([null, 1, null]);
    expect(await hmgetIntegers(store.redis, `${key}-none`, ['a'])).toEqual([null]);
  });

  test('more than fits into the room that there was', async () => {
    const fields = Array.from({ length: 20_000 }, (_, i) => `${'é'.repeat(20)}${i}`);
    const values = fields.map((_, i) => i);
    await hsetIntegers(store.redis, key, fields, values);
    expect(await hmgetIntegers(store.redis, key, fields)).toEqual(values);
  });

  test('commands of one turn keep their order, and each its own octets', async () => {
    const [first, second, read] = [
      hsetIntegers(store.redis, key, ['a', 'b'], [1, 2]),
      hsetIntegers(store.redis, key, ['a'], [3]),
      hmgetIntegers(store.redis, key, ['a', 'b']),
    ];
    await Promise.all([first, second]);
    expect(await read).toEqual([3, 2]);
  });

  test('what Redis refuses is told', async () => {
    await store.redis.set(key, 'text');
    await expect(hsetIntegers(store.redis, key, ['a'], [1])).rejects.toThrow('WRONGTYPE');
    await expect(hmgetIntegers(store.redis, key, ['a'])).rejects.toThrow('WRONGTYPE');
  });
});

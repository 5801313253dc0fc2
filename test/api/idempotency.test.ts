import {
  type Attempt,
  idempotencyKey,
  type KeptReply,
  once,
  printOf,
  REPLY_KEPT_MS,
} from '../../src/api/idempotency.ts';
import type { Store } from '../../src/store/connection.ts';
import { testStore } from '../support/redis.ts';

const REPLY: KeptReply = { status: 201, headers: { ETag: '"1"' }, body: '{"secret":"tocsin_x"}' };
const ATTEMPT: Attempt = {
  caller: 'k1',
  token: 'tocsin_k1_secret',
  key: 'abc',
  print: printOf(['post', '/v1/x', '{}']),
};

describe('Idempotency-Key', () => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await testStore());
  });
  afterAll(() => close());
  beforeEach(async () => {
    const names = await store.redis.keys(`${store.prefix}*`);
    if (names.length > 0) await store.redis.del(...names);
  });
  const only = async () => (await store.redis.keys(`${store.prefix}*`))[0] ?? '';

  test.each([
    ['abc', 'abc'],
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    [undefined, undefined],
  ])('the header %j is the key %j', (header, key) => {
    expect(idempotencyKey(header)).toBe(key);
  });

  test.each(['', '""', 'a b', 'é', 'x'.repeat(256)])('the header %j is refused', (header) => {
    expect(() => idempotencyKey(header)).toThrow(expect.objectContaining({ code: 'invalid_idempotency_key' }));
  });

  test('the print tells where one part ends and the next begins', () => {
    expect(printOf(['a', 'bc'])).not.toBe(printOf(['ab', 'c']));
  });

  test('the second attempt gets the first reply, and the act runs once', async () => {
    let runs = 0;
    const act = async () => {
      runs += 1;
      return REPLY;
    };
    expect(await once(store, ATTEMPT, act)).toEqual({ reply: REPLY, replayed: false });
    expect(await once(store, ATTEMPT, act)).toEqual({ reply: REPLY, replayed: true });
    expect(runs).toBe(1);
  });

  test('another request under the same key is refused', async () => {
    await once(store, ATTEMPT, async () => REPLY);
    const other = { ...ATTEMPT, print: printOf(['post', '/v1/x', '{"a":1}']) };
    await expect(once(store, other, async () => REPLY)).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  test('while the first runs the second is told so, and another request that the key is taken', async () => {
    let finish = (_reply: KeptReply): void => {};
    let started = (): void => {};
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    const first = once(store, ATTEMPT, () => {
      started();
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    await running;
    await expect(once(store, ATTEMPT, async () => REPLY)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'idempotency_key_in_use',
    });
    const other = { ...ATTEMPT, print: 'other' };
    await expect(once(store, other, async () => REPLY)).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    finish(REPLY);
    expect(await first).toMatchObject({ replayed: false });
  });

  test('a refused call frees its key, so that the mended request may use it', async () => {
    const refused = once(store, ATTEMPT, () => Promise.reject(new Error('refused')));
    await expect(refused).rejects.toThrow('refused');
    const mended = { ...ATTEMPT, print: 'mended' };
    expect(await once(store, mended, async () => REPLY)).toMatchObject({ replayed: false });
  });

  test('two callers never meet under one key', async () => {
    await once(store, ATTEMPT, async () => REPLY);
    const other = { ...ATTEMPT, caller: 'k2', token: 'tocsin_k2_secret' };
    expect(await once(store, other, async () => ({ ...REPLY, body: 'mine' }))).toMatchObject({ replayed: false });
  });

  test('replies are kept a day, and a claim of a dead process five seconds', async () => {
    let claimMs = 0;
    await once(store, ATTEMPT, async () => {
      claimMs = await store.redis.pttl(await only());
      return REPLY;
    });
    expect(claimMs).toBeGreaterThan(3_000);
    expect(claimMs).toBeLessThanOrEqual(5_000);
    const keptMs = await store.redis.pttl(await only());
    expect(keptMs).toBeGreaterThan(REPLY_KEPT_MS - 10_000);
    expect(REPLY_KEPT_MS).toBe(86_400_000);
  });

  test('a claim of a dead process is free soon though the clock of Redis was set back since', async () => {
    let again: unknown;
    await once(store, ATTEMPT, async () => {
      await store.redis.pexpire(await only(), 3_600_000);
      again = await once(store, ATTEMPT, async () => REPLY).catch((error: unknown) => error);
      expect(await store.redis.pttl(await only())).toBeLessThanOrEqual(5_000);
      return REPLY;
    });
    expect(again).toMatchObject({ code: 'idempotency_key_in_use' });
    expect(await store.redis.pttl(await only())).toBeGreaterThan(REPLY_KEPT_MS - 10_000);
    await once(store, ATTEMPT, async () => REPLY);
    expect(await store.redis.pttl(await only())).toBeGreaterThan(REPLY_KEPT_MS - 10_000);
  });

  test('what is kept cannot be read without the caller’s token', async () => {
    await once(store, ATTEMPT, async () => REPLY);
    const held = (await store.redis.get(await only())) ?? '';
    expect(held).not.toContain('secret');
    expect(Buffer.from((JSON.parse(held) as { sealed: string }).sealed, 'base64').toString('latin1')).not.toContain(
      'secret',
    );
    await expect(once(store, { ...ATTEMPT, token: 'another' }, async () => REPLY)).rejects.toThrow();
  });
});

import { Deadline } from '../../src/dispatch/deadline.ts';

describe('a deadline', () => {
  test('is met by what is over before it, and by nothing', async () => {
    const deadline = new Deadline(5_000);
    await expect(deadline.met(Promise.resolve())).resolves.toBe(true);
    await expect(deadline.met(undefined)).resolves.toBe(true);
    expect(deadline.leftMs).toBeGreaterThan(4_000);
  });

  test('is not waited past, less what is reserved for those that follow', async () => {
    const deadline = new Deadline(200);
    const never = new Promise(() => {});
    await expect(deadline.met(never, 150)).resolves.toBe(false);
    expect(deadline.leftMs).toBeGreaterThan(50);
    await expect(deadline.met(never)).resolves.toBe(false);
    expect(deadline.leftMs).toBeLessThan(30);
    await expect(deadline.met(never)).resolves.toBe(false);
  });

  test('passes on a failure in time, and is not disturbed by one that comes late', async () => {
    let fail = (_error: Error) => {};
    const late = new Promise<void>((_done, refuse) => {
      fail = refuse;
    });
    await expect(new Deadline(1_000).met(Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    await expect(new Deadline(5).met(late)).resolves.toBe(false);
    fail(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});

import { Requests } from '../../src/smpp/requests.ts';

const failure = (answer: Promise<number>): Promise<unknown> =>
  answer.then(
    (status) => status,
    ({ kind, code, message }: { kind: string; code: string; message: string }) => ({ kind, code, message }),
  );

describe('requests that wait for a response', () => {
  test('get its status, once', async () => {
    const requests = new Requests();
    expect(requests.has(7)).toBe(false);
    const answer = requests.start(7, 100);
    expect([requests.has(7), requests.has(8)]).toEqual([true, false]);
    expect([requests.settle(8, 0), requests.settle(7, 0x11), requests.settle(7, 0)]).toEqual([false, true, false]);
    expect(await answer).toBe(0x11);
    expect(requests.has(7)).toBe(false);
  });

  test('are given up each at its own deadline, not before', async () => {
    const requests = new Requests();
    const [early, late] = [failure(requests.start(1, 100)), failure(requests.start(2, 200))];
    requests.expire(99);
    expect(requests.has(1)).toBe(true);
    requests.expire(100);
    expect([requests.has(1), requests.has(2)]).toEqual([false, true]);
    expect(await early).toEqual({
      kind: 'unavailable',
      code: 'smpp_no_answer',
      message: 'the SMSC did not answer in time',
    });
    requests.settle(2, 0);
    expect(await late).toBe(0);
  });

  test('fail all together when the session closes', async () => {
    const requests = new Requests();
    const waiting = [failure(requests.start(1, 100)), failure(requests.start(2, 200))];
    requests.fail();
    const closed = { kind: 'unavailable', code: 'smpp_closed', message: 'the session closed before the answer' };
    expect(await Promise.all(waiting)).toEqual([closed, closed]);
    expect([requests.has(1), requests.settle(1, 0)]).toEqual([false, false]);
  });
});

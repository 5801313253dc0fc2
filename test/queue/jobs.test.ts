import fc from 'fast-check';
import { SEVERITIES } from '../../src/notices/notice.ts';
import {
  batchJobId,
  batchJobSchema,
  batchPriority,
  controlChannel,
  controlMessageSchema,
  isControlMessage,
} from '../../src/queue/jobs.ts';

const LAST_RANK = 4;
const lane = fc.integer({ min: 1, max: 30_000 });

/** The lanes of the batches in the order they run. */
function runOrder(sizes: readonly number[]): number[] {
  const jobs = sizes.flatMap((size, of) =>
    Array.from({ length: size }, (_, i) => ({ of, priority: batchPriority(1, i, size) })),
  );
  return jobs.sort((a, b) => a.priority - b.priority).map(({ of }) => of);
}

describe('the priority of a batch', () => {
  test('is one that the queue knows', () => {
    fc.assert(
      fc.property(fc.nat(LAST_RANK), lane, fc.nat(), (rank, size, n) => {
        const priority = batchPriority(rank, n % size, size);
        expect(Number.isInteger(priority)).toBe(true);
        expect(priority).toBeGreaterThanOrEqual(1);
        expect(priority).toBeLessThan(2 ** 21);
      }),
    );
  });

  test('is decided by severity first: the last batch of a graver broadcast runs before the first of any other', () => {
    fc.assert(
      fc.property(lane, lane, fc.nat(LAST_RANK - 1), (a, b, rank) => {
        const graver = batchPriority(rank, a - 1, a);
        expect(graver).toBeLessThan(batchPriority(rank + 1, 0, b));
      }),
    );
  });

  test('lets the batches of a lane run in their order', () => {
    fc.assert(
      fc.property(lane, fc.nat(), fc.nat(), (size, a, b) => {
        const [first, second] = [a % size, b % size].sort((x, y) => x - y);
        const order = batchPriority(3, first!, size) - batchPriority(3, second!, size);
        expect(order).toBeLessThanOrEqual(0);
        if (first !== second) expect(order).toBeLessThan(0);
      }),
    );
  });

  test('lets all lanes advance together: they are never further apart than a batch of each', () => {
    const sizes = fc.array(fc.integer({ min: 2, max: 60 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(sizes, (lanes) => {
        const done = lanes.map(() => 0);
        for (const of of runOrder(lanes)) {
          done[of]! += 1;
          const least = lanes.map((size, i) => (done[i]! - 1) / size);
          const most = lanes.map((size, i) => (done[i]! + 1) / size);
          expect(Math.max(...least)).toBeLessThanOrEqual(Math.min(...most) + 1e-5);
        }
      }),
    );
  });

  test('never leaves a small region behind a large one', () => {
    const order = runOrder([2_500, 1, 900, 3]);
    expect(order.indexOf(1)).toBeLessThan(4);
    expect(order.indexOf(3)).toBeLessThan(4);
  });
});

describe('a job', () => {
  test('has the same id each time it is made, and another than every other batch', () => {
    expect(batchJobId({ broadcast: 1, batch: 23 })).toBe(batchJobId({ broadcast: 1, batch: 23 }));
    expect(batchJobId({ broadcast: 1, batch: 23 })).not.toBe(batchJobId({ broadcast: 12, batch: 3 }));
    // The queue takes ids with a colon for something else.
    expect(batchJobId({ broadcast: 1, batch: 23 })).not.toContain(':');
  });

  test('holds ids and a rank, and refuses whatever else is put in', () => {
    const job = { broadcast: 1, batch: 0, rank: 0 };
    expect(batchJobSchema.parse(job)).toEqual(job);
    for (const wrong of [
      { ...job, msisdn: 1 },
      { ...job, text: 'x' },
      { ...job, batch: -1 },
      { ...job, rank: 5 },
      {},
    ]) {
      expect(batchJobSchema.safeParse(wrong).success).toBe(false);
    }
  });

  test('has a rank for each of the severities of CAP, gravest first', () => {
    expect(SEVERITIES).toEqual(['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown']);
    expect(SEVERITIES.indexOf('Unknown')).toBe(LAST_RANK);
  });
});

describe('the control channel', () => {
  test('is one for each prefix and carries the number of a broadcast', () => {
    expect(controlChannel('a:')).not.toBe(controlChannel('b:'));
    expect(controlMessageSchema.parse({ broadcast: 3 })).toEqual({ broadcast: 3 });
    expect(controlMessageSchema.safeParse({ broadcast: '3' }).success).toBe(false);
  });

  test.each([
    ['{"broadcast":3}', true],
    ['{"halt":true}', true],
    ['{"reconnect":"*"}', true],
    ['{"halt":"yes"}', false],
    ['{"reconnect":""}', false],
    ['{"broadcast":3,"halt":true}', false],
    ['{"broad', false],
    ['', false],
    ['null', false],
  ])('takes %s: %s, and never throws for what else may come', (text, taken) => {
    expect(isControlMessage(text)).toBe(taken);
  });
});

import fc from 'fast-check';
import { BATCH_SIZE, countBatches, laneOfBatch, ledgerBatch, ledgerBatches } from '../../src/broadcasts/broadcast.ts';
import { type AudienceGroup, enqueue, planLanes } from '../../src/broadcasts/plan.ts';
import type { BatchQueue, PrioritisedBatch } from '../../src/queue/batch-queue.ts';
import type { Store } from '../../src/store/connection.ts';
import type { Rendering } from '../../src/templates/rendering.ts';
import { testStore } from '../support/redis.ts';
import { aRendering, aRoute, GROUPS, onRoutes, storeBroadcast } from './builders.ts';

const store = { prefix: 't:' } as Store;
const lanesOf = (renderings: readonly Rendering[], groups: readonly AudienceGroup[], route = aRoute()) =>
  planLanes(renderings, groups, () => onRoutes(route.id), [route]);
const RENDERINGS = [aRendering('2A', 'fr'), aRendering('35', 'en'), aRendering('35', 'fr')];

describe('planning lanes', () => {
  test('makes one for each rendering that has recipients, batch after batch', () => {
    const { lanes } = lanesOf([...RENDERINGS, aRendering('974', 'fr')], GROUPS);
    expect(
      lanes.map(({ no, region, language, recipients, firstBatch, batches }) => [
        no,
        `${region} ${language}`,
        recipients,
        firstBatch,
        batches,
      ]),
    ).toEqual([
      [0, '2A fr', 3, 0, 1],
      [1, '35 en', 1_000, 1, 1],
      [2, '35 fr', 2_500, 2, 3],
    ]);
  });

  test('leaves out groups whose region the notice does not name', () => {
    const { lanes } = lanesOf([aRendering('2A', 'fr')], GROUPS);
    expect(lanes.map(({ region }) => region)).toEqual(['2A']);
  });

  test('keeps the approved rendering as it is', () => {
    const { lanes } = lanesOf(RENDERINGS, GROUPS);
    expect(lanes.map(({ rendering }) => rendering)).toEqual(RENDERINGS);
  });

  test.each([
    ['each', 'udh', 3],
    ['each', 'sar', 3],
    ['last', 'udh', 1],
    ['each', 'payload', 1],
  ] as const)('waits for the receipts that the route gives: %s by %s is %i', (segments, concatenation, parts) => {
    const route = aRoute({ receipts: { segments }, concatenation });
    const { lanes } = lanesOf([aRendering('2A', 'fr', { segments: 3 })], GROUPS, route);
    expect(lanes[0]?.parts).toBe(parts);
  });

  test('rule 7: every recipient is in exactly one slot of one batch', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        const renderings = sizes.map((_, i) => aRendering(String(i + 10), 'fr'));
        const groups = sizes.map((recipients, i) => ({ region: String(i + 10), language: 'fr', recipients }));
        const plan = lanesOf(renderings, groups);
        const batches = plan.lanes.flatMap((lane) => [...ledgerBatches(store, 1, lane)]);
        expect(batches.map(({ batch }) => batch)).toEqual(batches.map((_, i) => i));
        expect(countBatches(plan)).toBe(batches.length);
        expect(batches.reduce((sum, { size }) => sum + size, 0)).toBe(sizes.reduce((sum, size) => sum + size, 0));
        for (const { size } of batches) expect(size > 0 && size <= BATCH_SIZE).toBe(true);
        for (const { batch, lane, size } of batches) {
          const found = laneOfBatch(plan, batch);
          expect(found.no).toBe(lane);
          expect(ledgerBatch(store, 1, found, batch)).toMatchObject({ batch, lane, size });
        }
      }),
    );
  });

  test('knows no batch beyond the last', () => {
    const plan = lanesOf(RENDERINGS, GROUPS);
    for (const batch of [5, -1]) {
      expect(() => laneOfBatch(plan, batch)).toThrow(expect.objectContaining({ code: 'unknown_batch' }));
    }
    expect(() => laneOfBatch({ lanes: [] }, 0)).toThrow(expect.objectContaining({ kind: 'not-found' }));
    expect(countBatches({ lanes: [] })).toBe(0);
  });
});

describe('adding the jobs of lanes', () => {
  let real: Store;
  let close: () => Promise<void>;
  let added: PrioritisedBatch[];
  const queue = { add: async (jobs: readonly PrioritisedBatch[]) => void added.push(...jobs) } as unknown as BatchQueue;

  beforeAll(async () => {
    ({ store: real, close } = await testStore());
  });
  afterAll(() => close());
  beforeEach(() => {
    added = [];
  });

  test('adds those first that run first, all lanes in turn', async () => {
    const { broadcast, plan } = await storeBroadcast(real, { no: 1 });
    expect(await enqueue(() => queue, broadcast, plan.lanes)).toBe(5);
    expect(added.map(({ batch }) => batch)).toEqual([0, 1, 2, 3, 4]);
    expect(added.map(({ priority }) => priority)).toEqual(
      [...added.map(({ priority }) => priority)].sort((a, b) => a - b),
    );
    expect(added.every(({ broadcast: no, rank }) => no === 1 && rank === 1)).toBe(true);
  });

  describe('of lanes with several routes', () => {
    const routes = {
      share: [
        { route: 'a', weight: 1 },
        { route: 'b', weight: 1 },
      ],
      standBy: ['c'],
    };
    const jobsByQueue = async (no: number, known: readonly string[]) => {
      const jobs: Record<string, number[]> = Object.fromEntries(known.map((id) => [id, []]));
      const queues = new Map(
        known.map((id) => {
          const add = async (some: readonly PrioritisedBatch[]) =>
            void jobs[id]!.push(...some.map(({ batch }) => batch));
          return [id, { add } as unknown as BatchQueue];
        }),
      );
      const { broadcast, plan } = await storeBroadcast(real, { no, routes });
      expect(await enqueue((id) => queues.get(id), broadcast, plan.lanes)).toBe(5);
      return jobs;
    };

    test('puts each into the queue of its home', async () => {
      expect(await jobsByQueue(3, ['a', 'b', 'c'])).toEqual({ a: [0, 2, 4], b: [1, 3], c: [] });
    });

    test('puts those whose home is in no routes file any more into the queue of the next route', async () => {
      expect(await jobsByQueue(4, ['b', 'c'])).toEqual({ b: [0, 1, 2, 3, 4], c: [] });
      expect(await jobsByQueue(5, ['c'])).toEqual({ c: [0, 1, 2, 3, 4] });
    });
  });

  test('leaves out lanes that are not released and batches that are done', async () => {
    const { broadcast, plan } = await storeBroadcast(real, { no: 2 });
    const done = new Set([3]);
    const wanted = (batch: number) => !done.has(batch);
    expect(await enqueue(() => queue, broadcast, [plan.lanes[2]!], wanted)).toBe(2);
    expect(added.map(({ batch }) => batch)).toEqual([2, 4]);
  });
});

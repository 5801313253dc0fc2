/** The pump between a ledger, a pacer and a link that a test holds in its hands: what has to be before a byte is written. */
import { BatchRun } from '../../src/dispatch/batch-run.ts';
import type { Due } from '../../src/dispatch/dues.ts';
import { Feed } from '../../src/dispatch/feed.ts';
import { laneTemplates } from '../../src/dispatch/lane-texts.ts';
import { Pump, type PumpDeps } from '../../src/dispatch/pump.ts';
import { Slots } from '../../src/ledger/slots.ts';
import { stateOf } from '../../src/ledger/states.ts';
import { aRoute, batchesOf, blocksOf, happen, storeBroadcast } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';
import { aRun, pending } from './builders.ts';
import { LONG_TEXT } from './harness.ts';

const GRANTED = Buffer.alloc(8, 1);
const STALE_MS = 700;

interface Given {
  claim: () => Promise<Buffer | null>;
  due: () => Promise<void>;
  /** The region has no cap without it. */
  dueInRegion: () => Promise<void>;
  /** What the pacer says of the segments used; all due at once without it. */
  dues: readonly Due[];
  confirm: (run: BatchRun) => Promise<void>;
  lookedAt: () => number;
  /** Segments that the pacer grants, places of the link, segments that are due in the region. */
  segments: number;
  room: number;
  dueOfRegion: number;
  window: number;
  /** Before the pacer grants anything. */
  take: () => Promise<void>;
  /** The ledger's own; by default one that grants everything. */
  slots: Slots;
}

describe('a pump', () => {
  const pumps: Pump[] = [];
  afterEach(async () => {
    for (const pump of pumps.splice(0)) await pump.stop();
  });

  /** Pumps a run; `steps` says what was done, in its order. */
  function pumping(run: BatchRun, given: Partial<Given> = {}) {
    const { segments = 100, dueOfRegion = Number.POSITIVE_INFINITY } = given;
    const steps: string[] = [];
    const told = { submitted: [] as number[], givenBack: [] as number[] };
    const step = (name: string, act: (() => Promise<void>) | undefined) => async () => {
      await act?.();
      steps.push(name);
    };
    let room = given.room ?? 50;
    const link = {
      ...{ inFlight: 0, open: true },
      get room(): number {
        return link.open ? room : 0;
      },
      reserve: (places: number) => {
        room -= places;
      },
      unreserve: (places: number) => {
        room += places;
      },
      submit: (_template: unknown, _to: unknown, _at: unknown, first: number, last: number) =>
        steps.push(`write ${first}-${last}`),
    };
    const feed = new Feed();
    feed.add(run);
    const deps = {
      slots: given.slots ?? {
        claim: async (_batch: unknown, _epoch: number, first: number, last: number) => {
          steps.push(`claim ${first}-${last}`);
          return given.claim ? given.claim() : GRANTED.subarray(first, last + 1);
        },
        apply: step('put back', undefined),
      },
      feed,
      pacer: {
        take: async (_least: number, most: number) => {
          await given.take?.();
          return { segments: Math.min(segments, most), dues: [] as Due[] };
        },
        giveBack: (grant: { segments: number }) => told.givenBack.push(grant.segments),
        unused: (segments: number) => steps.push(`unused ${segments}`),
        use: (_grant: unknown, used: number): readonly Due[] => given.dues ?? [{ segments: used, at: 0 }],
        moment: (at: number) => step(given.dues ? `due ${at}` : 'due', given.due),
      },
      gates: {
        due: () => dueOfRegion,
        want: () => {},
        use: (_region: string, segments: number) =>
          given.dueInRegion && {
            dues: [{ segments, at: 0 }],
            moment: () => step('due in its region', given.dueInRegion),
          },
        unused: (_region: string, count: number) => steps.push(`unused in its region ${count}`),
      },
      links: [link],
      window: () => given.window ?? 50,
      now: () => 0,
      confirm: async (of: BatchRun) => {
        steps.push('confirm');
        await given.confirm?.(of);
      },
      lookedAt: given.lookedAt ?? (() => performance.now()),
      onSubmitted: (_run: BatchRun, count: number) => told.submitted.push(count),
      onStoreFault: () => steps.push('fault'),
    };
    const pump = new Pump(deps as unknown as PumpDeps);
    pumps.push(pump);
    pump.start();
    const until = (name: string) => waitFor(() => steps.includes(name));
    return { steps, told, link, until, pump };
  }

  /** Something that takes until a test lets it go on. */
  function held<T>() {
    let goOn!: (value: T) => void;
    const promise = new Promise<T>((resolve) => {
      goOn = resolve;
    });
    return { act: () => promise, goOn };
  }
  const turns = async () => {
    for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  test('rule 1: writes nothing before the claim is durable, and then only what it was granted', async () => {
    const run = aRun(pending(8));
    const claim = held<Buffer>();
    const { steps, until } = pumping(run, { claim: claim.act });
    await until('claim 0-7');
    await turns();
    expect(steps).toEqual(['claim 0-7']);
    claim.goOn(Buffer.from([1, 1, 0, 1, 0, 0, 1, 1]));
    await until('write 6-7');
    expect(steps.filter((each) => each.startsWith('write'))).toEqual(['write 0-1', 'write 3-3', 'write 6-7']);
    // The others are somebody else's: nothing is waited for but what was written.
    run.settle(5);
    expect(await run.ended).toBe('done');
  });

  test('rule 1: writes nothing of a batch that another has taken, and leaves it', async () => {
    const run = aRun(pending(8));
    const { steps } = pumping(run, { room: 4, claim: async () => null });
    expect(await run.ended).toBe('lost');
    expect(steps).toEqual(['claim 0-3']);
  });

  test('asks again for a claim whose answer was lost', async () => {
    let asked = 0;
    const claim = async () => {
      asked += 1;
      if (asked === 1) throw new Error('connection lost');
      return GRANTED;
    };
    const { steps, until } = pumping(aRun(pending(8)), { claim });
    await until('write 0-7');
    expect(steps.slice(0, 3)).toEqual(['claim 0-7', 'fault', 'claim 0-7']);
  });

  test('writes nothing before it is due, on the route and in its region', async () => {
    const [due, dueInRegion] = [held<void>(), held<void>()];
    const { steps, until } = pumping(aRun(pending(8)), { due: due.act, dueInRegion: dueInRegion.act });
    await until('claim 0-7');
    await turns();
    due.goOn();
    await until('due');
    await turns();
    expect(steps).toEqual(['claim 0-7', 'due']);
    dueInRegion.goOn();
    await until('write 0-7');
  });

  test('writes what it claimed in slices, each when it is due, and gives their places free as they go', async () => {
    const waits = [held<void>(), held<void>()];
    let asked = 0;
    const dues = [
      { segments: 5, at: 1 },
      { segments: 3, at: 2 },
    ];
    const { steps, told, link, until } = pumping(aRun(pending(8)), { dues, due: () => waits[asked++]!.act() });
    await until('claim 0-7');
    expect(link.room).toBe(42);
    waits[0]!.goOn();
    await until('write 0-4');
    await turns();
    expect([steps, told.submitted, link.room]).toEqual([['claim 0-7', 'due 1', 'write 0-4'], [5], 47]);
    waits[1]!.goOn();
    await until('write 5-7');
    await waitFor(() => link.room === 50);
  });

  test('puts back the slices that are not due yet when it is stopped', async () => {
    const run = aRun(pending(8));
    const waits = [held<void>(), held<void>()];
    let asked = 0;
    const dues = [
      { segments: 5, at: 1 },
      { segments: 3, at: 2 },
    ];
    const { steps, link, until } = pumping(run, { dues, due: () => waits[asked++]!.act() });
    await until('claim 0-7');
    waits[0]!.goOn();
    await until('write 0-4');
    run.settle(5);
    run.stop('stopped');
    waits[1]!.goOn();
    expect(await run.ended).toBe('stopped');
    expect(steps.slice(3)).toEqual(['due 2', 'unused 3', 'unused in its region 3', 'put back']);
    await waitFor(() => link.room === 50);
  });

  test('writes what is claimed of a batch that is only given back', async () => {
    const run = aRun(pending(8));
    const due = held<void>();
    const { steps, until } = pumping(run, { room: 4, due: due.act });
    await until('claim 0-3');
    run.stop('given back');
    due.goOn();
    await until('write 0-3');
    run.settle(4);
    expect(await run.ended).toBe('stopped');
    expect(steps).toEqual(['claim 0-3', 'due', 'write 0-3']);
  });

  test('waits for the moment again where the store refused it', async () => {
    let asked = 0;
    const due = async () => {
      asked += 1;
      if (asked === 1) throw new Error('connection lost');
    };
    const { steps, until } = pumping(aRun(pending(8)), { due });
    await until('write 0-7');
    expect(steps).toEqual(['claim 0-7', 'fault', 'due', 'write 0-7']);
  });

  test.each([
    ['the rate of the route', { segments: 3 }, 'claim 0-2'],
    ['the window', { room: 2 }, 'claim 0-1'],
    ['the cap of the region', { dueOfRegion: 1 }, 'claim 0-0'],
  ])('claims no more than %s lets through', async (_what, given, claimed) => {
    const due = held<void>();
    const { steps, until } = pumping(aRun(pending(8)), { ...given, due: due.act });
    await until(claimed);
    expect(steps[0]).toBe(claimed);
    due.goOn();
  });

  test('puts back what was claimed and is stopped before it is written', async () => {
    const run = aRun(pending(8));
    const due = held<void>();
    const { steps, until } = pumping(run, { due: due.act });
    await until('claim 0-7');
    run.stop('stopped');
    due.goOn();
    expect(await run.ended).toBe('stopped');
    // Not written, so it must not count as out: an unlimited route would wait for its answers.
    expect(steps).toEqual(['claim 0-7', 'due', 'unused 8', 'unused in its region 8', 'put back']);
  });

  test('puts back what was claimed for a link that is gone, and sends it by the next', async () => {
    const run = aRun(pending(8));
    const due = held<void>();
    const { steps, link, until, pump } = pumping(run, { due: due.act });
    await until('claim 0-7');
    link.open = false;
    due.goOn();
    await until('put back');
    await turns();
    expect(steps.some((each) => each.startsWith('write'))).toBe(false);
    link.open = true;
    pump.wake();
    await until('write 0-7');
  });

  test('confirms what is in force where it was read too long ago, and obeys that', async () => {
    const run = aRun(pending(8));
    const { steps } = pumping(run, {
      lookedAt: () => performance.now() - STALE_MS,
      confirm: async (of) => of.stop('stopped'),
    });
    expect(await run.ended).toBe('stopped');
    expect(steps).toEqual(['claim 0-7', 'due', 'confirm', 'unused 8', 'unused in its region 8', 'put back']);
  });

  test('confirms what is in force after a claim that took long: it is as old as that', async () => {
    const run = aRun(pending(8));
    const claim = () => new Promise<Buffer>((resolve) => setTimeout(() => resolve(GRANTED), STALE_MS));
    const { steps } = pumping(run, { claim, confirm: async (of) => of.stop('stopped') });
    expect(await run.ended).toBe('stopped');
    expect(steps).toContain('confirm');
    expect(steps).not.toContain('write 0-7');
  });

  test('confirms it also before a part of a text that was begun leaves', async () => {
    const run = aRun(pending(8), { text: LONG_TEXT });
    run.take(8, 0);
    run.partAgain(3, 1, 0);
    const confirm = async (of: BatchRun) => {
      of.giveUpParts();
    };
    const { steps, until } = pumping(run, { lookedAt: () => performance.now() - STALE_MS, confirm });
    await until('confirm');
    await turns();
    expect(steps).toEqual(['due', 'confirm']);
  });

  test('writes a part that was refused for now again, alone', async () => {
    const run = aRun(pending(8), { text: LONG_TEXT });
    run.take(8, 0);
    run.partAgain(3, 1, 0);
    const { steps, until } = pumping(run);
    await until('write 3-3');
    expect(steps).toEqual(['due', 'write 3-3']);
  });

  test('claims no more texts than there is room for in all their parts, and writes these whole', async () => {
    const run = aRun(pending(8), { text: LONG_TEXT });
    const due = held<void>();
    const { steps, told, link, until } = pumping(run, { room: 5, due: due.act });
    await until('claim 0-1');
    expect(link.room).toBe(1);
    // Half a text is none.
    await turns();
    expect(steps).toEqual(['claim 0-1']);
    due.goOn();
    await waitFor(() => told.submitted.length > 0);
    expect(steps.filter((each) => each === 'write 0-1')).toHaveLength(2);
    expect(told.submitted[0]).toBe(4);
  });

  test('writes the parts of a text one after the other where the window is smaller than the text', async () => {
    const run = aRun(pending(1), { text: LONG_TEXT });
    const { steps, told } = pumping(run, { room: 1, window: 1 });
    await waitFor(() => told.submitted.length === 2);
    expect(steps.filter((each) => /^claim|^write/.test(each))).toEqual(['claim 0-0', 'write 0-0', 'write 0-0']);
    expect(told.submitted).toEqual([1, 1]);
  });

  test('tells of what was written, and of nothing else', async () => {
    const run = aRun(pending(8));
    const { told } = pumping(run, { claim: async () => Buffer.from([1, 1, 0, 1, 0, 0, 1, 1]) });
    await waitFor(() => told.submitted.length > 0);
    expect(told.submitted).toEqual([5]);
    const none = pumping(aRun(pending(8)), { claim: async () => Buffer.alloc(8) });
    await none.until('claim 0-7');
    await turns();
    expect(none.told.submitted).toEqual([]);
  });

  test('gives back what was granted where the run was stopped meanwhile', async () => {
    const run = aRun(pending(8));
    const take = held<void>();
    // As much as there is room for.
    const { steps, told } = pumping(run, { take: take.act, room: 50 });
    await turns();
    run.stop('stopped');
    take.goOn();
    await waitFor(() => told.givenBack.length > 0);
    expect([told.givenBack, steps]).toEqual([[50], []]);
  });

  test('goes on after the store was away', async () => {
    let asked = 0;
    const take = async () => {
      asked += 1;
      if (asked < 3) throw new Error('connection lost');
    };
    const { steps, until } = pumping(aRun(pending(8)), { take });
    await until('write 0-7');
    expect(steps.filter((each) => each === 'fault')).toHaveLength(2);
  });

  test('rule 2: is stopped only when what it claimed is written, and claims nothing after that', async () => {
    const run = aRun(pending(8));
    const claim = held<Buffer>();
    const { steps, until, pump } = pumping(run, { room: 4, claim: claim.act });
    await until('claim 0-3');
    let isOver = false;
    const stopped = pump.stop().then(() => {
      isOver = true;
    });
    const waitsUntil = performance.now() + 50;
    await waitFor(() => performance.now() > waitsUntil);
    expect(isOver).toBe(false);
    claim.goOn(GRANTED.subarray(0, 4));
    await stopped;
    expect(steps).toEqual(['claim 0-3', 'due', 'write 0-3']);
  });

  test('rule 7: puts back just what it was granted, and waits for nothing else', async () => {
    const { store, close } = await testStore();
    const groups = [{ region: '35', language: 'fr', recipients: 8 }];
    const { broadcast, plan } = await storeBroadcast(store, { no: 1, groups });
    const lane = plan.lanes[0]!;
    const [batch] = batchesOf(store, broadcast, lane);
    await happen(store, batch!, 0, 1, 'claim', 'accept');
    const slots = new Slots({ store });
    const [block, taken] = await Promise.all([blocksOf(plan)('', '35', 'fr', 0), slots.take(batch!)]);
    const templates = laneTemplates(broadcast, lane, aRoute());
    const run = new BatchRun({ batch: batch!, broadcast, lane, rank: 1, block, templates, ...taken });
    // A late response, of which the run has not heard.
    await happen(store, batch!, 4, 4, 'accept');
    const due = held<void>();
    const { link } = pumping(run, { slots, due: due.act });
    const states = async () => [...(await slots.read([batch!]))[0]!].map(stateOf);
    await waitFor(async () => (await states())[7] === 'sending');
    link.open = false;
    due.goOn();
    await waitFor(async () => (await states())[7] === 'pending');
    const left = ['pending', 'pending', 'accepted', 'pending', 'pending', 'pending'];
    expect(await states()).toEqual(['accepted', 'accepted', ...left]);
    run.stop('stopped');
    expect(await run.ended).toBe('stopped');
    await close();
  });
});

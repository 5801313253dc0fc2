/** The pump between a ledger, a pacer and a link that a test holds in its hands: what has to be before a byte is written. */
import type { BatchRun } from '../../src/dispatch/batch-run.ts';
import { Feed } from '../../src/dispatch/feed.ts';
import { Pump, type PumpDeps } from '../../src/dispatch/pump.ts';
import { waitFor } from '../support/wait-for.ts';
import { aRun, pending } from './builders.ts';
import { LONG_TEXT } from './harness.ts';

const GRANTED = Buffer.alloc(8, 1);
const STALE_MS = 700;

interface Given {
  claim: () => Promise<Buffer | null>;
  due: () => Promise<void>;
  dueInRegion: () => Promise<void>;
  confirm: (run: BatchRun) => Promise<void>;
  lookedAt: () => number;
  /** Segments that the pacer grants, places of the link, segments that are due in the region. */
  segments: number;
  room: number;
  dueOfRegion: number;
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
      slots: {
        claim: async (_batch: unknown, _epoch: number, first: number, last: number) => {
          steps.push(`claim ${first}-${last}`);
          return given.claim ? given.claim() : GRANTED.subarray(first, last + 1);
        },
        apply: step('put back', undefined),
      },
      feed,
      pacer: {
        take: async (_least: number, most: number) => ({ segments: Math.min(segments, most), dues: [] }),
        giveBack: () => {},
        unused: (segments: number) => steps.push(`unused ${segments}`),
        use: () => step('due', given.due),
      },
      gates: { due: () => dueOfRegion, use: () => step('due in its region', given.dueInRegion) },
      links: [link],
      window: () => 50,
      now: () => 0,
      confirm: async (of: BatchRun) => {
        steps.push('confirm');
        await given.confirm?.(of);
      },
      lookedAt: given.lookedAt ?? (() => performance.now()),
      onSubmitted: () => {},
      onStoreFault: () => steps.push('fault'),
    };
    const pump = new Pump(deps as unknown as PumpDeps);
    pumps.push(pump);
    pump.start();
    const until = (name: string) => waitFor(() => steps.includes(name));
    return { steps, link, until, pump };
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
    expect(steps).toEqual(['claim 0-7', 'due', 'due in its region', 'unused 8', 'put back']);
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
    expect(steps).toEqual(['claim 0-7', 'due', 'due in its region', 'confirm', 'unused 8', 'put back']);
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
    expect(steps).toEqual(['due', 'due in its region', 'confirm']);
  });

  test('writes a part that was refused for now again, alone', async () => {
    const run = aRun(pending(8), { text: LONG_TEXT });
    run.take(8, 0);
    run.partAgain(3, 1, 0);
    const { steps, until } = pumping(run);
    await until('write 3-3');
    expect(steps).toEqual(['due', 'due in its region', 'write 3-3']);
  });
});

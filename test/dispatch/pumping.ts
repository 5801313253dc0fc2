/** A pump between a ledger, a pacer and a link that a test holds in its hands. */
import type { BatchRun } from '../../src/dispatch/batch-run.ts';
import type { Due } from '../../src/dispatch/dues.ts';
import { Feed } from '../../src/dispatch/feed.ts';
import { Pump, type PumpDeps } from '../../src/dispatch/pump.ts';
import type { Slots } from '../../src/ledger/slots.ts';
import { waitFor } from '../support/wait-for.ts';

export const GRANTED = Buffer.alloc(8, 1);
/** What is known for longer than that is read anew. */
export const STALE_MS = 700;

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

/** Something that takes until a test lets it go on. */
export function held<T>() {
  let goOn!: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    goOn = resolve;
  });
  return { act: () => promise, goOn };
}

export const turns = async (): Promise<void> => {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Registers that pumps end with their test; returns what starts one. */
export function pumpingFixture() {
  const pumps: Pump[] = [];
  afterEach(async () => {
    for (const pump of pumps.splice(0)) await pump.stop();
  });

  /** Pumps a run; `steps` says what was done, in its order. */
  return function pumping(run: BatchRun, given: Partial<Given> = {}) {
    const { segments = 100, dueOfRegion = Number.POSITIVE_INFINITY } = given;
    const steps: string[] = [];
    const told = { submitted: [] as number[], givenBack: [] as number[], wanted: [] as string[] };
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
        want: (region: string, least: number) => told.wanted.push(`${region} ${least}`),
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
  };
}

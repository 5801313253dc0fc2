/**
 * Everything between a launch and a handset, in one process: the SMSC simulator on a free port, a store with a prefix of
 * its own, dispatchers, and notices that are written past the stages before the launch. All is closed after each test.
 */
import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { packBlock } from '../../src/audience/blocks.ts';
import { BATCH_SIZE, broadcastRecords, planRecords } from '../../src/broadcasts/broadcast.ts';
import { cancel, pause, resume } from '../../src/broadcasts/control.ts';
import { launch, launchPhrase } from '../../src/broadcasts/launch.ts';
import { type Progress, ProgressReader } from '../../src/broadcasts/progress.ts';
import type { OrderRule } from '../../src/broadcasts/route-choice.ts';
import type { Route } from '../../src/broadcasts/routes.ts';
import { type Verification, verify } from '../../src/broadcasts/verify.ts';
import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import type { SlotState } from '../../src/ledger/states.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { Notice } from '../../src/notices/notice.ts';
import { controlChannel } from '../../src/queue/jobs.ts';
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import type { Simulator } from '../../src/simulator/running.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { segment } from '../../src/sms/segments.ts';
import { duplicate, type Store } from '../../src/store/connection.ts';
import { Replicas } from '../../src/store/replicas.ts';
import type { Rendering } from '../../src/templates/rendering.ts';
import { aNotice, approval, aRoute, HOUR_MS, noticeRecords, OPERATOR, storeNotice } from '../broadcasts/builders.ts';
import { testStore } from '../support/redis.ts';
import { waitFor } from '../support/wait-for.ts';

export const SHORT_TEXT = 'EXERCICE Le 15 ne repond pas. Appelez le 02 61 91 00 35.';
/** Two segments of GSM 7-bit. */
export const LONG_TEXT = `${SHORT_TEXT} ${'N appelez que si une vie est en danger. '.repeat(4)}`.trim();
export const ACCOUNT = { systemId: 'tocsin', password: 'secret' } as const;

/** Quick enough for a test, and otherwise as in the field. */
const ROUTE = {
  links: 2,
  window: 100,
  responseTimeoutMs: 2_000,
  bindTimeoutMs: 1_000,
  reconnectMinMs: 20,
  reconnectMaxMs: 200,
  retryDelayMs: 20,
};

export interface LaunchInput {
  /** For each region. */
  recipients?: number;
  regions?: readonly string[];
  /** Regions that have approved; all by default. */
  approved?: readonly string[];
  text?: string;
  notice?: Partial<Notice>;
  expiresInMs?: number;
}

export interface StartInput {
  behaviour?: BehaviourInput;
  /** Changes to the one route, or several routes with their own. */
  route?: Partial<Record<keyof Route, unknown>>;
  routes?: readonly Partial<Record<keyof Route, unknown>>[];
  /** Which routes carry which regions; none: the first, the others stand by. */
  order?: readonly OrderRule[];
  dispatchers?: number;
  /** A store of the caller's; else one of its own on the run's Redis. */
  store?: Store;
}

export type RunningDispatch = Awaited<ReturnType<ReturnType<typeof dispatchFixture>['start']>>;

/** The n-th recipient of the k-th region of an audience: unassigned numbers, ascending. */
export const recipientOf = (audience: number, region: number, n: number): number =>
  999_000_000_000 + audience * 100_000_000 + region * 1_000_000 + n;

export function aTextRendering(region: string, text: string): Rendering {
  const { encoding, units, segments } = segment(text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const common = { region, language: 'fr', wording: 'fr', text, sha256, numbers: [], transliterated: [] };
  return { ...common, encoding, units, segments: segments.length };
}

/** The counts that are not zero. */
export function nonZero(counts: Readonly<Record<SlotState, number>>): Partial<Record<SlotState, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

/** Registers its own afterEach: call it once in a file. */
export function dispatchFixture() {
  const endings: (() => Promise<void>)[] = [];
  const end = async () => {
    for (const each of endings.splice(0).reverse()) await each();
  };
  afterEach(end, 30_000);

  const simulate = async (behaviour: BehaviourInput = {}, smppPort = 0): Promise<Simulator> => {
    const receipts = { delayMs: { min: 0, max: 20 }, ...behaviour.receipts };
    const simulator = await startSimulator({ behaviour: { ...behaviour, receipts }, smppPort });
    endings.push(() => simulator.stop());
    return simulator;
  };

  const start = async (input: StartInput = {}) => {
    const { store, close } = input.store ? { store: input.store, close: async () => {} } : await testStore();
    endings.push(close);
    const simulator = await simulate(input.behaviour);
    const routes = (input.routes ?? [input.route ?? {}]).map((changes) =>
      Object.freeze({ ...aRoute({ ...ROUTE, port: simulator.smppPort, ...changes }), ...passwordOf(changes) }),
    );
    const clock = { aheadMs: 0 };
    const now = () => Date.now() + clock.aheadMs;
    const logged: Record<string, unknown>[] = [];
    /** Of all its dispatchers together. */
    const metrics = createMetrics();
    const audiences = new Map<string, { no: number; regions: readonly string[]; recipients: number }>();
    const reader = new ProgressReader({ store, now });

    const block = async (audience: string, region: string, _language: string, at: number): Promise<Buffer> => {
      const { no, regions, recipients } = audiences.get(audience)!;
      const size = Math.min(BATCH_SIZE, recipients - at * BATCH_SIZE);
      const first = recipientOf(no, regions.indexOf(region), at * BATCH_SIZE);
      return packBlock(Array.from({ length: size }, (_, i) => first + i));
    };
    /** Another process, but for the process. */
    const dispatcher = async (its: { store?: Store; routes?: readonly Route[] } = {}): Promise<Dispatcher> => {
      const redis = its.store?.redis ?? duplicate(store.redis);
      redis.on('error', () => {});
      const made = new Dispatcher({
        store: its.store ?? { redis, prefix: store.prefix, ...replicasOf(store, redis) },
        routes: its.routes ?? routes,
        notices: noticeRecords(store),
        block,
        metrics,
        log: pino({ level: 'info' }, linesTo(logged)),
        now,
      });
      let stopped: Promise<void> | undefined;
      const stop = made.stop.bind(made);
      made.stop = () => {
        stopped ??= stop().then(() => {
          if (!its.store) redis.disconnect();
        });
        return stopped;
      };
      await made.start();
      endings.push(() => made.stop());
      return made;
    };
    const dispatchers: Dispatcher[] = [];
    for (let i = 0; i < (input.dispatchers ?? 1); i += 1) dispatchers.push(await dispatcher());

    let notices = 0;
    /** Launches a notice of its own, with an audience of its own; returns the id of the broadcast. */
    const launchOne = async (given: LaunchInput = {}): Promise<string> => {
      const { recipients = 200, regions = ['35'], approved = regions, text = SHORT_TEXT } = given;
      notices += 1;
      const id = `n${notices}`;
      const audience = `a${notices}`;
      audiences.set(audience, { no: notices, regions, recipients });
      const notice = aNotice({
        regions: [...regions],
        audience,
        renderings: regions.map((region) => aTextRendering(region, text)),
        decisions: approved.map(approval),
        state: approved.length === regions.length ? 'approved' : 'submitted',
        expires: new Date(now() + (given.expiresInMs ?? HOUR_MS)).toISOString(),
        ...given.notice,
      });
      await storeNotice(store, id, notice);
      const groupsOf = async () => regions.map((region) => ({ region, language: 'fr', recipients }));
      const order = input.order ?? [];
      const deps = { store, notices: noticeRecords(store), routes, order, groupsOf, now };
      const launched = await launch(deps, id, launchPhrase(notice, recipients * regions.length), OPERATOR);
      return launched.id;
    };
    const progress = (id: string): Promise<Progress> => reader.read(id);
    const hasten = () => store.redis.publish(controlChannel(store.prefix), JSON.stringify({ broadcast: 0 }));
    const until = (id: string, holds: (progress: Progress) => boolean, deadlineMs = 15_000): Promise<Progress> =>
      waitFor(
        async () => {
          const current = await progress(id);
          return holds(current) ? current : undefined;
        },
        deadlineMs,
        `the awaited progress of ${id}`,
      );
    return {
      store,
      simulator,
      routes,
      route: routes[0]!,
      dispatchers,
      dispatcher,
      clock,
      now,
      logged,
      metrics,
      launch: launchOne,
      progress,
      until,
      /** Waits for its end; hastens the keeper's look, which comes by itself within half a second. */
      closed: (id: string, deadlineMs = 15_000): Promise<Progress> =>
        until(
          id,
          ({ state, unaccounted }) => {
            if (state !== 'closed' && unaccounted === 0) void hasten();
            return state === 'closed';
          },
          deadlineMs,
        ),
      hasten,
      pause: (id: string) => pause(store, id, OPERATOR),
      resume: (id: string) => resume(store, id, OPERATOR),
      cancel: (id: string) => cancel(store, id, OPERATOR, now),
      record: () => simulator.record.snapshot(),
      /** So many milliseconds, and what this process itself stood still: the SMSC is in it, and takes late what came then. */
      within: (ms: number) => ms + simulator.record.longestPauseMs,
      verify: (id: string): Promise<Verification> => verify(store, id),
      broadcast: async (id: string) => (await broadcastRecords(store).get(id)).value,
      plan: async (id: string) => (await planRecords(store).get(id)).value,
      notice: async (id: string) => {
        const { value } = await broadcastRecords(store).get(id);
        return noticeRecords(store).get(value.notice);
      },
    };
  };

  return { start, simulate, end, atEnd: (ending: () => Promise<void>) => endings.push(ending) };
}

/** The same replicas, asked over another connection. */
const replicasOf = ({ prefix, replicas }: Store, redis: Store['redis']) =>
  replicas ? { replicas: new Replicas({ redis, prefix, least: replicas.least }) } : {};

const passwordOf = (changes: Partial<Record<keyof Route, unknown>>) => ({
  password: typeof changes.password === 'string' ? changes.password : ACCOUNT.password,
});

function linesTo(logged: Record<string, unknown>[]): Writable {
  return new Writable({
    write(line: Buffer, _encoding, done) {
      logged.push(JSON.parse(line.toString()) as Record<string, unknown>);
      done();
    },
  });
}

/** What holds at the end of every broadcast: nothing lost, nothing unlisted, and the counts are those of the slots. */
export async function expectAccountedFor(running: RunningDispatch, id: string): Promise<Verification> {
  // Receipts may still come in, and move slots while they are counted.
  let verification!: Verification;
  const agrees = async () => {
    verification = await running.verify(id);
    return verification.differences.length === 0;
  };
  await waitFor(agrees, 10_000, 'counts that agree');
  const counted = Object.values(verification.counts).reduce((sum, count) => sum + count, 0);
  expect(counted).toBe(verification.recipients);
  return verification;
}

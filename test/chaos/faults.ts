/** Every fault that comes in mid-broadcast: what it does, how often in one broadcast, and for how long. */
import { setTimeout as pause } from 'node:timers/promises';
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import { noCompiler, noPrlimit } from './chaos-redis.ts';
import { between, type Random } from './moments.ts';
import type { Stage } from './stage.ts';

export interface StrikeContext {
  readonly stage: Stage;
  readonly random: Random;
  /** How long the fault lasts. */
  readonly forMs: number;
  /** The fault begins only now: what went before was waiting for the right moment. */
  readonly begins: () => void;
}

export interface StrikingFault {
  readonly name: string;
  readonly says: string;
  /** How often in one broadcast. */
  readonly strikes: number;
  /** How long each lasts, in a full run and in a short one; 0 where it is over at once. */
  readonly forMs: number;
  readonly shortMs?: number;
  /** Why it cannot be shown on this machine. */
  readonly unavailable?: () => string | undefined;
  /** Does it, and undoes it; resolves when it is over. */
  readonly strike: (context: StrikeContext) => Promise<void>;
  /** After the broadcast, whatever came of it. */
  readonly mend?: (stage: Stage) => Promise<void>;
}

const HOUR_S = 3_600;

/** The simulator behaves otherwise for a while. */
const behaving =
  (behaviour: (stage: Stage) => BehaviourInput) =>
  async ({ stage, forMs }: StrikeContext): Promise<void> => {
    await stage.behave(behaviour(stage));
    await pause(forMs);
    await stage.behave();
  };

const acting =
  (action: string) =>
  async ({ stage }: StrikeContext): Promise<void> => {
    await stage.smsc.act(action);
  };

const clocksOf = (seconds: number, dispatchers?: number) => ({
  strikes: 1,
  forMs: 0,
  strike: async ({ stage }: StrikeContext): Promise<void> => stage.shiftClocks(seconds, dispatchers),
  mend: async (stage: Stage): Promise<void> => stage.shiftClocks(0),
});

/** A dispatcher dies at the same moment: what it held is held by the clock of Redis. */
const storeClock = (seconds: number) => ({
  strikes: 1,
  forMs: 0,
  unavailable: noCompiler,
  strike: async ({ stage, random }: StrikeContext): Promise<void> => {
    const jumped = stage.redis.shiftClock(seconds);
    await stage.killDispatcher(between(random, 0, stage.dispatchers - 1));
    await jumped;
  },
  mend: (stage: Stage): Promise<void> => stage.redis.shiftClock(0),
});

const SINGLE_FAULTS: readonly StrikingFault[] = [
  {
    name: 'dispatcher-killed',
    says: 'one of two dispatchers gets SIGKILL, 20 times, and is started again',
    strikes: 20,
    forMs: 0,
    strike: async ({ stage, random, begins }) => {
      const victim = between(random, 0, stage.dispatchers - 1);
      await stage.untilReady(victim);
      begins();
      await stage.killDispatcher(victim);
    },
  },
  {
    name: 'redis-killed',
    says: 'Redis gets SIGKILL and comes back from its AOF',
    strikes: 3,
    forMs: 1_500,
    shortMs: 300,
    strike: async ({ stage, forMs }) => {
      await stage.redis.kill();
      await pause(forMs);
      await stage.redis.restart();
    },
  },
  {
    name: 'redis-frozen',
    says: 'Redis stands still (SIGSTOP) for 10 s',
    strikes: 2,
    forMs: 10_000,
    shortMs: 1_500,
    strike: async ({ stage, forMs }) => {
      stage.redis.freeze();
      await pause(forMs);
      stage.redis.thaw();
    },
  },
  {
    name: 'redis-disk-full',
    says: 'the AOF cannot grow: Redis ends itself, again and again, until there is room',
    strikes: 2,
    forMs: 4_000,
    shortMs: 600,
    unavailable: noPrlimit,
    strike: ({ stage, forMs }) => stage.redis.fillDisk(forMs),
  },
  {
    name: 'redis-misconf',
    says: 'Redis refuses writes with MISCONF, since its snapshot failed',
    strikes: 3,
    forMs: 3_000,
    shortMs: 500,
    strike: ({ stage, forMs }) => stage.redis.failSnapshots(forMs),
  },
  {
    name: 'redis-out-of-memory',
    says: 'Redis refuses writes with OOM, under noeviction',
    strikes: 3,
    forMs: 3_000,
    shortMs: 500,
    strike: ({ stage, forMs }) => stage.redis.exhaustMemory(forMs),
  },
  { name: 'smsc-drops', says: 'the SMSC drops all links', strikes: 5, forMs: 0, strike: acting('drop') },
  { name: 'smsc-resets', says: 'all links end by RST', strikes: 5, forMs: 0, strike: acting('reset') },
  {
    name: 'smsc-mid-pdu',
    says: 'all links end in the middle of a PDU',
    strikes: 5,
    forMs: 0,
    strike: acting('drop-mid-pdu'),
  },
  { name: 'smsc-unbinds', says: 'the SMSC unbinds all links', strikes: 5, forMs: 0, strike: acting('unbind') },
  {
    name: 'smsc-frozen',
    says: 'the SMSC stands still (SIGSTOP) for 10 s',
    strikes: 2,
    forMs: 10_000,
    shortMs: 1_500,
    strike: async ({ stage, forMs }) => {
      stage.freezeSmsc();
      await pause(forMs);
      stage.thawSmsc();
    },
  },
  {
    name: 'smsc-links-frozen',
    says: 'all links are half open: nothing is read or answered, and they stay',
    strikes: 2,
    forMs: 0,
    strike: acting('freeze'),
  },
  {
    name: 'smsc-late',
    says: 'one response in ten comes after it was given up',
    strikes: 3,
    forMs: 1_500,
    shortMs: 300,
    strike: behaving(({ responseTimeoutMs }) => ({
      responses: { late: { probability: 0.1, delayMs: responseTimeoutMs + 500 } },
    })),
  },
  {
    name: 'smsc-loses-responses',
    says: 'one response in twenty never comes',
    strikes: 3,
    forMs: 1_500,
    shortMs: 300,
    strike: behaving(() => ({ responses: { lost: 0.05 } })),
  },
  { name: 'clock-forward', says: 'the clock of the dispatchers jumps an hour ahead', ...clocksOf(HOUR_S) },
  { name: 'clock-back', says: 'the clock of the dispatchers jumps an hour back', ...clocksOf(-HOUR_S) },
  { name: 'clock-apart', says: 'the clock of one dispatcher of two jumps an hour ahead', ...clocksOf(HOUR_S, 1) },
  {
    name: 'store-clock-forward',
    says: 'the clock of Redis jumps an hour ahead as a dispatcher dies',
    ...storeClock(HOUR_S),
  },
  {
    name: 'store-clock-back',
    says: 'the clock of Redis jumps an hour back as a dispatcher dies',
    ...storeClock(-HOUR_S),
  },
];

/** Faults that come one upon the other; clocks stay as they are, since a process that starts with two believes one. */
const STORMY = SINGLE_FAULTS.filter(({ name }) => !name.includes('clock'));

const STORM: StrikingFault = {
  name: 'storm',
  says: 'twelve faults in one broadcast, any of them at any moment',
  strikes: 12,
  forMs: 2_000,
  shortMs: 300,
  strike: async (context) => {
    const possible = STORMY.filter(({ unavailable }) => unavailable?.() === undefined);
    await possible[between(context.random, 0, possible.length - 1)]!.strike(context);
  },
};

export const STRIKING_FAULTS: readonly StrikingFault[] = [...SINGLE_FAULTS, STORM];

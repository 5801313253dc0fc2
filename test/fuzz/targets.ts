/** What is fuzzed, under a name each: its part of all inputs, and how a stretch of them is run. */

import * as client from './client-target.ts';
import { checkInTime, receiptTrial, streamTrial, type Trial } from './codec.ts';
import { FuzzedApi } from './http-target.ts';
import { Random } from './random.ts';
import * as simulator from './simulator-target.ts';

/** An input that something is wrong with; `count` where only a stretch of inputs together shows it. */
export class Finding extends Error {
  readonly index: number;
  readonly count: number;
  /** The input, in hexadecimal digits or as the text of a request. */
  readonly input: string;

  constructor(index: number, count: number, input: string, reason: string) {
    super(reason);
    this.name = 'Finding';
    this.index = index;
    this.count = count;
    this.input = input;
  }
}

/** `onInput` is told the input at hand before anything is done with it. Throws a Finding. */
export type Run = (seed: number, from: number, to: number, onInput: (index: number) => void) => Promise<void>;

export interface Target {
  readonly name: string;
  /** Part of all inputs. */
  readonly share: number;
  readonly run: Run;
}

/** Inputs on one connection. */
const BATCH = 200;
/** After so many the event loop has its turn, for signals and the screen. */
const STEP = 500;

const reasonOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

function trials(name: string, make: (random: Random) => Trial): Run {
  return async (seed, from, to, onInput) => {
    for (let index = from; index < to; index += 1) {
      onInput(index);
      const trial = make(Random.of(seed, name, index));
      try {
        checkInTime(trial);
      } catch (error) {
        throw new Finding(index, 1, trial.input.toString('hex'), reasonOf(error));
      }
      if (index % STEP === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
}

interface LivePeer {
  framed(seed: number, from: number, to: number): Promise<void>;
  raw(seed: number, index: number): Promise<void>;
  close(): Promise<void>;
}
type FramedInput = (seed: number, index: number, sequence: number) => Buffer;

/** Many inputs on one connection; where a batch fails, each of it is tried alone. */
function framedOn(open: () => Promise<LivePeer>, inputOf: FramedInput): Run {
  return async (seed, from, to, onInput) => {
    const peer = await open();
    for (let index = from; index < to; index += BATCH) {
      onInput(index);
      const end = Math.min(to, index + BATCH);
      await peer.framed(seed, index, end).catch(async (error: unknown) => {
        for (let one = index; one < end; one += 1) {
          await peer.framed(seed, one, one + 1).catch((alone: unknown) => {
            throw new Finding(one, 1, inputOf(seed, one, 1).toString('hex'), reasonOf(alone));
          });
        }
        throw new Finding(index, end - index, '', reasonOf(error));
      });
    }
    await peer.close();
  };
}

/** One connection for each input. */
function rawOn(open: () => Promise<LivePeer>, inputOf: (seed: number, index: number) => Buffer): Run {
  return async (seed, from, to, onInput) => {
    const peer = await open();
    for (let index = from; index < to; index += 1) {
      onInput(index);
      await peer.raw(seed, index).catch((error: unknown) => {
        throw new Finding(index, 1, inputOf(seed, index).toString('hex'), reasonOf(error));
      });
    }
    await peer.close();
  };
}

const [openClient, openSimulator] = [client.FuzzedClient.open, simulator.FuzzedSimulator.open];

export const PROTOCOL_TARGETS: readonly Target[] = [
  { name: 'stream', share: 0.55, run: trials('stream', streamTrial) },
  { name: 'receipts', share: 0.3, run: trials('receipts', receiptTrial) },
  { name: 'client', share: 0.07, run: framedOn(openClient, client.framedInput) },
  { name: 'client-raw', share: 0.005, run: rawOn(openClient, client.rawInput) },
  { name: 'simulator', share: 0.07, run: framedOn(openSimulator, simulator.framedInput) },
  { name: 'simulator-raw', share: 0.005, run: rawOn(openSimulator, simulator.rawInput) },
];

/** Replies lead to later requests, so an input is repeated with all those before it. */
export const HTTP_TARGET: Target = {
  name: 'http',
  share: 0.01,
  run: async (seed, from, to, onInput) => {
    const api = await FuzzedApi.open();
    for (let index = from; index < to; index += 1) {
      onInput(index);
      await api.request(seed, index).catch((error: unknown) => {
        throw new Finding(from, index + 1 - from, '', (error as Error).message);
      });
    }
    await api.close();
  },
};

/** Two routes to two SMSCs, of which one fails: what the tests of failover begin with, and what holds at the end of each. */
import { routeHealth } from '../../src/broadcasts/route-health.ts';
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import type { Simulator } from '../../src/simulator/running.ts';
import { type dispatchFixture, expectAccountedFor, nonZero, type RunningDispatch } from './harness.ts';

/** From the fault to the first submission on the next route. */
export const HAND_OVER_MS = 5_000;
/** Slow enough that a broadcast is still under way when something fails. */
export const STEADY = { segmentsPerSecond: 600 };

interface Given {
  readonly first?: Record<string, unknown>;
  readonly second?: Record<string, unknown>;
  readonly behaviour?: BehaviourInput;
  readonly dispatchers?: number;
}

export interface Pair {
  readonly running: RunningDispatch;
  readonly a: Simulator;
  readonly b: Simulator;
}

/** Two routes, `a` in use and `b` standing by, each to an SMSC of its own. */
export async function startPair(
  dispatch: ReturnType<typeof dispatchFixture>,
  { first = {}, second = {}, behaviour = {}, dispatchers = 1 }: Given = {},
): Promise<Pair> {
  const b = await dispatch.simulate();
  const routes = [
    { id: 'a', ...first },
    { id: 'b', port: b.smppPort, ...second },
  ];
  const running = await dispatch.start({ routes, behaviour, dispatchers });
  return { running, a: running.simulator, b };
}

export const breakers = async ({ store, routes, now }: RunningDispatch) => {
  const ids = routes.map(({ id }) => id);
  const health = await routeHealth(store, ids, now());
  return Object.fromEntries(health.map(({ route, breaker }) => [route, breaker.state]));
};

export const accepted = (...simulators: Simulator[]) =>
  simulators.reduce((sum, { record }) => sum + record.accepted, 0);

/** No copies but those that are listed as in doubt, everybody final, and the counts are those of the slots. */
export async function expectOnce({ running, a, b }: Pair, id: string, recipients: number, deadlineMs = 20_000) {
  const progress = await running.closed(id, deadlineMs);
  expect(nonZero(progress.counts)).toEqual({ delivered: recipients });
  expect(accepted(a, b) - recipients).toBeLessThanOrEqual(progress.inDoubt);
  await expectAccountedFor(running, id);
  return progress;
}

/** The SMSC drops every link and answers no bind, but keeps what it has to tell. */
export function cutOff(simulator: Simulator): number {
  simulator.patchBehaviour({ bind: { silent: true } });
  simulator.act('drop');
  return Date.now();
}

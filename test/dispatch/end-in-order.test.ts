/** The steps of an orderly end, of things that a test holds in its hands: what each waits for, and for how long at most. */
import { Deadline } from '../../src/dispatch/deadline.ts';
import { type EndingRoute, endInOrder } from '../../src/dispatch/orderly-end.ts';
import { waitFor } from '../support/wait-for.ts';

/** Something that is over when the test says so. */
function held() {
  let end!: () => void;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end };
}

function ending(given: { responseTimeoutMs?: number; inFlight?: number } = {}) {
  const steps: string[] = [];
  const done = { jobs: held(), claims: held(), recorded: [held(), held()], unbound: held() };
  const run = (name: string) => ({
    stop: (end: string) => {
      if (!steps.includes(`${name} ${end}`)) steps.push(`${name} ${end}`);
    },
    abandon: () => steps.push(`${name} abandoned`),
  });
  const runs = [run('first')];
  let flushes = 0;
  const route = {
    closed: done.jobs.over,
    runs: () => runs,
    pump: {
      stop: () => {
        steps.push('pump stops');
        return done.claims.over;
      },
    },
    recorder: {
      settled: () => {
        steps.push('recorder is awaited');
        flushes += 1;
        return done.recorded[flushes - 1]!.over;
      },
    },
    links: [
      {
        inFlight: given.inFlight ?? 0,
        close: () => {
          steps.push('link unbinds');
          return done.unbound.over;
        },
        stop: () => steps.push('link stops'),
      },
    ],
    responseTimeoutMs: given.responseTimeoutMs ?? 1_000,
    log: { warn: (fields: object) => steps.push(JSON.stringify(fields)) },
  };
  const end = (withinMs: number) => endInOrder(route as unknown as EndingRoute, new Deadline(withinMs));
  return { steps, done, runs, run, end };
}

const turns = async () => {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('an orderly end', () => {
  test('stops what runs, and what comes in meanwhile; the pump goes on until no batch is at hand', async () => {
    const { steps, done, runs, run, end } = ending();
    const ended = end(9_000);
    expect(steps).toEqual(['first stopped']);
    runs.push(run('late'));
    await waitFor(() => steps.includes('late stopped'));
    await turns();
    expect(steps).toEqual(['first stopped', 'late stopped']);
    done.jobs.end();
    await turns();
    expect(steps.slice(2)).toEqual(['pump stops']);
    runs.push(run('of another time'));
    for (const { end: over } of [done.claims, ...done.recorded, done.unbound]) over();
    await ended;
    expect(steps).not.toContain('of another time stopped');
    expect(steps).not.toContain('first abandoned');
  });

  test('rule 2: records what was claimed and answered before it unbinds, and what came with that before it is over', async () => {
    const { steps, done, end } = ending();
    const ended = end(9_000);
    done.jobs.end();
    const each: [() => void, string][] = [
      [() => {}, 'pump stops'],
      [done.claims.end, 'recorder is awaited'],
      [done.recorded[0]!.end, 'link unbinds'],
      [done.unbound.end, 'link stops'],
    ];
    for (const [act, next] of each) {
      act();
      await turns();
      expect(steps[steps.lastIndexOf(next)]).toBe(next);
      if (next !== 'link stops') expect(steps.at(-1)).toBe(next);
    }
    expect(steps.slice(1)).toEqual([
      'pump stops',
      'recorder is awaited',
      'link unbinds',
      'link stops',
      'recorder is awaited',
    ]);
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    await turns();
    expect(isOver).toBe(false);
    done.recorded[1]!.end();
    await ended;
    // All was answered and recorded: there is nothing to say.
    expect(steps).toHaveLength(6);
  });

  test.each([
    ['the last response could have come', { responseTimeoutMs: 200 }, 9_000, 1_200],
    ['time is too short for more', { responseTimeoutMs: 60_000 }, 4_300, 800],
  ])(
    'abandons what is not answered when %s, and leaves the rest of the time to what follows',
    async (_when, given, withinMs, afterMs) => {
      const { steps, done, end } = ending(given);
      const since = performance.now();
      const ended = end(withinMs);
      await waitFor(() => steps.includes('first abandoned'));
      expect(performance.now() - since).toBeGreaterThan(afterMs - 20);
      expect(performance.now() - since).toBeLessThan(afterMs + 3_000);
      expect(steps).not.toContain('pump stops');
      for (const { end: over } of [done.jobs, done.claims, ...done.recorded, done.unbound]) over();
      await ended;
    },
  );

  test('is over in time where nothing answers, has tried each step, and says what it leaves', async () => {
    const { steps, end } = ending({ inFlight: 7 });
    const since = performance.now();
    await end(3_000);
    expect(performance.now() - since).toBeLessThan(3_500);
    expect(performance.now() - since).toBeGreaterThan(2_600);
    expect(steps).toEqual([
      'first stopped',
      'first abandoned',
      'pump stops',
      'recorder is awaited',
      'link unbinds',
      'link stops',
      'recorder is awaited',
      JSON.stringify({ inDoubt: 7, recorded: false }),
    ]);
  });

  test('says what it leaves in doubt also where all the rest was recorded', async () => {
    const { steps, done, end } = ending({ inFlight: 2 });
    for (const { end: over } of [done.jobs, done.claims, ...done.recorded, done.unbound]) over();
    await end(9_000);
    expect(steps.at(-1)).toBe(JSON.stringify({ inDoubt: 2, recorded: true }));
  });
});

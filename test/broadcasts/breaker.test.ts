import { type Breaker, type BreakerFault, CLOSED, nextBreaker, type RouteView } from '../../src/broadcasts/breaker.ts';
import { NOW } from './builders.ts';

const FINE: RouteView = { bound: true, answering: true };
const QUIET: RouteView = { bound: true, answering: false };
const DOWN: RouteView = { bound: false, answering: false, fault: 'down' };
const REFUSING: RouteView = { bound: true, answering: false, fault: 'refusing' };

/** Where views lead, each after so many seconds. */
function lead(breaker: Breaker, ...steps: [afterS: number, view: RouteView][]): Breaker {
  let at = breaker.since || NOW;
  let led = breaker;
  for (const [afterS, view] of steps) {
    at += afterS * 1_000;
    led = nextBreaker(led, view, at);
  }
  return led;
}

const open = (reason: BreakerFault, pauseMs = 1_000): Breaker => ({ state: 'open', since: NOW, reason, pauseMs });
const halfOpen = (reason: BreakerFault, pauseMs = 1_000): Breaker => ({ ...open(reason, pauseMs), state: 'half-open' });

describe('a closed breaker', () => {
  test('stays as it is while nothing is wrong', () => {
    expect(nextBreaker(CLOSED, FINE, NOW)).toBe(CLOSED);
    expect(nextBreaker(CLOSED, QUIET, NOW)).toBe(CLOSED);
    // Links that were lost just now are no fault yet.
    expect(nextBreaker(CLOSED, { bound: false, answering: false }, NOW)).toBe(CLOSED);
  });

  test.each(['down', 'refusing', 'crawling', 'silent'] as const)('opens at once when the route is %s', (fault) => {
    expect(nextBreaker(CLOSED, { ...QUIET, fault }, NOW)).toEqual(open(fault));
  });
});

describe('an open breaker', () => {
  test('is tried when its pause is over and a link is bound', () => {
    expect(lead(open('down'), [0.9, FINE]).state).toBe('open');
    expect(lead(open('down'), [1, FINE])).toEqual({ ...halfOpen('down'), since: NOW + 1_000 });
    expect(lead(open('down'), [600, DOWN]).state).toBe('open');
    expect(lead(open('refusing', 60_000), [59, REFUSING]).state).toBe('open');
    expect(lead(open('refusing', 60_000), [60, REFUSING]).state).toBe('half-open');
  });

  test('does not stay so for an hour since the clock was set back by one', () => {
    expect(nextBreaker(open('down'), FINE, NOW - 3_600_000).state).toBe('half-open');
  });
});

describe('a half-open breaker', () => {
  test('closes when it has answered well, and been healthy for a while', () => {
    expect(lead(halfOpen('refusing'), [2, FINE]).state).toBe('half-open');
    expect(lead(halfOpen('refusing'), [2, FINE], [2.9, QUIET]).state).toBe('half-open');
    expect(lead(halfOpen('refusing'), [2, FINE], [3, QUIET])).toEqual({
      state: 'closed',
      since: NOW + 5_000,
      reason: 'refusing',
      pauseMs: 1_000,
    });
  });

  test('waits for an answer where it was opened for its answers, not where its links were lost', () => {
    expect(lead(halfOpen('silent'), [60, QUIET]).state).toBe('half-open');
    expect(lead(halfOpen('down'), [5, QUIET]).state).toBe('closed');
    expect(lead(halfOpen('down'), [5, { bound: false, answering: false }]).state).toBe('half-open');
  });

  test('takes no answer from before for one of its own', () => {
    expect(lead(halfOpen('silent'), [0.5, FINE], [5, QUIET]).state).toBe('half-open');
    expect(lead(halfOpen('refusing'), [1, REFUSING]).state).toBe('half-open');
  });

  test('opens again when it fails, each time for twice as long, up to a minute', () => {
    expect(lead(halfOpen('refusing'), [2, REFUSING])).toMatchObject({ state: 'open', pauseMs: 2_000 });
    expect(lead(halfOpen('down'), [0, DOWN])).toMatchObject({ state: 'open', pauseMs: 2_000 });
    expect(lead(halfOpen('refusing', 50_000), [2, REFUSING]).pauseMs).toBe(60_000);
  });
});

test('a route that fails again soon after it closed pauses for longer; one that was healthy for long begins anew', () => {
  const closed = lead(halfOpen('down', 4_000), [5, QUIET]);
  expect(lead(closed, [59, DOWN])).toMatchObject({ state: 'open', pauseMs: 8_000 });
  expect(lead(closed, [60, DOWN])).toMatchObject({ state: 'open', pauseMs: 1_000 });
});

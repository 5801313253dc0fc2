/**
 * The circuit breaker of a route: a value that one process changes and all follow. It says which route to prefer, and
 * never that nothing may be sent: where no other route can, an open one carries on as well as it can.
 */

/** `closed`: carries. `open`: others carry for it. `half-open`: is tried with a few batches. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * `down`: no process has a bound link. `refusing`: every answer refuses for now. `crawling`: nearly every answer
 * throttles, and next to nothing gets through. `silent`: nothing is answered.
 */
export type BreakerFault = 'down' | 'refusing' | 'crawling' | 'silent';

export interface Breaker {
  readonly state: BreakerState;
  /** ms since epoch. */
  readonly since: number;
  /** Why it opened last. */
  readonly reason?: BreakerFault;
  /** How long it stays open at least; grows while trying does not help. */
  readonly pauseMs: number;
  /** Of a half-open one: something was accepted meanwhile. */
  readonly proven?: true;
}

/** What the processes that told lately say of a route together. */
export interface RouteView {
  /** At least one link is bound. */
  readonly bound: boolean;
  readonly fault?: BreakerFault;
  /** Submissions were answered, and not refused for now. */
  readonly answering: boolean;
}

export const CLOSED: Breaker = { state: 'closed', since: 0, pauseMs: 0 };

const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
/** A route that opens again within this time after it closed was not healthy yet. */
const RELAPSE_MS = 60_000;
/** What the last second says of a route that is just being tried again is from before. */
const SETTLE_MS = 1_500;
const HEALTHY_MS = 5_000;

/** The breaker as it is to be now; the same object when nothing changes. */
export function nextBreaker(breaker: Breaker, view: RouteView, now: number): Breaker {
  // A clock that was set back must not keep a route open for as long.
  const lasted = breaker.since > now ? Number.POSITIVE_INFINITY : now - breaker.since;
  const { state, pauseMs } = breaker;
  const fault = view.fault;
  if (state === 'closed') {
    if (!fault) return breaker;
    return opened(fault, lasted < RELAPSE_MS ? 2 * pauseMs : 0, now);
  }
  if (state === 'open') {
    if (!view.bound || lasted < pauseMs) return breaker;
    return { ...breaker, state: 'half-open', since: now };
  }
  if (fault && (fault === 'down' || lasted >= SETTLE_MS)) return opened(fault, 2 * pauseMs, now);
  const proven = breaker.proven === true || (view.answering && lasted >= SETTLE_MS);
  // Links that stay bound are proof enough for a route that had lost them.
  if (view.bound && lasted >= HEALTHY_MS && (proven || breaker.reason === 'down')) {
    return { state: 'closed', since: now, pauseMs, ...(breaker.reason ? { reason: breaker.reason } : {}) };
  }
  return proven && !breaker.proven ? { ...breaker, proven: true } : breaker;
}

function opened(reason: BreakerFault, pauseMs: number, now: number): Breaker {
  return {
    state: 'open',
    since: now,
    reason,
    pauseMs: Math.min(MAX_PAUSE_MS, Math.max(FIRST_PAUSE_MS, pauseMs)),
  };
}
